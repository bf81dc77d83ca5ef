"""What published items are called, when all that is known of them is id and version."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django_tenants.utils import tenant_context

from publishing.models import Publication
from tenants.platform import PLATFORM


class Titles:
    """Of items of the current bank and, where it has none of that id, of the province."""

    def __init__(self, uids: Iterable[UUID]) -> None:
        wanted = set(uids)
        self._titles = _titles_here(wanted)
        missing = wanted - {uid for uid, _version in self._titles}
        if missing:
            with tenant_context(PLATFORM):
                self._titles |= _titles_here(missing)

    def of(self, uid: UUID, version: int) -> str:
        """As it was in that version, else as it is now; empty = never published."""
        return self._titles.get((uid, version)) or self._titles.get((uid, 0), "")


def _titles_here(uids: set[UUID]) -> dict[tuple[UUID, int], str]:
    """Version 0 stands for the newest."""
    titles = {}
    rows = Publication.objects.filter(target_id__in=uids).order_by("version")
    for uid, version, title in rows.values_list("target_id", "version", "title"):
        titles[uid, version] = titles[uid, 0] = title
    return titles
