"""Customers of a grant by name: typed in, or the column 客户号 of a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from coupons.errors import GrantRefused
from customers.customer_files import COLUMNS, parsers
from customers.models import Customer
from customers.trial_list import numbers_in
from intake.columns import match_headers
from intake.errors import BadValue, FileRefused
from intake.opening import opened
from intake.rows import RowReader

MOST_CUSTOMERS = 200_000
SHOWN_FAULTS = 10
_AT_ONCE = 5_000
_COLUMN = next(column for column in COLUMNS if column.name == "customer")


class Listed(NamedTuple):
    number: str
    # Line of the text, or row of the file.
    row: int


class Fault(NamedTuple):
    row: int
    reason: str


def typed(text: str) -> list[Listed]:
    """Raises ``GrantRefused`` naming every line that is no customer number."""
    listed = [
        Listed(number, line)
        for line, part in enumerate(unicodedata.normalize("NFKC", text).splitlines(), 1)
        for number in numbers_in(part)
    ]
    read = _parser()
    faults = []
    for each in listed:
        try:
            read(each.number)
        except BadValue as error:
            faults.append(Fault(each.row, f"“{each.number[:40]}” {error.message}"))
    _refuse(faults)
    return listed


def of_file(path: Path) -> list[Listed]:
    """Raises ``FileRefused``, or ``GrantRefused`` with the rows."""
    with opened(path) as (table, _digest):
        matched = match_headers(table.header, (_COLUMN,))
        reader = RowReader(matched, (_COLUMN,), {"customer": _parser()}, {})
        listed: list[Listed] = []
        faults: list[Fault] = []
        for record in table.records:
            values, reason = reader.read(record)
            if reason:
                faults.append(Fault(record.row, reason))
            else:
                listed.append(Listed(values[0], record.row))
            if len(listed) > MOST_CUSTOMERS:
                raise _too_many()
    _refuse(faults)
    if not listed:
        raise FileRefused(_("The file has headers only, no rows below them."), code="headers_only")
    return listed


def checked(listed: Sequence[Listed]) -> list[str]:
    """The numbers, each once and each a customer's; else ``GrantRefused`` with the rows."""
    if len(listed) > MOST_CUSTOMERS:
        raise _too_many()
    known = set(_known(each.number for each in listed))
    first: dict[str, int] = {}
    faults = []
    for number, row in listed:
        if number not in known:
            reason = _("there is no customer %(number)s") % {"number": number}
            faults.append(Fault(row, reason))
        elif number in first:
            words = {"number": number, "first": first[number]}
            reason = _("customer %(number)s stands in row %(first)s already") % words
            faults.append(Fault(row, reason))
        else:
            first[number] = row
    _refuse(faults)
    return list(first)


def _known(numbers: Iterable[str]) -> Iterator[str]:
    left = iter(numbers)
    while some := list(islice(left, _AT_ONCE)):
        found = Customer.objects.filter(number__in=some).order_by()
        yield from found.values_list("number", flat=True)


def _parser() -> Callable[[str], Any]:
    today = timezone.localdate()
    return parsers({}, today)["customer"]


def _refuse(faults: list[Fault]) -> None:
    if not faults:
        return
    shown = "；".join(
        _("row %(row)s: %(reason)s") % {"row": fault.row, "reason": fault.reason}
        for fault in faults[:SHOWN_FAULTS]
    )
    more = len(faults) - SHOWN_FAULTS
    if more > 0:
        shown += _("; and %(count)s more") % {"count": f"{more:,}"}
    raise GrantRefused(
        _("The list cannot be taken as it is: %(faults)s. Correct it and give it in again.")
        % {"faults": shown},
        code="bad_list",
    )


def _too_many() -> GrantRefused:
    return GrantRefused(
        _("More than %(limit)s customers: split the list, or describe them by a rule.")
        % {"limit": f"{MOST_CUSTOMERS:,}"},
        code="too_many_customers",
    )
