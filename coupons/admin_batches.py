"""Batches: what was loaded, what became of it, and the switch for all its coupons at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from approvals.models import Request
from coupons import figures
from coupons.choices import BatchOrigin, BatchState, CouponState
from coupons.figures import Subject
from coupons.importing_pages.outcomes import outcome_context
from coupons.importing_pages.pages import ImportPagesMixin
from coupons.models import Batch, Coupon
from coupons.stock import freezing, recalls, reviews
from coupons.stock.standing import DECIDED
from coupons.timelines import timeline_of_batch
from coupons.wording import yuan
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, Tab, action, badge, display
from operators.querysets import branch_scope
from operators.sites import bank_site

STATE_COLOURS = {
    BatchState.LOADING: "info", BatchState.LOADED: "", BatchState.IN_REVIEW: "warning",
    BatchState.LIVE: "success", BatchState.FROZEN: "danger", BatchState.RECALLED: "danger",
    BatchState.DISCARDED: "", BatchState.FAILED: "danger",
}  # fmt: skip
MAKE, APPROVE, FREEZE = "coupons.change_batch", "coupons.approve_batch", "coupons.freeze_batch"


class NoteForm(DialogForm):
    note = forms.CharField(
        label=_("Note to the checker"), max_length=500, required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )  # fmt: skip


class StateActionsMixin:
    """What changes a batch as a whole; each through its service."""

    actions_detail = ("submit", "freeze", "unfreeze", "recall", "discard")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        batch = self.get_object(request, str(object_id))  # type: ignore[attr-defined]
        fitting = _fitting(batch) if batch is not None else set()
        offered = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [each for each in offered if each.path in fitting]

    @action(
        description=_("Submit for review"), permissions=[MAKE], form_class=NoteForm,
        explanation=_("A second person sees the totals and the first rows; what they approve is "
                      "what lands."),
        icon="send", variant="primary",
    )  # fmt: skip
    def submit(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reviews.submit_batch(
            actor=request.user, batch_id=int(object_id),  # type: ignore[arg-type]
            note=form.cleaned_data["note"],
        )  # fmt: skip
        messages.success(request, gettext("Submitted: a second person decides."))

    @action(
        description=_("Freeze"), title=_("Freeze the whole batch"), permissions=[FREEZE],
        form_class=ReasonForm, icon="ac_unit", variant="danger",
        explanation=_("At once no coupon of this batch can be claimed or used. Taking it back "
                      "needs a second person."),
    )  # fmt: skip
    def freeze(self, request: HttpRequest, form: Any, object_id: str) -> None:
        freezing.freeze_batch(**_common(request, form, object_id))
        messages.success(request, gettext("The batch is frozen."))

    @action(
        description=_("Unfreeze"), title=_("Ask to unfreeze the batch"), permissions=[MAKE],
        form_class=ReasonForm, icon="sunny", submit_text=_("Submit for review"),
        explanation=_("Nothing changes until a second person has approved it."),
    )  # fmt: skip
    def unfreeze(self, request: HttpRequest, form: Any, object_id: str) -> None:
        freezing.request_unfreeze(**_common(request, form, object_id))
        messages.success(request, gettext("Submitted: a second person decides."))

    @action(
        description=_("Recall"), title=_("Ask to recall the whole batch"), permissions=[MAKE],
        form_class=ReasonForm, icon="assignment_return", variant="danger",
        submit_text=_("Submit for review"),
        explanation=_("Once approved, every coupon of the batch that has not been redeemed is "
                      "void, also those that customers hold."),
    )  # fmt: skip
    def recall(self, request: HttpRequest, form: Any, object_id: str) -> None:
        recalls.request_recall(**_common(request, form, object_id))
        messages.success(request, gettext("Submitted: a second person decides."))

    @action(
        description=_("Discard"), title=_("Discard this batch"), permissions=[MAKE],
        form_class=ReasonForm, icon="delete", variant="danger",
        explanation=_("Its rows are deleted; the same file can then be imported again."),
    )  # fmt: skip
    def discard(self, request: HttpRequest, form: Any, object_id: str) -> None:
        from coupons.stock import importing

        importing.discard_batch(**_common(request, form, object_id))
        messages.success(request, gettext("The batch is discarded."))


@admin.register(Batch, site=bank_site)
class BatchAdmin(ImportPagesMixin, StateActionsMixin, ModelAdmin):
    """Batches come by imports and generations, never by a form."""

    list_display = (
        "name", "template", "shown_origin", "shown_state", "shown_count", "shown_total",
        "created_by", "shown_approval",
    )  # fmt: skip
    list_filter = ("template", "origin", "created_at")
    search_fields = ("name", "file_name")
    search_help_text = _("Name or file")
    list_select_related = ("template", "created_by")
    ordering = ("-id",)
    empty_hint = _("Import a file of coupons, or have codes generated, for a published template.")
    change_form_outer_after_template = "coupons/batch_page.html"
    fieldsets = (
        (_("Coupon batch"), {
            "fields": ("shown_standing", "template", "shown_origin", "shown_count", "shown_total",
                       "created_by", "created_at", "approved_at"),
        }),
        (_("What was loaded"), {
            "fields": ("file_name", "file_sha256", "rows", "duplicates", "rejected",
                       "all_or_nothing", "loaded_at"),
        }),
    )  # fmt: skip
    readonly_fields = ("shown_standing", "shown_origin", "shown_count", "shown_total")

    class Media:
        css = {
            "all": (
                "console/review.css", "console/item_figures.css", "console/coupon_stock.css",
                "console/jobs.css", "console/importing.css",
            )
        }  # fmt: skip

    # --- list ---------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        waiting = Q(state__in=[BatchState.LOADING, BatchState.LOADED])
        over = Q(state__in=[BatchState.DISCARDED, BatchState.FAILED])
        return [
            Tab("all", _("All")),
            Tab("waiting", _("to submit"), waiting),
            Tab("review", _("in review"), Q(state=BatchState.IN_REVIEW)),
            Tab("live", BatchState.LIVE.label, Q(state=BatchState.LIVE)),
            Tab("frozen", BatchState.FROZEN.label, Q(state=BatchState.FROZEN)),
            Tab("recalled", BatchState.RECALLED.label, Q(state=BatchState.RECALLED)),
            Tab("over", _("discarded or failed"), over),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Without an object: whether the actions are offered at all."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("template", "created_by")

    @display(description=_("origin"), ordering="origin")
    def shown_origin(self, batch: Batch) -> str:
        return str(BatchOrigin(batch.origin).label)

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, batch: Batch) -> tuple[str, Any]:
        return batch.state, BatchState(batch.state).label

    @display(description=_("coupons"), ordering="count")
    def shown_count(self, batch: Batch) -> str:
        return f"{batch.count:,}"

    shown_count.numeric = True

    @display(description=_("total face value (yuan)"), ordering="total_cents")
    def shown_total(self, batch: Batch) -> str:
        return yuan(batch.total_cents)

    shown_total.numeric = True

    @display(description=_("approved at"), ordering="approved_at")
    def shown_approval(self, batch: Batch) -> str:
        at = batch.approved_at
        return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else "—"

    @display(description=_("state"))
    def shown_standing(self, batch: Batch) -> str:
        state = BatchState(batch.state)
        shown = badge(state.label, STATE_COLOURS[state])
        since = f"{timezone.localtime(batch.state_at):%Y-%m-%d %H:%M}"
        return format_html("{} {} {}", shown, since, batch.state_reason)

    # --- page ---------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was generated has no file."""
        is_import = obj is not None and obj.origin == BatchOrigin.IMPORT
        return self.fieldsets if is_import else self.fieldsets[:1]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        batch = kwargs.get("obj")
        if batch is not None:
            context.update(self._page(request, batch))
            context.update(outcome_context(request, batch, self.admin_site.name))
        return super().render_change_form(request, context, *args, **kwargs)

    def _page(self, request: HttpRequest, batch: Batch) -> dict[str, Any]:
        site = self.admin_site.name
        if batch.state not in DECIDED:
            return {"counts": _counts(batch), "review_address": _review_address(batch, site)}
        subject = Subject(batch.template_id, batch.pk, branch_scope(request.user))  # type: ignore[arg-type]
        days = figures.figures_by_day(subject, last=figures.today())
        return {
            "counts": _counts(batch),
            "days": days,
            "total": figures.total(days),
            "timeline": timeline_of_batch(batch),
            "coupons_address": f"{reverse(f'{site}:coupons_coupon_changelist')}?batch={batch.pk}",
            "review_address": _review_address(batch, site),
        }


def _counts(batch: Batch) -> list[tuple[Any, str, str]]:
    """How many coupons are in which state, as the rows say: (label, count, state)."""
    rows = Coupon.objects.filter(batch_id=batch.pk).order_by().values("state")
    found = {row["state"]: row["number"] for row in rows.annotate(number=Count("pk"))}
    return [
        (state.label, f"{found[state]:,}", state.value) for state in CouponState if state in found
    ]


def _review_address(batch: Batch, site: str) -> str:
    waiting = Request.objects.of_target(reviews.TARGET_KIND, batch.pk).pending().order_by("pk")
    found = waiting.first()
    return reverse(f"{site}:approvals_request_change", args=[found.pk]) if found else ""


def _fitting(batch: Batch) -> set[str]:
    return {
        BatchState.LOADED: {"submit", "discard"},
        BatchState.LIVE: {"freeze", "recall"},
        BatchState.FROZEN: {"unfreeze", "recall"},
    }.get(BatchState(batch.state), set())


def _common(request: HttpRequest, form: Any, object_id: str) -> dict[str, Any]:
    reason = form.cleaned_data["reason"]
    return {"actor": request.user, "batch_id": int(object_id), "reason": reason}
