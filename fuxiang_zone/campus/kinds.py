"""Issuing the bills of a fee needs a second person: customers are asked for money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from approvals.registry import DiffRow, Kind, register
from audit.context import current_schema
from fuxiang_zone.campus import fees, import_jobs, sight
from fuxiang_zone.campus.models import FeeItem
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from fuxiang_zone.campus.wording import meant, yuan
from operators.roles import is_platform

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from operators.models import Operator


class BillsKind(Kind):
    """Never stale: what was prepared is counted again under the fee's lock."""

    name = fees.REVIEW
    label = gettext_lazy("bills of a school")
    submit_permission = sight.CHANGE_FEE
    approve_permission = sight.APPROVE

    def lock(self, target_id: str) -> None:
        FeeItem.objects.select_for_update().filter(pk=target_id).first()

    def hidden_from(self, operator: Operator) -> Q | None:
        # The platform has no schools, and no tables of them.
        if is_platform(current_schema()) or operator.has_perm(SEE_EVERY_SCHOOL):
            return None
        visible = FeeItem.objects.visible_to(operator).values_list("pk", flat=True)
        return ~Q(target_id__in=[str(pk) for pk in visible])

    def describe(self, request: Request) -> list[DiffRow]:
        told = request.payload
        cents = told["amount_cents"]
        rows = (
            (_("school"), told["school"]),
            (_("fee"), told["name"]),
            (pgettext("fee", "period"), told["period"]),
            (_("for"), meant(told["grade"], told["class_name"])),
            (_("amount (yuan)"), _("by student") if cents is None else yuan(cents)),
            (_("due on"), told["due_on"]),
            (
                _("after the due date"),
                _("can be paid") if told["takes_late"] else pgettext("late payment", "refused"),
            ),
            (_("note for parents"), told["note"]),
            (_("bills"), f"{told['bills']:,}"),
            (_("in total (yuan)"), yuan(told["total_cents"])),
        )
        return [DiffRow(label, "", str(value), changed=True) for label, value in rows]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        fees.open_fee(request, actor=actor, at=at)

    def on_closed(self, request: Request) -> None:
        fees.back_to_draft(int(request.target_id))

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {
            "target_view": "fuxiang_zone_campus_feeitem_change",
            "target_pk": int(request.target_id),
        }


def register_kinds() -> None:
    register(BillsKind())
    import_jobs.register_jobs()
