"""Bills, and what schools' systems have told of their payment."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from audit.context import current_schema
from audit.errors import BadFilter, DomainError
from fuxiang_zone.campus import exports, fees, sight
from fuxiang_zone.campus.admin_of_schools import OfSchoolsAdmin
from fuxiang_zone.campus.choices import STRAY, BillState, Outcome
from fuxiang_zone.campus.forms import ExportForm
from fuxiang_zone.campus.models import Bill, Payment
from fuxiang_zone.campus.querysets import is_stray
from fuxiang_zone.campus.wording import yuan
from operators.admin_base import ReasonForm, Tab, action, display
from operators.sites import bank_site

COLOURS = {"unpaid": "warning", "paid": "success", "refunded": "info", "draft": "", "cancelled": ""}
OUTCOMES: dict[str, str] = {
    **{outcome.value: "danger" for outcome in STRAY},
    Outcome.PAID.value: "success",
    Outcome.PAID_LATE.value: "success",
    Outcome.REFUNDED.value: "info",
    Outcome.RETURNED.value: "info",
    Outcome.WAITING.value: "warning",
    Outcome.ALREADY_REFUNDED.value: "",
}
SALT = "campus.export"
TICKET_SECONDS = 120
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@admin.register(Bill, site=bank_site)
class BillAdmin(OfSchoolsAdmin):
    list_display = (
        "student", "shown_class", "fee", "school", "shown_amount", "shown_due", "shown_state",
        "paid_at",
    )  # fmt: skip
    list_filter = ("school", "fee", "paid_at")
    list_select_related = ("student", "fee", "school")
    search_fields = ("student__number__startswith",)
    search_help_text = _("Beginning of the student number, or a whole bill number")
    sortable_by = ("paid_at",)
    fields = (
        "uid", "school", "fee", "student", "shown_class", "shown_amount", "shown_due",
        "shown_state", "paid_at", "payment_id",
    )  # fmt: skip
    actions_detail = ("cancel",)
    actions_list = ("export",)
    empty_hint = _("Bills appear here as soon as a fee was submitted and approved.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        late = Q(state=BillState.UNPAID, fee__due_on__lt=timezone.localdate())
        states = [Tab(state.value, state.label, Q(state=state)) for state in BillState]
        return [Tab("all", _("All")), *states[1:], Tab("late", _("past the due date"), late)]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        try:
            return queryset.filter(uid=UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    @display(description=_("class"))
    def shown_class(self, bill: Bill) -> str:
        return f"{bill.student.grade} {bill.student.class_name}".strip()

    @display(description=_("amount (yuan)"))
    def shown_amount(self, bill: Bill) -> str:
        return yuan(bill.amount_cents)

    shown_amount.numeric = True  # type: ignore[attr-defined]

    @display(description=_("due on"))
    def shown_due(self, bill: Bill) -> str:
        return bill.fee.due_on.isoformat()

    @display(description=_("state"), label={**COLOURS, "late": "danger"})
    def shown_state(self, bill: Bill) -> tuple[str, Any]:
        if bill.state == BillState.UNPAID and bill.fee.due_on < timezone.localdate():
            return "late", _("past the due date")
        return bill.state, bill.get_state_display()

    # --- actions -----------------------------------------------------------------------------
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        bill = self.get_object(request, str(object_id))
        offered = super().get_actions_detail(request, object_id)
        return offered if bill is not None and bill.state == BillState.UNPAID else []

    @action(
        description=_("Cancel the bill"), permissions=[sight.CHANGE_BILL], form_class=ReasonForm,
        icon="block", variant="danger",
        explanation=_("It leaves the parents' phones; money for it is refused."),
    )  # fmt: skip
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        fees.cancel_bill(actor=request.user, bill_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The bill is cancelled."))

    @action(
        description=_("Export"), title=_("Export these bills"), permissions=[sight.EXPORT],
        form_class=ExportForm, icon="download", url_path="export",
        explanation=_("All bills that the list shows; the export itself is recorded."),
    )  # fmt: skip
    def export(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        confirmed = {
            "format": form.cleaned_data["file_format"],
            "query": request.GET.urlencode(),
            "for": [current_schema(), request.user.pk],
        }
        ticket = urlencode({"ticket": signing.dumps(confirmed, salt=SALT)})
        return HttpResponseRedirect(f"{self.address('bill_file')}?{ticket}")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))
        return [
            path("export/file/", view, name="fuxiang_zone_campus_bill_file"), *super().get_urls()
        ]  # fmt: skip

    def file_view(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file of an export confirmed a moment ago: a dialog cannot hand out files itself."""
        confirmed = _confirmed(request)
        try:
            return self._file(request, confirmed)
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(self.address("bill_changelist"))

    def _file(self, request: HttpRequest, confirmed: dict[str, Any]) -> FileResponse:
        file_format, query = confirmed["format"], confirmed["query"]
        request.GET = QueryDict(query)  # type: ignore[assignment]
        file = exports.export_bills(
            actor=request.user,  # type: ignore[arg-type]
            rows=self._rows_asked_for(request),
            file_format=file_format,
            query=query,
        )
        name = f"campus-bills-{timezone.localtime():%Y%m%d-%H%M%S}.{file_format}"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[file_format]
        )

    def _rows_asked_for(self, request: HttpRequest) -> QuerySet:
        """What the list shows on all its pages."""
        try:
            return self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise BadFilter(gettext("The filter is not valid: reset it and try again.")) from error

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        query = request.GET.copy()
        query.pop("p", None)
        for each in context.get("actions_list", []):
            each["path"] = f"{each['path']}?{query.urlencode()}"
        return response


