"""What a person reads for the codes of results and challenges."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from openapi_gateway.base_services.liveness.errors import RESULT_WORDS
from openapi_gateway.errors import CATALOGUE
from openapi_gateway.upstream.choices import OurCode

ACTION_WORDS = {
    "blink": _("blink"), "open_mouth": _("open the mouth"), "nod": _("nod"),
    "shake_head": _("shake the head"), "turn_left": _("turn left"),
    "turn_right": _("turn right"),
}  # fmt: skip
COLOUR_WORDS = {
    "red": _("red"), "green": _("green"), "blue": _("blue"), "yellow": _("yellow"),
    "white": _("white"), "cyan": _("cyan"),
}  # fmt: skip


def reason_of(code: str) -> str:
    """Empty without one; a code that nobody knows is shown as it is."""
    if code in OurCode.values:
        return str(OurCode(code).label)
    if code in RESULT_WORDS:
        return str(RESULT_WORDS[code])
    return str(CATALOGUE[code].title) if code in CATALOGUE else code


def step_words(challenge: list[dict[str, Any]]) -> list[str]:
    return [_words(step) for step in challenge]


def _words(step: dict[str, Any]) -> str:
    known = {**ACTION_WORDS, **COLOUR_WORDS}
    parts = [str(known.get(each, each)) for each in step.get("actions") or step.get("colours", [])]
    return " → ".join(parts) if parts else str(_("look into the camera"))
