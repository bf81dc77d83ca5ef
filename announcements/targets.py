"""Announcements as targets of links: the bank's own that are published, and the province's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import tenant_context

from announcements.kinds import KIND
from audit.context import current_schema
from operators.roles import is_platform
from publishing.links import Target, TargetKind, register
from publishing.models import Publication
from tenants.platform import PLATFORM

EVERYTHING = Q()


def _choices(branch_path: str) -> Sequence[Target]:
    """Live or scheduled, for the whole bank or of one's own branches; what has ended or was taken
    down is no target."""
    if is_platform(current_schema()):
        return _of_schema("%s")
    with tenant_context(PLATFORM):
        of_province = _of_schema(_("%s (province)"))
    mine = Q(branch_path="") | Q(branch_path__startswith=branch_path)
    return [*_of_schema("%s", mine), *of_province]


def _of_schema(label: str, among: Q = EVERYTHING, **which: Any) -> list[Target]:
    found = Publication.objects.current(timezone.now()).filter(among, kind=KIND, **which)
    rows = found.order_by("-starts_at").values_list("target_id", "title")
    return [Target(str(uid), label % title) for uid, title in rows]


def _find(uid: str) -> Target | None:
    try:
        which: dict[str, Any] = {"target_id": UUID(uid)}
    except ValueError:
        return None
    found = _of_schema("%s", **which)
    if not found and not is_platform(current_schema()):
        with tenant_context(PLATFORM):
            found = _of_schema(_("%s (province)"), **which)
    return found[0] if found else None


def register_targets() -> None:
    register(TargetKind(KIND, gettext_lazy("announcement"), _choices, _find))
