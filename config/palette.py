"""Eleven shades from one colour, readable by construction: our lightness, the bank's hue."""

from __future__ import annotations

import math
from functools import lru_cache

from announcements.appearance.contrast import Rgb, linear, luminance, parse, ratio_of

# Lightness and share of the colour's own chroma, by weight. What is darker than 600 goes by it.
LADDER = {
    "50": (0.977, 0.12), "100": (0.95, 0.22), "200": (0.905, 0.4), "300": (0.84, 0.62),
    "400": (0.74, 0.86), "500": (0.66, 1.0), "600": (0.52, 1.0),
}  # fmt: skip
DARKER = {"700": (0.87, 0.94), "800": (0.75, 0.82), "900": (0.64, 0.7), "950": (0.47, 0.56)}
# White on 600, and 600 on the palest grey of the sidebar, pass 4.5 when white on 600 passes this.
SAFE_CONTRAST = 5.2


@lru_cache(maxsize=64)
def palette(colour: str) -> tuple[tuple[str, str], ...]:
    """``#256D6B`` → ((weight, "rgb(r, g, b)"), …)."""
    lightness, chroma, hue = _to_oklch(parse(colour))
    own = _safe(min(LADDER["600"][0], lightness), chroma, hue)
    levels = {
        weight: (own if weight == "600" else level, share)
        for weight, (level, share) in LADDER.items()
    }
    levels |= {weight: (own * part, share) for weight, (part, share) in DARKER.items()}
    return tuple(
        (weight, _written(_in_gamut(level, chroma * share, hue)))
        for weight, (level, share) in levels.items()
    )


def contrast(one: Rgb, other: Rgb) -> float:
    return ratio_of(luminance(one), luminance(other))


def read_rgb(text: str) -> Rgb:
    red, green, blue = (int(part) / 255 for part in text[4:-1].split(","))
    return red, green, blue


def _safe(lightness: float, chroma: float, hue: float) -> float:
    """Dark enough for white text."""
    while contrast(_in_gamut(lightness, chroma, hue), (1, 1, 1)) < SAFE_CONTRAST:
        lightness -= 0.01
    return lightness


def _written(rgb: Rgb) -> str:
    return "rgb({}, {}, {})".format(*(round(part * 255) for part in rgb))


def _in_gamut(lightness: float, chroma: float, hue: float) -> Rgb:
    """The same colour with as much chroma as a screen can show."""
    while True:
        rgb = _from_oklch(lightness, chroma, hue)
        if chroma <= 0.001 or all(-0.001 <= part <= 1.001 for part in rgb):
            red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
            return red, green, blue
        chroma *= 0.95


def _encoded(part: float) -> float:
    """Also of negative parts: outside the screen's gamut, and reported as such."""
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _to_oklch(rgb: Rgb) -> tuple[float, float, float]:
    """Oklab by Björn Ottosson, in polar form."""
    r, g, b = (linear(part) for part in rgb)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short
    c = 0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short
    return lightness, math.hypot(a, c), math.atan2(c, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    a, c = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * c) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * c) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * c) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short
    return _encoded(red), _encoded(green), _encoded(blue)
