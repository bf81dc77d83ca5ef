"""Issuing the bills of a fee needs a second person: customers are asked for money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from approvals.models import Request
from approvals.registry import DiffRow, Kind, register
from audit import hiding
from audit.context import current_schema
from fuxiang_zone.campus import fees, import_jobs, sight
from fuxiang_zone.campus.models import FeeItem
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from fuxiang_zone.campus.wording import meant, yuan
from intake.models import Job
from operators.roles import is_platform

if TYPE_CHECKING:
    from datetime import datetime

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


def hidden_events(operator: Operator) -> Q | None:
    """The trail of schools, and of their reviews and files, is read by who sees every school."""
    if is_platform(current_schema()) or operator.has_perm(SEE_EVERY_SCHOOL):
        return None
    reviews = Request.objects.filter(kind=fees.REVIEW)
    jobs = Job.objects.filter(kind__in=[import_jobs.STUDENTS.name, import_jobs.AMOUNTS.name])
    return (
        Q(event__startswith="campus.")
        | Q(target_kind=Request._meta.label_lower, target_id__in=_texts(reviews))
        | Q(target_kind=Job._meta.label_lower, target_id__in=_texts(jobs))
    )


def _texts(rows: QuerySet) -> QuerySet:
    return rows.order_by().annotate(key=Cast("pk", CharField())).values("key")


def register_kinds() -> None:
    register(BillsKind())
    import_jobs.register_jobs()
    hiding.register("campus", hidden_events)
