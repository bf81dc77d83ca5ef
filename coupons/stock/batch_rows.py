"""What the review pages of batches say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from approvals.registry import DiffRow
from approvals.wording import moment
from coupons.choices import BatchOrigin, CouponState
from coupons.stock import facts, recalls, reviews
from coupons.terms.reading import FAR_FUTURE
from coupons.wording import yuan

if TYPE_CHECKING:
    from approvals.models import Request


def account_rows(request: Request) -> list[DiffRow]:
    before, told = _standing(request), request.payload
    count, cents = told["count"], told["total_cents"]
    after_count, after_cents = before["held_count"] + count, before["held_cents"] + cents
    return [
        same(_("coupon template"), f"{told['template']['title']} ({told['template']['code']})"),
        _new(_("name"), told["batch"]),
        DiffRow(
            _("stock (coupons)"),
            _of(f"{before['held_count']:,}", f"{before['stock_limit']:,}"),
            _of(f"{after_count:,}", f"{before['stock_limit']:,}"),
            changed=True,
        ),
        DiffRow(
            _("budget (yuan)"),
            _of(yuan(before["held_cents"]), yuan(before["budget_cents"])),
            _of(yuan(after_cents), yuan(before["budget_cents"])),
            changed=True,
        ),
    ]


def file_rows(told: dict[str, Any]) -> list[DiffRow]:
    faces = {yuan(told["min_cents"]): None, yuan(told["max_cents"]): None}
    rows = [
        _new(_("coupons"), f"{told['count']:,}"),
        _new(_("total face value (yuan)"), yuan(told["total_cents"])),
        _new(_("face values (yuan)"), " – ".join(faces)),
    ]
    if told["owned"]:
        rows.append(_new(_("of these for named customers"), f"{told['owned']:,}"))
    if told["origin"] == BatchOrigin.GENERATE:
        return [*rows, _new(_("origin"), str(BatchOrigin.GENERATE.label))]
    rows += [
        _new(_("file"), told["file_name"]),
        _new(_("digest of the file"), told["sha256"]),
        _new(_("rows of the file"), f"{told['rows']:,}"),
        _new(_("duplicates"), f"{told['duplicates']:,}"),
        _new(_("rejected rows"), f"{told['rejected']:,}"),
    ]
    if told["reasons"]:
        rows.append(_new(_("reasons"), "\n".join(_reason(each) for each in told["reasons"])))
    return rows


def first_row(row: dict[str, Any]) -> DiffRow:
    until = parse_datetime(row["valid_until"])
    assert until is not None
    parts = [row["shown"], _("%(amount)s yuan") % {"amount": yuan(row["face_cents"])}]
    if until < FAR_FUTURE:
        # Exclusive in the data; people read the last day.
        last = moment(until - timedelta(seconds=1), "")[:10]
        parts.append(_("valid until %(day)s") % {"day": last})
    parts += [each for each in (row["branch"], row["customer"]) if each]
    return _new(_("row %(row)s") % {"row": row["row"]}, " · ".join(parts))


def _reason(each: Any) -> str:
    if not isinstance(each, dict):
        return str(each)
    return _("row %(row)s: %(reason)s") % {
        "row": each.get("row", ""),
        "reason": each.get("reason", ""),
    }


def _standing(request: Request) -> dict[str, int]:
    """What is held now, while it waits; afterwards, what was held when it was submitted."""
    if request.is_pending:
        return facts.standing(facts.account_of(request.payload["template"]["id"]))
    before: dict[str, int] = request.before or {}
    return before


def warning(request: Request) -> str:
    """What would stop an approval now."""
    account = facts.account_of(request.payload["template"]["id"])
    if not request.is_pending:
        return ""
    if account is None or account.live_version is None:
        return _("The template is not published now: this cannot be approved.")
    told = request.payload
    return reviews.shortage(account, told["count"], told["total_cents"])


def recalled(state: CouponState, told: dict[str, int]) -> DiffRow:
    before = _("%(count)s coupons, %(amount)s yuan") % {
        "count": f"{told['count']:,}",
        "amount": yuan(told["cents"]),
    }
    if state not in recalls.TAKEN_BACK:
        return DiffRow(state.label, before, before, changed=False)
    after = str(CouponState.VOIDED.label)
    if state == CouponState.LOCKED:
        after = _("voided when the payment under way has ended; it is refused")
    return DiffRow(state.label, before, after, changed=True)


def _of(part: str, whole: str) -> str:
    return _("%(part)s of %(whole)s") % {"part": part, "whole": whole}


def same(label: str, value: str) -> DiffRow:
    return DiffRow(label, value, value, changed=False)


def _new(label: str, value: str) -> DiffRow:
    """Of the batch alone: what changes by it are stock and budget."""
    return DiffRow(label, "", value, changed=False)
