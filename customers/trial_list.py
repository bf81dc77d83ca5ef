"""Staff who see publications on trial before the other customers do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from customers.changes import customers_changed
from customers.errors import TrialListRefused
from customers.importing import customers_lock
from customers.models import Customer
from operators.permissions import require
from operators.querysets import branch_scope
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "customers.manage_trial_list"
# A trial among more is no trial; and they are told apart in one audit event.
MAX_NUMBERS = 500
_BETWEEN = re.compile(r"[\s,;、]+")


@dataclass(frozen=True, slots=True)
class TrialChange:
    changed: list[str]
    # They stood there, or did not, before.
    unchanged: list[str]


def numbers_in(text: str) -> list[str]:
    """Customer numbers as they are pasted: between lines, blanks, commas or semicolons."""
    parts = _BETWEEN.split(unicodedata.normalize("NFKC", text).strip())
    return list(dict.fromkeys(part for part in parts if part))


def add_to_trial_list(*, actor: Operator, numbers: Iterable[str], reason: str) -> TrialChange:
    return _change(actor, numbers, reason, is_trial=True)


def remove_from_trial_list(*, actor: Operator, numbers: Iterable[str], reason: str) -> TrialChange:
    return _change(actor, numbers, reason, is_trial=False)


@transaction.atomic
def _change(actor: Operator, numbers: Iterable[str], reason: str, *, is_trial: bool) -> TrialChange:
    require(actor, PERMISSION)
    wanted = _checked(numbers, reason)
    take_for_transaction(customers_lock())
    customers = Customer.objects.under(branch_scope(actor)).filter(number__in=wanted)
    found = dict(customers.order_by().values_list("number", "is_trial"))
    _refuse_unknown([number for number in wanted if number not in found])
    changed = sorted(number for number, stands in found.items() if stands is not is_trial)
    if changed:
        Customer.objects.filter(number__in=changed).update(is_trial=is_trial)
        record(
            "customers.trial_list_changed",
            actor=actor, target_kind="customers.customer", reason=reason.strip(),
            target_label=", ".join(changed)[:200],
            after={"is_trial": is_trial, "numbers": changed},
        )  # fmt: skip
        customers_changed(changed)
    return TrialChange(changed, sorted(set(found) - set(changed)))


def _checked(numbers: Iterable[str], reason: str) -> list[str]:
    wanted = list(dict.fromkeys(numbers))
    if not reason.strip():
        raise TrialListRefused(_("Say why the trial list changes."))
    if not wanted:
        raise TrialListRefused(_("Name at least one customer number."))
    if len(wanted) > MAX_NUMBERS:
        raise TrialListRefused(_("At most %(limit)s customers at a time.") % {"limit": MAX_NUMBERS})
    unreadable = [number for number in wanted if not re.fullmatch(r"[A-Za-z0-9]{1,32}", number)]
    _refuse_unknown(unreadable)
    return wanted


def _refuse_unknown(numbers: list[str]) -> None:
    if numbers:
        shown = ", ".join(number[:32] for number in numbers[:10])
        raise TrialListRefused(
            _("You have no customers with these numbers: %(numbers)s. Nothing was changed.")
            % {"numbers": f"{shown} …" if len(numbers) > 10 else shown}
        )
