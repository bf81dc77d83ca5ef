"""Province-wide announcements as one bank sees them: written by the platform, read in the bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django_tenants.utils import tenant_context

from announcements.kinds import KIND
from announcements.reading import ReadFigures, read_figures
from publishing.envelopes import to_moment
from publishing.services import current_edition
from tenants.platform import PLATFORM


@dataclass(frozen=True, slots=True)
class ProvinceAnnouncement:
    uid: UUID
    title: str
    is_pinned: bool
    must_read: bool
    starts_at: datetime
    ends_at: datetime | None
    is_live: bool
    # None unless it must be read.
    figures: ReadFigures | None = None


def province_announcements(*, at: datetime, branch_path: str) -> list[ProvinceAnnouncement]:
    """What stands in the province's edition now, counted for one branch of the current bank."""
    with tenant_context(PLATFORM):
        items = current_edition().document["items"]
    found = []
    for item in items:
        starts_at, ends_at = to_moment(item["starts_at"]), to_moment(item["ends_at"])
        if item["kind"] != KIND or starts_at is None or (ends_at is not None and ends_at <= at):
            continue
        uid, must_read = UUID(item["id"]), item["payload"]["must_read"]
        found.append(
            ProvinceAnnouncement(
                uid=uid,
                title=item["title"],
                is_pinned=item["payload"]["pinned"],
                must_read=must_read,
                starts_at=starts_at,
                ends_at=ends_at,
                is_live=starts_at <= at,
                figures=read_figures(uid, branch_path) if must_read else None,
            )
        )
    return sorted(found, key=lambda each: each.starts_at, reverse=True)
