from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from approvals.models import Request
from fuxiang_zone.campus import amounts, fees, figures, sight
from fuxiang_zone.campus.admin_of_schools import OfSchoolsAdmin
from fuxiang_zone.campus.choices import BillState, FeeState
from fuxiang_zone.campus.forms import FeeForm, UploadForm
from fuxiang_zone.campus.import_jobs import start_amounts
from fuxiang_zone.campus.models import FeeItem
from fuxiang_zone.campus.wording import meant, yuan
from intake.import_pages import import_page
from operators.admin_base import DialogForm, ReasonForm, Tab, action, display
from operators.sites import bank_site

COLOURS = {"draft": "", "in_review": "info", "open": "success", "closed": "warning"}
OFFERED = {
    FeeState.DRAFT: {"submit", "discard"},
    FeeState.IN_REVIEW: set(),
    FeeState.OPEN: {"missing", "close"},
    FeeState.CLOSED: set(),
}


class NoteForm(DialogForm):
    note = forms.CharField(
        label=_("Note for the checker"), max_length=500, required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )  # fmt: skip


@admin.register(FeeItem, site=bank_site)
class FeeAdmin(OfSchoolsAdmin):
    form = FeeForm
    list_display = (
        "name", "period", "school", "shown_meant", "shown_amount", "due_on", "shown_state",
    )  # fmt: skip
    list_filter = ("school", "due_on")
    list_select_related = ("school",)
    search_fields = ("name", "period")
    fieldsets = (
        (None, {"fields": ("school", "name", "period")}),
        (_("Who pays it"), {"fields": ("grade", "class_name")}),
        (_("How much, and until when"), {"fields": ("amount_cents", "due_on", "takes_late")}),
        (_("For parents"), {"fields": ("note",)}),
    )
    actions_detail = ("submit", "discard", "missing", "close")
    change_form_outer_before_template = "campus/fee_before.html"
    change_form_outer_after_template = "campus/fee_after.html"
    empty_hint = _(
        "Draft what a school charges: tuition of a term, lunch of a month. A second person checks "
        "the bills; then parents see them."
    )

    class Media:
        css = {"all": ("console/review.css", "console/campus.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(sight.ADD_FEE)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (not isinstance(obj, FeeItem) or obj.state == FeeState.DRAFT)

    # --- list --------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = [Tab(state.value, state.label, Q(state=state)) for state in FeeState]
        return [Tab("all", _("All")), *states]

    @display(description=_("for"))
    def shown_meant(self, fee: FeeItem) -> str:
        return meant(fee.grade, fee.class_name)

    @display(description=_("amount (yuan)"), ordering="amount_cents")
    def shown_amount(self, fee: FeeItem) -> str:
        return gettext("by student") if fee.amount_cents is None else yuan(fee.amount_cents)

    shown_amount.numeric = True  # type: ignore[attr-defined]

    @display(description=_("state"), ordering="state", label=COLOURS)
    def shown_state(self, fee: FeeItem) -> tuple[str, Any]:
        return fee.state, fee.get_state_display()

    # --- form --------------------------------------------------------------------------------
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("school", *_READ.values())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        # Nobody types cents: what can only be read is shown in yuan.
        return [
            (title, {"fields": [_READ.get(name, name) for name in options["fields"]]})
            for title, options in found
        ]

    def save_through(self, request: HttpRequest, obj: FeeItem, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in fees.FIELDS}
        actor: Any = request.user
        if change:
            fees.edit_fee(actor=actor, fee_id=obj.pk, **given)
            return
        school = form.cleaned_data["school"]
        made = fees.create_fee(actor=actor, school_id=school.pk, **given)
        obj.__dict__.update(made.__dict__)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        fee = self.get_object(request, object_id)
        more = self._standing(request, fee) if isinstance(fee, FeeItem) else {}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def _standing(self, request: HttpRequest, fee: FeeItem) -> dict[str, Any]:
        rows = figures.by_class(fee)
        prepared = fees.totals_of(fee, BillState.DRAFT)
        asked = Request.objects.of_target(fees.TARGET, fee.pk).order_by("-pk").first()
        is_by_student = fee.amount_cents is None and fee.state == FeeState.DRAFT
        return {
            "fee": fee,
            "fee_state": self.shown_state(fee),
            "rows": rows,
            "total": figures.in_total(rows, gettext("All classes")),
            "prepared": prepared.count,
            "prepared_yuan": yuan(prepared.cents),
            "review": asked,
            "may_import": is_by_student and request.user.has_perm(sight.CHANGE_FEE),  # type: ignore[union-attr]
        }

    # --- files -------------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        name = "fuxiang_zone_campus_feeitem_import"
        return [path("<int:fee_id>/amounts/import/", view, name=name), *super().get_urls()]

    def import_view(self, request: HttpRequest, fee_id: int) -> HttpResponse:
        actor: Any = request.user
        if not actor.has_perm(sight.CHANGE_FEE):
            raise PermissionDenied
        fee = self.found_or_404(request, fee_id)
        return import_page(
            self,
            request,
            title=gettext("Import amounts of %(fee)s") % {"fee": fee},
            form_class=UploadForm,
            columns=amounts.COLUMNS,
            start=partial(start_amounts, actor=actor, fee_id=fee.pk),
            context={"back": self.address("feeitem_change", fee.pk)},
        )

    # --- actions -----------------------------------------------------------------------------
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        fee = self.get_object(request, str(object_id))
        fitting = OFFERED[FeeState(fee.state)] if fee is not None else set()
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path in fitting]

    @action(
        description=_("Submit for review"), permissions=[sight.CHANGE_FEE], form_class=NoteForm,
        icon="send", variant="primary",
        explanation=_("The bills are prepared; a second person sees how many, and the sum."),
    )  # fmt: skip
    def submit(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        note = form.cleaned_data["note"]
        fees.submit_fee(actor=request.user, fee_id=int(object_id), note=note)  # type: ignore[arg-type]
        messages.success(request, gettext("Submitted for review."))

    @action(
        description=_("Delete the draft"), permissions=[sight.CHANGE_FEE], icon="delete",
        variant="danger",
    )  # fmt: skip
    def discard(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        fees.delete_fee(actor=request.user, fee_id=int(object_id))  # type: ignore[arg-type]
        messages.success(request, gettext("The draft is deleted."))
        return HttpResponseRedirect(self.address("feeitem_changelist"))

    @action(
        description=_("Bills of new students"), permissions=[sight.CHANGE_FEE], icon="person_add",
        explanation=_("Students who came later get a bill of the amount that was approved."),
    )  # fmt: skip
    def missing(self, request: HttpRequest, form: Any, object_id: str) -> None:
        count = fees.add_missing_bills(actor=request.user, fee_id=int(object_id))  # type: ignore[arg-type]
        messages.success(request, gettext("%(count)s bills were issued.") % {"count": count})

    @action(
        description=_("Close the collection"), permissions=[sight.CHANGE_FEE],
        form_class=ReasonForm, icon="event_busy", variant="danger",
        explanation=_("What is paid from now on is refused. Unpaid bills stay in the list."),
    )  # fmt: skip
    def close(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        fees.close_fee(actor=request.user, fee_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The collection is closed."))


_READ = {"amount_cents": "shown_amount"}
