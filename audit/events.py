"""Every event name that may be recorded, with its words; rooms register theirs when they load."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.errors import UnknownEvent

NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")
NAME_LENGTH = 60

_labels: dict[str, str | Promise] = {}


def register(name: str, label: str | Promise) -> str:
    """Make ``room.what_happened`` recordable; returns the name, to be kept as a constant."""
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        raise ValueError(f"{name!r} is no event name: use room.what_happened, at most 60 letters.")
    if name in _labels and _labels[name] != label:
        raise ValueError(f"The audit event {name!r} is registered twice with different labels.")
    _labels[name] = label
    return name


def require_known(name: str) -> None:
    if name not in _labels:
        raise UnknownEvent(f"The audit event {name!r} is not registered.")


def label_of(name: str) -> str:
    """The event in words; a name from an older release that nobody registers any more, as it is."""
    return str(_labels.get(name, name))


def registered() -> dict[str, str | Promise]:
    return dict(sorted(_labels.items()))


EXPORTED = register("audit.exported", _("audit trail exported"))
