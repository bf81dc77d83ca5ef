"""What a coupon pays towards: scenes of the list, app functions, merchants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from coupons.choices import Scene
from coupons.errors import BadTemplate
from publishing import links

FUNCTION, MERCHANT = "function:", "merchant:"
MOST_SCENES, MOST_CHARACTERS = 30, 48
_NUMBER = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_BETWEEN = re.compile(r"[\s;,、]+")


def clean_scenes(raw: Iterable[str]) -> list[str]:
    """Each once, in a stable order. Raises ``BadTemplate`` for what is not known (any more)."""
    scenes = list(dict.fromkeys(raw))
    if len(scenes) > MOST_SCENES:
        raise _bad(_("At most %(most)s scenes; choose none to allow all.") % {"most": MOST_SCENES})
    for scene in scenes:
        _check(scene)
    order = {value: place for place, value in enumerate(Scene.values)}
    return sorted(scenes, key=lambda scene: (order.get(scene, len(order)), scene))


def merchants_of(raw: str) -> list[str]:
    """Scenes of the merchant numbers that a person typed."""
    text = unicodedata.normalize("NFKC", raw)
    return [MERCHANT + number for number in _BETWEEN.split(text) if number]


def functions() -> Sequence[links.Target]:
    """The app functions that there are; without their catalogue, none."""
    known = links.get("function")
    return known.choices("") if known is not None else ()


def describe_scene(scene: str) -> str:
    if scene.startswith(MERCHANT):
        return _("merchant %(number)s") % {"number": scene.removeprefix(MERCHANT)}
    if scene.startswith(FUNCTION):
        known = links.get("function")
        found = known.find(scene.removeprefix(FUNCTION)) if known is not None else None
        return (
            found.label
            if found is not None
            else _("%(code)s (no longer there)") % {"code": scene.removeprefix(FUNCTION)}
        )
    return str(Scene(scene).label) if scene in Scene.values else scene


def describe_scenes(scenes: Iterable[str]) -> str:
    return _(", ").join(map(describe_scene, scenes)) or _("everywhere")


def _check(scene: str) -> None:
    if scene in Scene.values:
        return
    if scene.startswith(MERCHANT):
        if not _NUMBER.fullmatch(scene.removeprefix(MERCHANT)):
            raise _bad(
                _("“%(number)s” is no merchant number: 1 to 32 letters and digits.")
                % {"number": scene.removeprefix(MERCHANT)[:40]}
            )
        return
    code = scene.removeprefix(FUNCTION)
    known = links.get("function")
    if not scene.startswith(FUNCTION) or len(scene) > MOST_CHARACTERS:
        raise _bad(_("“%(scene)s” is no scene of the list.") % {"scene": scene[:40]})
    if known is None or known.find(code) is None:
        raise _bad(
            _("The app function “%(code)s” is not there any more. Untick it.") % {"code": code}
        )


def _bad(sentence: str) -> BadTemplate:
    return BadTemplate(sentence, field="scenes")