def _confirmed(request: HttpRequest) -> dict[str, Any]:
    try:
        ticket = request.GET.get("ticket", "")
        confirmed: dict[str, Any] = signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if confirmed["for"] != [current_schema(), request.user.pk]:
        raise PermissionDenied
    return confirmed


@admin.register(Payment, site=bank_site)
class PaymentAdmin(OfSchoolsAdmin):
    list_display = (
        "payment_id", "kind", "school", "shown_bill", "shown_amount", "occurred_at",
        "received_at", "shown_outcome",
    )  # fmt: skip
    list_filter = ("school", "kind", "outcome", "received_at")
    list_select_related = ("school", "bill__student", "bill__fee")
    search_fields = ("payment_id__startswith", "refund_of__startswith", "=bill_uid")
    search_help_text = _("Beginning of the payment's number, or a whole bill number")
    sortable_by = ()
    fields = (
        "payment_id", "kind", "refund_of", "school", "bill_uid", "shown_bill", "shown_amount",
        "occurred_at", "received_at", "shown_outcome", "given_back_at", "key_id",
    )  # fmt: skip
    empty_hint = _(
        "What schools' systems tell of payments appears here. Issue a secret on a school's page; "
        "the system signs with it."
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        return [
            Tab("all", _("All")),
            Tab("stray", _("to be given back"), is_stray()),
            Tab("waiting", _("refunds before their payment"), Q(outcome=Outcome.WAITING)),
        ]

    @display(description=_("bill"))
    def shown_bill(self, payment: Payment) -> str:
        return f"{payment.bill.student} · {payment.bill.fee}" if payment.bill else "—"

    @display(description=_("amount (yuan)"))
    def shown_amount(self, payment: Payment) -> str:
        return yuan(payment.amount_cents)

    shown_amount.numeric = True  # type: ignore[attr-defined]

    @display(description=_("outcome"), label=OUTCOMES)
    def shown_outcome(self, payment: Payment) -> tuple[str, Any]:
        if payment.given_back_at is not None and payment.outcome in STRAY:
            return Outcome.RETURNED.value, Outcome.RETURNED.label
        return payment.outcome, payment.get_outcome_display()
