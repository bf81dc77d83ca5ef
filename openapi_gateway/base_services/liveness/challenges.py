"""What a phone asks of the person: drawn for each session, so that a recording does not fit."""

from __future__ import annotations

import secrets
from typing import Any

from openapi_gateway.base_services.liveness.choices import Mode, Risk

ACTIONS = ("blink", "open_mouth", "nod", "shake_head", "turn_left", "turn_right")
COLOURS = ("red", "green", "blue", "yellow", "white", "cyan")
ACTIONS_BY_RISK = {Risk.LOW: 1, Risk.MEDIUM: 2, Risk.HIGH: 3}
COLOUR_COUNT = 4
_random = secrets.SystemRandom()


def draw_challenge(mode: Mode, risk: Risk) -> list[dict[str, Any]]:
    """The steps, from 1."""
    kinds = {Mode.MULTI: (Mode.SILENT, Mode.ACTION)}.get(mode, (mode,))
    return [{"step": number, **_step(kind, risk)} for number, kind in enumerate(kinds, 1)]


def _step(kind: Mode, risk: Risk) -> dict[str, Any]:
    if kind is Mode.ACTION:
        return {"kind": "action", "actions": _random.sample(ACTIONS, ACTIONS_BY_RISK[risk])}
    if kind is Mode.FLASH:
        return {"kind": "flash", "colours": _random.sample(COLOURS, COLOUR_COUNT)}
    return {"kind": "silent"}
