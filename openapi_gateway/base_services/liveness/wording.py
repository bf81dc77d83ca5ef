"""What a person reads for the codes of results and challenges."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.base_services.liveness.errors import RESULT_WORDS
from openapi_gateway.errors import CATALOGUE
from openapi_gateway.upstream.choices import OurCode

ACTION_WORDS = {
    "blink": pgettext_lazy("liveness challenge", "blink"),
    "open_mouth": pgettext_lazy("liveness challenge", "open the mouth"),
    "nod": pgettext_lazy("liveness challenge", "nod"),
    "shake_head": pgettext_lazy("liveness challenge", "shake the head"),
    "turn_left": pgettext_lazy("liveness challenge", "turn left"),
    "turn_right": pgettext_lazy("liveness challenge", "turn right"),
}
COLOUR_WORDS = {
    "red": pgettext_lazy("liveness challenge", "red"),
    "green": pgettext_lazy("liveness challenge", "green"),
    "blue": pgettext_lazy("liveness challenge", "blue"),
    "yellow": pgettext_lazy("liveness challenge", "yellow"),
    "white": pgettext_lazy("liveness challenge", "white"),
    "cyan": pgettext_lazy("liveness challenge", "cyan"),
}


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
