"""Where a touch would lead, in words: in the preview nothing leads anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from publishing import links


def words_for(link: Mapping[str, Any]) -> str:
    """Empty = nowhere."""
    kind, target = link.get("kind", "none"), str(link.get("target", ""))
    if kind == "none":
        return ""
    if kind == "url":
        return target
    known = links.get(kind)
    if known is None:
        return _("a target that this release does not know")
    found = known.find(target)
    if found is None:
        return _("%(kind)s: no longer there") % {"kind": known.label}
    return _("%(kind)s: %(name)s") % {"kind": known.label, "name": found.label}
