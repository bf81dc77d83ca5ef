from __future__ import annotations

import pytest

from config.palette import contrast, palette, read_rgb

SKINS = ["#256D6B", "#2E7D32", "#37474F", "#1F5FBF", "#B8231C", "#2E5E4E", "#9E1B32"]
EXTREMES = ["#FFFFFF", "#000000", "#FFFF00", "#00FFFF", "#FF00FF", "#808080"]
WHITE, SIDEBAR = (1.0, 1.0, 1.0), (0.953, 0.957, 0.965)


@pytest.mark.parametrize("colour", SKINS + EXTREMES)
def test_white_reads_on_the_600_shade_and_the_600_shade_on_the_sidebar(colour: str) -> None:
    shades = {weight: read_rgb(value) for weight, value in palette(colour)}

    assert contrast(WHITE, shades["600"]) >= 4.5
    assert contrast(SIDEBAR, shades["600"]) >= 4.5
    assert contrast(shades["100"], shades["800"]) >= 4.5


@pytest.mark.parametrize("colour", SKINS)
def test_a_palette_has_eleven_shades_from_light_to_dark(colour: str) -> None:
    shades = palette(colour)

    brightness = [contrast((0, 0, 0), read_rgb(value)) for _weight, value in shades]
    assert [weight for weight, _value in shades][::10] == ["50", "950"]
    assert len(shades) == 11
    assert brightness == sorted(brightness, reverse=True)


def test_a_skin_that_already_carries_white_keeps_its_own_colour() -> None:
    assert dict(palette("#256D6B"))["600"] == "rgb(37, 109, 107)"
