"""What happened to a coupon, to a batch: the ledger as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from coupons.choices import ActorKind, LedgerAction
from coupons.models import Batch, Coupon, LedgerEntry
from coupons.terms.scenes import describe_scenes
from coupons.wording import yuan
from operators.models import Branch

COLOURS = {
    LedgerAction.STOCK: "", LedgerAction.CLAIM: "success", LedgerAction.GRANT: "success",
    LedgerAction.LOCK: "info", LedgerAction.RELEASE: "", LedgerAction.REDEEM: "info",
    LedgerAction.REVERSE: "warning", LedgerAction.VOID: "danger", LedgerAction.EXPIRE: "warning",
    LedgerAction.FREEZE: "danger", LedgerAction.UNFREEZE: "success",
}  # fmt: skip
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    what: str
    colour: str
    who: str
    channel: str
    # Each a few words: amounts, order, branch, reference.
    facts: tuple[str, ...]
    note: str
    of_batch: bool


def timeline_of(coupon: Coupon) -> list[Step]:
    """The newest first, with what happened to its whole batch."""
    own = LedgerEntry.objects.filter(coupon_id=coupon.pk).order_by("-id")[:LONGEST]
    return _steps([*own, *_of_whole_batch(coupon.batch_id)])


def timeline_of_batch(batch: Batch) -> list[Step]:
    """Of the batch as a whole; what happened to its coupons stands with them."""
    return _steps(_of_whole_batch(batch.pk))


def _of_whole_batch(batch_id: int) -> list[LedgerEntry]:
    rows = LedgerEntry.objects.filter(batch_id=batch_id, coupon=None)
    return list(rows.order_by("-id")[:LONGEST])


def _steps(entries: list[LedgerEntry]) -> list[Step]:
    entries.sort(key=lambda entry: entry.pk, reverse=True)
    names = _branch_names({entry.branch_path for entry in entries})
    return [_step(entry, names) for entry in entries]


def _branch_names(paths: set[str]) -> dict[str, str]:
    known = Branch.objects.filter(path__in=paths - {""}).values_list("path", "name")
    return dict(known)


def _step(entry: LedgerEntry, names: dict[str, str]) -> Step:
    action = LedgerAction(entry.action)
    return Step(
        at=entry.at,
        what=str(action.label),
        colour=COLOURS[action],
        who=_who(entry),
        channel=entry.get_channel_display(),
        facts=tuple(_facts(entry, names)),
        note=entry.note,
        of_batch=entry.coupon_id is None,
    )


def facts_of(entry: LedgerEntry) -> list[str]:
    """For a line about its customer."""
    return list(_facts(entry, _branch_names({entry.branch_path}), names_customer=False))


def _who(entry: LedgerEntry) -> str:
    if entry.actor_kind == ActorKind.CUSTOMER:
        return _("customer %(number)s") % {"number": entry.actor_name}
    return entry.actor_name


def _facts(
    entry: LedgerEntry, names: dict[str, str], *, names_customer: bool = True
) -> Iterator[str]:
    if entry.coupon_id is None and entry.count:
        yield _("%(count)s coupons, %(amount)s yuan") % {
            "count": f"{entry.count:,}", "amount": yuan(entry.face_cents),
        }  # fmt: skip
    is_other = entry.actor_kind != ActorKind.CUSTOMER
    if names_customer and entry.customer_number and is_other:
        yield _("customer %(number)s") % {"number": entry.customer_number}
    yield from _amounts(entry)
    if entry.scene:
        yield describe_scenes([entry.scene])
    if entry.branch_path:
        yield names.get(entry.branch_path, entry.branch_path)
    if entry.reference:
        yield _("reference %(reference)s") % {"reference": entry.reference}
    if entry.manager:
        yield _("customer manager %(name)s") % {"name": entry.manager}


def _amounts(entry: LedgerEntry) -> Iterator[str]:
    if entry.order_cents is not None:
        yield _("payment of %(amount)s yuan") % {"amount": yuan(entry.order_cents)}
    if entry.accrued_cents:
        yield _("promised %(amount)s yuan") % {"amount": _signed(entry.accrued_cents)}
    if entry.spent_cents:
        yield _("spent %(amount)s yuan") % {"amount": _signed(entry.spent_cents)}
        shares = (
            (_("provincial union"), entry.province_cents),
            (_("bank"), entry.bank_cents),
            (_("merchant"), entry.merchant_cents),
        )
        yield _(", ").join(f"{name} {_signed(cents)}" for name, cents in shares if cents)


def _signed(cents: int) -> str:
    return f"+{yuan(cents)}" if cents > 0 else yuan(cents).replace("-", "\N{MINUS SIGN}")
