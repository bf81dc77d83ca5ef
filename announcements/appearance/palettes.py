"""Two colours make a palette; words on them must be readable before anybody may wear it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from announcements.appearance.contrast import COLOUR, judge_primary
from announcements.appearance.errors import BadSetting, UnreadableColour


def clean_palette(raw: Any) -> dict[str, str] | None:
    """``{"primary", "accent"}`` in capitals, or None for "no palette of our own"."""
    if not raw:
        return None
    if not isinstance(raw, dict) or set(raw) != {"primary", "accent"}:
        raise BadSetting(_("A palette has two colours: the primary and the accent colour."))
    if not (raw["primary"] and raw["accent"]):
        raise BadSetting(_("Please give both colours of the palette, or neither."))
    primary, accent = clean_colour(raw["primary"]), clean_colour(raw["accent"])
    refuse_unreadable(primary)
    return {"primary": primary, "accent": accent}


def clean_colour(raw: Any) -> str:
    text = str(raw).strip()
    if not COLOUR.match(text):
        raise BadSetting(
            _("“%(colour)s” is not a colour. A colour looks like #256D6B.") % {"colour": text[:20]}
        )
    return text.upper()


def refuse_unreadable(primary: str) -> None:
    """What is no colour at all is refused elsewhere."""
    verdict = judge_primary(primary) if COLOUR.match(primary) else None
    if verdict is not None and not verdict.passes:
        raise UnreadableColour(
            _(
                "White words on the primary colour %(colour)s have a contrast of %(ratio)s : 1; "
                "at least 4.5 : 1 is needed. The nearest darker shade that passes is %(shade)s."
            )
            % {"colour": primary, "ratio": verdict.figure, "shade": verdict.suggestion}
        )
