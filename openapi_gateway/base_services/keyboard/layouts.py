"""Where the ten keys lie. A layout is ten bytes: ``layout[position]`` is the digit there."""

from __future__ import annotations

from secrets import SystemRandom

KEYS = 10
# Names of the drawings of 0 to 9, in this order, as keyboard/glyphs.js has them. They carry no
# secret; they keep digits out of the page's text and attributes.
GLYPHS = ("qv", "tn", "hk", "wz", "bx", "mp", "rd", "jf", "lc", "yg")

_random = SystemRandom()


def draw_layout() -> bytes:
    """Each of the 10! permutations is equally likely (Fisher-Yates over the system's generator)."""
    layout = bytearray(range(KEYS))
    for last in range(KEYS - 1, 0, -1):
        chosen = _random.randrange(last + 1)
        layout[last], layout[chosen] = layout[chosen], layout[last]
    return bytes(layout)


def glyphs_of(layout: bytes) -> list[str]:
    return [GLYPHS[digit] for digit in layout]
