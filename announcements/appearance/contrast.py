"""Whether words can be read on a colour, by the definition of WCAG 2.x.

What we ask of a skin (level AA, criterion 1.4.3): white words on the primary colour have at least
4.5 : 1, because the app's heads and buttons are drawn so. Words on the accent are black or white,
whichever reads better, and the better of the two always has at least 4.58 : 1. The accent beside
white is not judged: the app draws rings, strips and gradients with it, which say nothing that a
word beside them does not say (1.4.11 leaves decoration out). Whoever draws a graphic that must be
understood by itself takes ``graphic_shade``, which has 3 : 1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

WHITE, BLACK = "#FFFFFF", "#000000"
# Level AA for words, and for graphics that carry a meaning.
TEXT_CONTRAST, GRAPHIC_CONTRAST = 4.5, 3.0
COLOUR = re.compile(r"\A#[0-9A-Fa-f]{6}\Z")
STEPS = 200
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    ratio: float
    passes: bool
    # The nearest darker shade that passes; the colour itself when it does.
    suggestion: str

    @property
    def figure(self) -> str:
        return figure(self.ratio)


def judge_primary(colour: str) -> Verdict:
    ratio = contrast(colour, WHITE)
    return Verdict(ratio, ratio >= TEXT_CONTRAST, darker_until(colour, TEXT_CONTRAST))


def words_on(colour: str) -> str:
    """Black or white, whichever reads better."""
    return max(WHITE, BLACK, key=lambda word: contrast(word, colour))


def graphic_shade(colour: str) -> str:
    return darker_until(colour, GRAPHIC_CONTRAST)


@lru_cache(maxsize=512)
def contrast(one: str, other: str) -> float:
    """Of two colours like ``#256D6B``: from 1 to 21, the order does not matter."""
    return ratio_of(luminance(parse(one)), luminance(parse(other)))


def ratio_of(one: float, other: float) -> float:
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


def figure(ratio: float) -> str:
    """Two decimals, never rounded up: what is shown as 4.50 passes 4.5."""
    return f"{math.floor(ratio * 100 + 1e-9) / 100:.2f}"


def luminance(rgb: Rgb) -> float:
    """Relative luminance; the parts of the colour are from 0 to 1."""
    red, green, blue = (linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def parse(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def darker_until(colour: str, wanted: float, ground: str = WHITE) -> str:
    """The same hue, darkened as little as it takes; black reaches 21 : 1 on white."""
    rgb = parse(colour)
    for step in range(STEPS + 1):
        shade = _written(rgb, 1 - step / STEPS) if step else colour
        if contrast(shade, ground) >= wanted:
            return shade
    return BLACK


def _written(rgb: Rgb, share: float) -> str:
    return "#" + "".join(f"{math.floor(part * share * 255 + 0.5):02X}" for part in rgb)
