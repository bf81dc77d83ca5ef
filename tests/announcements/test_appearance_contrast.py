"""Vectors of the definition in WCAG 2.x, and what it says of the skins we bring."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.conf import settings

from announcements.appearance.contrast import (
    contrast,
    darker_until,
    figure,
    graphic_shade,
    judge_primary,
    words_on,
)

DATA = Path(settings.BASE_DIR) / "demo" / "data"
ARTWORK = Path(settings.BASE_DIR) / "static" / "preview" / "skins"


def skins() -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in ("skins.csv", "festivals.csv"):
        with (DATA / name).open(encoding="utf-8") as file:
            found |= {row["code"]: row for row in csv.DictReader(file)}
    return list(found.values())


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("#000000", "#FFFFFF", "21.00"),
        ("#FFFFFF", "#FFFFFF", "1.00"),
        ("#767676", "#FFFFFF", "4.54"),
        ("#777777", "#FFFFFF", "4.47"),
        ("#949494", "#ffffff", "3.03"),
        ("#FF0000", "#FFFFFF", "3.99"),
        ("#00FF00", "#000000", "15.30"),
        ("#0000FF", "#FFFFFF", "8.59"),
    ],
)
def test_contrast_is_what_the_definition_says(one: str, other: str, shown: str) -> None:
    assert figure(contrast(one, other)) == shown
    assert contrast(other, one) == contrast(one, other)


def test_a_figure_is_never_rounded_up_to_what_would_pass() -> None:
    assert figure(4.4999) == "4.49"
    assert figure(4.5) == "4.50"


def test_a_pale_primary_is_refused_with_the_nearest_darker_shade_that_passes() -> None:
    verdict = judge_primary("#D9A441")

    assert (verdict.passes, verdict.figure) == (False, "2.24")
    assert contrast(verdict.suggestion, "#FFFFFF") >= 4.5
    # Nearest: one step lighter would not pass.
    assert contrast(verdict.suggestion, "#FFFFFF") < 4.6


def test_a_colour_that_passes_is_its_own_suggestion() -> None:
    assert judge_primary("#767676").suggestion == "#767676"


@pytest.mark.parametrize("grey", range(0, 256, 5))
def test_black_or_white_words_can_be_read_on_every_colour(grey: int) -> None:
    colour = f"#{grey:02X}{255 - grey:02X}{grey:02X}"

    assert contrast(words_on(colour), colour) >= 4.5


@pytest.mark.parametrize("skin", skins(), ids=lambda skin: skin["code"])
def test_every_skin_of_the_province_passes(skin: dict[str, str]) -> None:
    assert judge_primary(skin["primary"]).passes
    assert contrast(words_on(skin["accent"]), skin["accent"]) >= 4.5
    assert contrast(graphic_shade(skin["accent"]), "#FFFFFF") >= 3


def test_darkening_keeps_the_hue() -> None:
    shade = darker_until("#FF8800", 4.5)

    red, green, blue = (int(shade[at : at + 2], 16) for at in (1, 3, 5))
    assert red > green > blue == 0
    assert green / red == pytest.approx(0x88 / 0xFF, abs=0.01)


def test_every_skin_has_a_scene_of_its_own() -> None:
    drawn = {path.stem: path.read_text("utf-8") for path in ARTWORK.glob("*.svg")}

    assert {skin["code"] for skin in skins()} | {"own"} <= set(drawn)
    assert len(set(drawn.values())) == len(drawn)
    assert not [code for code, text in drawn.items() if "<script" in text or "http:" in text[40:]]
