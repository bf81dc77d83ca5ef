"""Who has read a must-read announcement: how many, and who has not.

A bank has a million customers: numbers come from indexes, names from one page at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from announcements.models import ReadReceipt
from audit.services import record
from audit.spreadsheets import write_csv
from customers.models import Customer
from customers.querysets import CustomerQuerySet
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Operator

PAGE_SIZE = 50
EXPORT_BATCH = 2_000
IN_MEMORY = 2_000_000
PERMISSION = "announcements.view_readers"


@dataclass(frozen=True, slots=True)
class ReadFigures:
    read: int
    customers: int

    @property
    def unread(self) -> int:
        return max(0, self.customers - self.read)

    @property
    def percent(self) -> int:
        return self.read * 100 // self.customers if self.customers else 0


@dataclass(frozen=True, slots=True)
class UnreadPage:
    customers: list[Customer]
    # The number to go on after; empty = there are no more.
    next_after: str


def read_figures(announcement_uid: UUID, branch_path: str) -> ReadFigures:
    """Of the customers who were to read it: a branch's, or with an empty path all."""
    customers = Customer.objects.under(branch_path)
    receipts = ReadReceipt.objects.filter(announcement_uid=announcement_uid)
    if branch_path:
        numbers = customers.filter(number=OuterRef("customer_number"))
        receipts = receipts.filter(Exists(numbers))
    return ReadFigures(receipts.count(), customers.count())


def unread(announcement_uid: UUID, branch_path: str, after: str = "") -> CustomerQuerySet:
    """In order of their numbers, from behind ``after``; the bound on both sides lets the two
    indexes be walked in step from there, not from the beginning."""
    receipts = ReadReceipt.objects.filter(
        announcement_uid=announcement_uid,
        customer_number=OuterRef("number"),
        customer_number__gt=after,
    )
    customers = Customer.objects.under(branch_path).after(after).for_changelist()
    return customers.filter(~Exists(receipts))


def unread_page(
    *, actor: Operator, announcement_uid: UUID, branch_path: str, after: str = ""
) -> UnreadPage:
    _require_reader(actor, branch_path)
    found = list(unread(announcement_uid, branch_path, after)[: PAGE_SIZE + 1])
    is_last = len(found) <= PAGE_SIZE
    return UnreadPage(found[:PAGE_SIZE], "" if is_last else found[PAGE_SIZE - 1].number)


def export_unread(
    *, actor: Operator, announcement_uid: UUID, title: str, branch_path: str
) -> IO[bytes]:
    """A file of everybody who has not read it, names masked; that it was taken is on record."""
    _require_reader(actor, branch_path)
    lines = _Lines(announcement_uid, branch_path)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_csv(lines, file)
    with transaction.atomic():
        record(
            "announcements.unread_exported",
            actor=actor, target_kind="announcements.announcement", target_id=str(announcement_uid),
            target_label=title, after={"rows": lines.count, "branch_path": branch_path},
        )  # fmt: skip
    file.seek(0)
    return file


class _Lines:
    """Rows of the file, read in batches by key so that memory stays flat."""

    def __init__(self, announcement_uid: UUID, branch_path: str) -> None:
        self._of = (announcement_uid, branch_path)
        self.count = 0

    def __iter__(self) -> Iterator[list[str]]:
        yield [_("customer number"), _("name"), _("phone"), _("branch")]
        batch = list(unread(*self._of)[:EXPORT_BATCH])
        while batch:
            for customer in batch:
                self.count += 1
                branch = customer.branch.name if customer.branch is not None else ""
                yield [customer.number, customer.masked_name, customer.masked_phone, branch]
            batch = list(unread(*self._of, batch[-1].number)[:EXPORT_BATCH])


def _require_reader(actor: Operator, branch_path: str) -> None:
    require(actor, PERMISSION)
    require_branch(actor, branch_path)
