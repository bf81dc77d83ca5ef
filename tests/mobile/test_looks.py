"""What can be counted of the phone's looks: contrast and, in senior mode, sizes."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from django.conf import settings

from fuxiang_zone.catalogue.choices import Category

CSS = Path(settings.BASE_DIR) / "static" / "preview"
DATA = Path(settings.BASE_DIR) / "demo" / "data"


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


SKINS = rows_of("skins.csv")


def rgb(colour: str) -> list[float]:
    return [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]


def mixed(colour: str, share: float, other: str) -> list[float]:
    return [a * share + b * (1 - share) for a, b in zip(rgb(colour), rgb(other), strict=True)]


def luminance(channels: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("skin", SKINS, ids=lambda skin: skin["code"])
def test_every_skin_keeps_its_words_readable(skin: dict[str, str]) -> None:
    primary, accent = skin["primary"], skin["accent"]
    tint = mixed(primary, 0.09, "#ffffff")
    pairs = {
        "white on the head": (rgb("#ffffff"), rgb(primary)),
        "word on white": (mixed(primary, 0.84, "#000000"), rgb("#ffffff")),
        "word on its tint": (mixed(primary, 0.84, "#000000"), tint),
        "gold word on gold": (mixed(accent, 0.45, "#1d1200"), mixed(accent, 0.22, "#ffffff")),
        "quiet on the page": (rgb("#5f6672"), rgb("#f4f5f8")),
    }

    poor = {
        name: round(contrast(*pair), 2) for name, pair in pairs.items() if contrast(*pair) < 4.5
    }

    assert poor == {}


def test_senior_mode_writes_large_and_gives_room_to_fingers() -> None:
    rules = [
        line for line in (CSS / "phone.css").read_text("utf-8").splitlines() if ".senior" in line
    ]

    sizes = [float(size) for rule in rules for size in re.findall(r"font-size: ([\d.]+)px", rule)]
    heights = [
        float(size) for rule in rules for size in re.findall(r"min-height: ([\d.]+)px", rule)
    ]

    assert min(sizes) >= 18
    assert min(heights) >= 60


def test_every_function_and_product_of_the_province_has_an_icon() -> None:
    css = (CSS / "icons.css").read_text("utf-8")
    shown = set(re.findall(r"\.(?:icon|group)-([a-z_]+)", css))
    for shape in set(re.findall(r'url\("(icons/[a-z_]+\.svg)"\)', css)):
        assert (CSS / shape).exists(), shape

    functions, types = rows_of("functions.csv"), rows_of("zone_product_types.csv")
    without = [row["code"] for row in functions if not {row["code"], row["group"]} & shown]
    without += [row["code"] for row in types if not {row["code"], row["category"]} & shown]

    # Of a type that the platform adds the category is all that is known.
    without += [each for each in Category.values if each not in shown]

    assert without == []
