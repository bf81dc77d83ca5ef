"""What the province has published, and what of it is open to one bank. May be called anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.context import current_schema
from campaigns.province.choices import KIND, WaveState
from campaigns.province.errors import PulledBack, UnknownProvinceCampaign
from campaigns.province.models import Joining, Wave
from publishing.models import Publication
from publishing.querysets import is_reaching
from tenants.platform import PLATFORM


@dataclass(frozen=True, slots=True)
class Published:
    """The newest publication of a province campaign that has not been withdrawn."""

    uid: UUID
    version: int
    title: str
    starts_at: datetime
    ends_at: datetime
    payload: Mapping[str, Any]
    # Who made and who checked it.
    by: str = ""

    def is_over(self, at: datetime) -> bool:
        return self.ends_at <= at


@dataclass(frozen=True, slots=True)
class Open:
    """A province campaign in which the current bank may take, or takes, part."""

    published: Published
    joining: Joining

    @property
    def is_pulled(self) -> bool:
        return self.joining.wave.state == WaveState.PULLED

    @property
    def is_behind(self) -> bool:
        """Whether the bank has joined an earlier version."""
        version = self.joining.version
        return version is not None and version < self.published.version

    @property
    def is_deferred(self) -> bool:
        return self.is_behind and self.joining.deferred_version == self.published.version


def newest(uid: UUID | str) -> Published | None:
    with tenant_context(PLATFORM):
        found = Publication.objects.newest().filter(kind=KIND, target_id=uid).first()
    return _published(found) if found is not None and found.payload is not None else None


def version_of(uid: UUID | str, version: int) -> Published | None:
    with tenant_context(PLATFORM):
        found = Publication.objects.of_target(KIND, uid).filter(version=version).first()
    return _published(found) if found is not None and found.payload is not None else None


def open_to_bank(at: datetime) -> list[Open]:
    """Whose wave has been opened, the newest first; those that are over only if the bank joined."""
    schema = current_schema()
    with tenant_context(PLATFORM):
        joinings = {row.campaign.uid: row for row in _joinings(schema)}
        newest_of = Publication.objects.newest().filter(kind=KIND, target_id__in=list(joinings))
        found = [_published(row) for row in newest_of.order_by("-number") if row.payload]
    opened = [Open(each, joinings[each.uid]) for each in found]
    return [each for each in opened if each.joining.campaign_uid or not each.published.is_over(at)]


def open_campaign(uid: UUID | str) -> Open:
    """Raises ``UnknownProvinceCampaign`` when it is not open to the current bank."""
    schema = current_schema()
    with tenant_context(PLATFORM):
        joining = _joinings(schema).filter(campaign__uid=uid).first()
    published = newest(uid)
    if joining is None or published is None:
        raise UnknownProvinceCampaign(
            _("This campaign of the province is not open to your bank (any more).")
        )
    return Open(published, joining)


def _joinings(schema: str) -> Any:
    """In public. Waves that were never opened do not exist for their banks."""
    rows = Joining.objects.filter(bank__schema_name=schema).exclude(wave__state=WaveState.PLANNED)
    return rows.select_related("campaign", "wave", "bank")


def refuse_pulled(province_uid: UUID | str | None) -> None:
    """Raises ``PulledBack``. In a transaction it also makes a pull that comes meanwhile wait for
    the commit, so that its task in the bank finds what was published."""
    if province_uid is None:
        return
    wave = _wave_under_lock(province_uid)
    if wave is not None and wave.state == WaveState.PULLED:
        raise PulledBack(
            _("The province has pulled this campaign back (%(reason)s). Nothing of it can be"
              " published or run until the province releases it.") % {"reason": wave.reason}
        )  # fmt: skip


def _wave_under_lock(province_uid: UUID | str) -> Wave | None:
    """Read after the lock was waited for: together they would show the wave as it was before."""
    schema = current_schema()
    with tenant_context(PLATFORM):
        rows = Joining.objects.filter(bank__schema_name=schema, campaign__uid=province_uid)
        joining = rows.select_for_update(no_key=True, of=("self",)).first()
        return Wave.objects.get(pk=joining.wave_id) if joining is not None else None


def _published(row: Publication) -> Published:
    assert row.starts_at is not None
    assert row.ends_at is not None
    assert row.payload is not None
    return Published(
        row.target_id, row.version, row.title, row.starts_at, row.ends_at, row.payload,
        row.maker_name,
    )  # fmt: skip


def is_live(uid: UUID | str, at: datetime) -> bool:
    with tenant_context(PLATFORM):
        rows = Publication.objects.newest().filter(is_reaching(at), kind=KIND, target_id=uid)
        return rows.exists()
