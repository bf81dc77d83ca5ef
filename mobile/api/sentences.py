"""What msgspec says of a body that it refuses, as a person reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

_UNKNOWN = re.compile(r"unknown field `(.{1,40})")
_MISSING = re.compile(r"missing required field `(\w+)`")
_PLACE = re.compile(r"`\$\.(\w+)`\Z")


def sentence_of(why: str, forms: Mapping[str, str | Promise], otherwise: str) -> str:
    """``forms``: what each field must be. Never a value: that may be anything."""
    unknown, missing, place = _UNKNOWN.search(why), _MISSING.search(why), _PLACE.search(why)
    if unknown:
        name = unknown[1].partition("`")[0]
        return _("There is no field “%(name)s” here; leave it out.") % {"name": name}
    name = missing[1] if missing else place[1] if place else ""
    if name in forms:
        return _("%(name)s must be %(form)s.") % {"name": name, "form": forms[name]}
    return otherwise
