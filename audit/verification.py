"""Recomputing the chains of a schema: what was edited, inserted or removed behind our back.

Works on a system in use, in batches, without a long snapshot: rows and their links appear together
and never go, and a sealer only adds behind the head that was read. What is sealed during the walk
was met among the unsealed rows, or is younger than the verification.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, models
from django.db.models import CharField, Exists, F, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone

from audit import chains, macs
from audit.choices import Breach
from audit.context import current_schema
from audit.errors import NotCanonical
from audit.models import ChainHead, ChainLink
from audit.sealing import is_authentic_head, is_unused, link_hash

BATCH = 2000
SEALED_WITHIN = dt.timedelta(seconds=60)
UNREADABLE = (DataError, ValidationError, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of a chain that is not as it was written."""

    schema: str
    chain: str
    breach: Breach
    row_id: str = ""
    position: int | None = None


@dataclass(slots=True)
class ChainReport:
    schema: str
    chain: str
    sealed: int = 0
    unsealed: int = 0
    head_hash: str = ""
    broken: Broken | None = None
    lagging: int = 0


@dataclass(slots=True)
class _Walk:
    """One verification under way: how far the chain is followed, and its hash there."""

    chain: chains.Chain
    report: ChainReport
    position: int = 0
    hash: str = ""


class _Found(Exception):
    def __init__(self, breach: Breach, row_id: str = "", position: int | None = None) -> None:
        self.breach, self.row_id, self.position = breach, row_id, position


def verify_schema(at: dt.datetime | None = None) -> Iterator[ChainReport]:
    """The report of every chain of the current schema."""
    for chain in chains.registered():
        yield verify_chain(chain, at)
    known = [chain.name for chain in chains.registered()]
    stray = ChainLink.objects.exclude(chain__in=known).values_list("chain", "row_id").first()
    if stray:
        report = ChainReport(current_schema(), stray[0])
        report.broken = Broken(report.schema, stray[0], Breach.LINK_EDITED, stray[1])
        yield report


def verify_chain(chain: chains.Chain, at: dt.datetime | None = None) -> ChainReport:
    walk = _Walk(chain, ChainReport(current_schema(), chain.name))
    try:
        # Before the head is read, see above; reported after what is sealed.
        unsealed = _first_broken_unsealed(walk, at or timezone.now())
        _follow_chain(walk)
        if unsealed:
            raise unsealed
        _require_links(walk)
    except _Found as found:
        walk.report.broken = Broken(
            walk.report.schema, chain.name, found.breach, found.row_id, found.position
        )
    return walk.report


def _first_broken_unsealed(walk: _Walk, at: dt.datetime) -> _Found | None:
    last = 0
    while links := _batch(walk, position=None, id__gt=last):
        last = links[-1].id
        walk.report.unsealed += len(links)
        walk.report.lagging += sum(link.linked_at < at - SEALED_WITHIN for link in links)
        rows = _rows(walk.chain, links)
        try:
            for link in links:
                _require_row(walk.chain, link, rows)
        except _Found as found:
            return found
    return None


def _follow_chain(walk: _Walk) -> None:
    head = ChainHead.objects.filter(chain=walk.chain.name).first()
    end = head.position if head else 0
    while links := _batch(walk, "position", position__gt=walk.position, position__lte=end):
        _check_links(walk, links)
    _require_head(walk, head)
    _require_end(walk)


def _check_links(walk: _Walk, links: list[ChainLink]) -> None:
    rows = _rows(walk.chain, links)
    for link in links:
        if link.position != walk.position + 1:
            raise _Found(Breach.PLACE_MISSING, position=walk.position + 1)
        _require_row(walk.chain, link, rows)
        walk.hash = link_hash(walk.hash, link.row_id, link.mac)
        if link.hash != walk.hash:
            raise _Found(Breach.HASH_EDITED, link.row_id, link.position)
        walk.position += 1
        walk.report.sealed += 1


def _require_head(walk: _Walk, head: ChainHead | None) -> None:
    if head is None or is_unused(head):
        return
    if head.position > walk.position:
        raise _Found(Breach.PLACE_MISSING, position=walk.position + 1)
    if not is_authentic_head(head) or head.hash != walk.hash:
        raise _Found(Breach.HEAD_EDITED, position=head.position)
    walk.report.head_hash = head.hash


def _require_end(walk: _Walk) -> None:
    """Nothing is placed behind the head; asked in one statement, so that sealing may go on."""
    chain = walk.chain.name
    head = ChainHead.objects.filter(chain=chain, position__gte=OuterRef("position"))
    behind = ChainLink.objects.filter(~Exists(head), chain=chain, position__isnull=False)
    if stray := behind.order_by("position").first():
        has_head = ChainHead.objects.filter(chain=chain).exists()
        breach = Breach.HEAD_EDITED if has_head else Breach.HEAD_REMOVED
        raise _Found(breach, stray.row_id, stray.position)


def _require_links(walk: _Walk) -> None:
    """A row that was written by us came with its link."""
    links = ChainLink.objects.filter(chain=walk.chain.name, row_id=OuterRef("key"))
    rows = walk.chain.model._base_manager.annotate(key=Cast(F("pk"), CharField()))
    alone = rows.filter(~Exists(links)).order_by(*walk.chain.order)
    row_id = alone.values_list("key", flat=True).first()
    if row_id is not None:
        raise _Found(Breach.ROW_INSERTED, row_id)


def _batch(walk: _Walk, order: str = "id", **where: Any) -> list[ChainLink]:
    links = ChainLink.objects.filter(chain=walk.chain.name, **where)
    return list(links.order_by(order)[:BATCH])


def _rows(chain: chains.Chain, links: list[ChainLink]) -> dict[str, models.Model]:
    """The rows of some links, by id; read one by one when one of them cannot be read at all."""
    try:
        found = chain.model._base_manager.in_bulk([link.row_id for link in links])
    except UNREADABLE:
        return {}
    return {str(pk): row for pk, row in found.items()}


def _require_row(chain: chains.Chain, link: ChainLink, rows: dict[str, models.Model]) -> None:
    row: Any = rows.get(link.row_id) or _row_alone(chain, link)
    if row.mac != link.mac:
        edited = _is_authentic(chain, row)
        breach = Breach.LINK_EDITED if edited else Breach.ROW_EDITED
        raise _Found(breach, link.row_id, link.position)
    if not macs.key_is_known(row.mac):
        raise _Found(Breach.KEY_UNKNOWN, link.row_id, link.position)
    if not _is_authentic(chain, row):
        raise _Found(Breach.ROW_EDITED, link.row_id, link.position)


def _row_alone(chain: chains.Chain, link: ChainLink) -> models.Model:
    try:
        row = chain.model._base_manager.filter(pk=link.row_id).first()
    except UNREADABLE as error:
        raise _Found(Breach.ROW_UNREADABLE, link.row_id, link.position) from error
    if row is None or str(row.pk) != link.row_id:
        raise _Found(Breach.ROW_REMOVED, link.row_id, link.position)
    return row


def _is_authentic(chain: chains.Chain, row: Any) -> bool:
    try:
        return macs.mac_is_valid(row.mac, chain.name, chain.fields(row))
    except (NotCanonical, *UNREADABLE):
        return False  # we never wrote a value that has no canonical text
