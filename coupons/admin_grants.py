"""Grants: drafted, submitted, watched, and what became of each recipient."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from approvals import services as approvals
from approvals.models import Request
from audit.errors import DomainError
from coupons.choices import GrantReason, GrantState, RecipientState
from coupons.forms.grants import GrantForm
from coupons.grants import results, services
from coupons.grants.estimates import customers_of, estimate
from coupons.grants.recipients import results_of
from coupons.models import Grant
from customers.audience_forms import audience_text
from intake.models import Job
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, Tab, action, display
from operators.sites import bank_site
from publishing.dialogs import NoteForm

STATE_COLOURS = {
    GrantState.DRAFT: "", GrantState.IN_REVIEW: "warning", GrantState.RUNNING: "info",
    GrantState.DONE: "success", GrantState.DISCARDED: "",
}  # fmt: skip
RESULT_COLOURS = {RecipientState.GRANTED: "success", RecipientState.REFUSED: "danger"}
FILE_NAME = "grant-{}.csv"


class GrantActionsMixin:
    """The buttons above a grant: who sees which one when, and the service behind it."""

    actions_detail = ("submit", "withdraw_review", "continue_work", "discard")

    def _in_state(self, request: HttpRequest, object_id: Any, state: GrantState) -> Grant | None:
        grant = self.get_object(request, str(object_id)) if object_id else None  # type: ignore[attr-defined]
        return grant if grant is not None and grant.state == state else None

    def _may_change(self, request: HttpRequest, object_id: Any, state: GrantState) -> bool:
        may: Any = request.user
        allowed = may.has_perm(services.CHANGE_PERMISSION)
        return allowed and self._in_state(request, object_id, state) is not None

    def has_submit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_change(request, object_id, GrantState.DRAFT)

    has_discard_permission = has_submit_permission

    def has_withdraw_review_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_change(request, object_id, GrantState.IN_REVIEW)

    def has_continue_work_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._in_state(request, object_id, GrantState.RUNNING)
        may: Any = request.user
        allowed = may.has_perm("coupons.approve_batch")
        return grant is not None and allowed and services.is_stuck(grant)

    @action(
        description=_("Submit for review"), permissions=["submit"], form_class=NoteForm,
        explanation=_("The customers are written down now; a second person decides on them."),
        icon="send", variant="primary", url_path="submit",
    )  # fmt: skip
    def submit(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        services.submit_grant(
            actor=request.user, grant_id=int(object_id), note=form.cleaned_data["note"]  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("Submitted: a second person decides."))

    @action(
        description=_("Withdraw from review"), permissions=["withdraw_review"],
        explanation=_("The review ends without a decision; you can go on editing."),
        icon="undo", url_path="withdraw-review",
    )  # fmt: skip
    def withdraw_review(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        for asked in _open_requests(object_id):
            approvals.withdraw_request(actor=request.user, request_id=asked.pk)  # type: ignore[arg-type]
        messages.success(request, gettext("Withdrawn from review."))

    @action(
        description=_("Continue"), permissions=["continue_work"],
        explanation=_("Its work was interrupted. Who has a coupon already gets no second one."),
        icon="play_arrow", variant="primary", url_path="continue",
    )  # fmt: skip
    def continue_work(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        services.continue_grant(actor=request.user, grant_id=int(object_id))  # type: ignore[arg-type]
        messages.success(request, gettext("The work goes on."))

    @action(
        description=_("Discard draft"), permissions=["discard"], form_class=ReasonForm,
        explanation=_("Nobody gets a coupon by it."),
        icon="delete", url_path="discard",
    )  # fmt: skip
    def discard(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        services.discard_grant(
            actor=request.user, grant_id=int(object_id), reason=form.cleaned_data["reason"]  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The draft is discarded."))


class GrantResultsMixin:
    """Pages beside the form: what it takes, who got what, the same as a file."""

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [
            path("preview/", guard(require_POST(self.preview_view)), name="coupons_grant_preview"),
            path(
                "<int:grant_id>/recipients/", guard(require_safe(self.recipients_view)),
                name="coupons_grant_recipients",
            ),
            path(
                "<int:grant_id>/results.csv", guard(require_safe(self.file_view)),
                name="coupons_grant_file",
            ),
        ]  # fmt: skip
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the draft takes as it is typed; a file is counted when it is saved."""
        if not self.has_add_permission(request) and not _may_change(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        form_class = self.get_form(request)  # type: ignore[attr-defined]
        form = form_class(request.POST, instance=_given(request))
        form.fields["name"].required = False
        form.fields["explanation"].required = False
        context: dict[str, Any] = {}
        if form.is_valid():
            try:
                at = timezone.now()
                context["told"] = services.preview_grant(form.content, form.instance.pk, at)
            except DomainError as error:
                context["wrong"] = str(error.message)
        # As long as no template is chosen there is nothing to say.
        elif not form.has_error("template", "required"):
            shown = ("numbers", "audience", "template", "per_customer")
            context["wrong"] = next(
                (str(form.errors[name][0]) for name in shown if name in form.errors), ""
            )
        return render(request, "coupons/grants/preview.html", context)

    def recipients_view(self, request: HttpRequest, grant_id: int) -> HttpResponse:
        grant = self._seen(request, grant_id)
        asked = {
            "state": request.GET.get("state", ""),
            "number": request.GET.get("number", "").strip()[:32],
        }
        after = request.GET.get("after", "")
        page = results.page_of(
            grant.pk, **asked, after=int(after) if after.isascii() and after.isdigit() else 0
        )
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "original": grant,
            "title": grant.name,
            "asked": asked,
            "states": RecipientState.choices,
            "lines": [_line(each) for each in page.rows],
            "next_after": page.next_after,
            "back": self._address("change", grant.pk),
        }
        return TemplateResponse(request, "coupons/grants/recipients.html", context)

    def file_view(self, request: HttpRequest, grant_id: int) -> FileResponse:
        grant = self._seen(request, grant_id)
        try:
            file = results.export_results(actor=request.user, grant=grant)  # type: ignore[arg-type]
        except DomainError as error:
            raise PermissionDenied(str(error.message)) from error
        name = FILE_NAME.format(grant.pk)
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")

    def _seen(self, request: HttpRequest, grant_id: int) -> Grant:
        grant: Grant | None = self.get_object(request, str(grant_id))  # type: ignore[attr-defined]
        if grant is None:
            raise Http404
        if not self.has_view_permission(request, grant):  # type: ignore[attr-defined]
            raise PermissionDenied
        return grant

    def _address(self, page: str, *which: object) -> str:
        return reverse(f"{self.admin_site.name}:coupons_grant_{page}", args=which)  # type: ignore[attr-defined]


@admin.register(Grant, site=bank_site)
class GrantAdmin(GrantActionsMixin, GrantResultsMixin, ModelAdmin):
    form = GrantForm
    list_display = (
        "name", "template", "shown_reason", "shown_state", "shown_customers", "shown_granted",
        "shown_refused", "created_by", "created_at",
    )  # fmt: skip
    list_filter = ("template", "reason", "created_at")
    search_fields = ("name", "explanation")
    search_help_text = _("Name or explanation")
    list_select_related = ("template", "created_by")
    ordering = ("-id",)
    empty_hint = _(
        "Give coupons to customers of a list or of a rule with “Add”: thanks, or a compensation. A"
        " second person decides."
    )
    change_form_outer_before_template = "coupons/grants/standing.html"
    change_form_outer_after_template = "coupons/grants/after.html"
    fieldsets: Any = (
        (_("Grant"), {"fields": ("name", "template", "reason", "explanation", "per_customer")}),
        (_("To whom"), {"fields": ("to_whom", "numbers", "file", "audience")}),
        (_("What it takes"), {"fields": ("preview",)}),
    )

    class Media:
        css = {
            "all": (
                "console/review.css", "console/announcements.css", "console/audience.css",
                "console/importing.css", "console/item_figures.css", "console/coupons.css",
                "console/grants.css",
            )
        }  # fmt: skip

    # --- list ---------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = [Tab(state.value, state.label, Q(state=state)) for state in GrantState]
        return [Tab("all", _("All")), *states]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("template", "created_by")

    @display(description=_("kind of grant"), ordering="reason")
    def shown_reason(self, grant: Grant) -> str:
        return str(GrantReason(grant.reason).label)

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, grant: Grant) -> tuple[str, Any]:
        return grant.state, GrantState(grant.state).label

    @display(description=_("customers"), ordering="recipients")
    def shown_customers(self, grant: Grant) -> str:
        return f"{grant.recipients:,}" if grant.recipients else "—"

    @display(description=_("coupons granted"), ordering="granted")
    def shown_granted(self, grant: Grant) -> str:
        return f"{grant.granted:,}" if grant.state == GrantState.DONE else "—"

    @display(description=_("not granted"), ordering="refused")
    def shown_refused(self, grant: Grant) -> str:
        return f"{grant.refused:,}" if grant.state == GrantState.DONE else "—"

    shown_customers.numeric = shown_granted.numeric = shown_refused.numeric = True

    # --- form ---------------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (not isinstance(obj, Grant) or obj.state == GrantState.DRAFT)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        told = (
            "name", "template", "shown_reason", "shown_explanation", "per_customer",
            "shown_audience", "created_by", "created_at", "approved_at", "finished_at",
        )  # fmt: skip
        return ((_("Grant"), {"fields": told}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (
            "shown_reason", "shown_explanation", "shown_audience", "created_by", "created_at",
        )  # fmt: skip

    @display(description=_("explanation"))
    def shown_explanation(self, grant: Grant) -> str:
        return grant.explanation or "—"

    @display(description=_("To whom"))
    def shown_audience(self, grant: Grant) -> SafeString | str:
        if not grant.audience:
            return gettext("The customers of a list")
        return audience_text(grant.audience)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.operator = request.user
        form_class.preview_address = reverse(f"{self.admin_site.name}:coupons_grant_preview")
        return form_class

    def save_through(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        actor: Any = request.user
        if change:
            services.edit_grant(actor=actor, grant_id=obj.pk, content=form.content)
            return
        obj.pk = services.create_grant(actor=actor, content=form.content).pk

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        grant = kwargs.get("obj")
        if grant is not None:
            context.update(self._standing(request, grant))
        return super().render_change_form(request, context, *args, **kwargs)

    def _standing(self, request: HttpRequest, grant: Grant) -> dict[str, Any]:
        user: Any = request.user
        context: dict[str, Any] = {
            "grant": grant,
            "state_label": GrantState(grant.state).label,
            "state_colour": STATE_COLOURS[GrantState(grant.state)],
            "review_address": self._review_address(grant),
            "job_address": self._job_address(grant),
            "is_stuck": services.is_stuck(grant),
        }
        if grant.state == GrantState.DRAFT and not self.has_change_permission(request, grant):
            at = timezone.now()
            customers = customers_of(grant, at)
            context["told"] = estimate(grant.template, customers, grant.per_customer, at)
        if grant.state in (GrantState.IN_REVIEW, GrantState.RUNNING, GrantState.DONE):
            found = results_of(grant.pk)
            context["counts"] = [(state.label, f"{found.get(state, 0):,}", state.value)
                                 for state in RecipientState]  # fmt: skip
            context["recipients_address"] = self._address("recipients", grant.pk)
            if user.has_perm(results.EXPORT_PERMISSION):
                context["file_address"] = self._address("file", grant.pk)
        return context

    def _review_address(self, grant: Grant) -> str:
        found = _open_requests(grant.pk).first()
        name = f"{self.admin_site.name}:approvals_request_change"
        return reverse(name, args=[found.pk]) if found is not None else ""

    def _job_address(self, grant: Grant) -> str:
        job = Job.objects.filter(uid=grant.job_uid).first() if grant.job_uid else None
        if job is None:
            return ""
        return reverse(f"{self.admin_site.name}:intake_job_change", args=[job.pk])


def _open_requests(grant_id: object) -> QuerySet[Request]:
    found: QuerySet[Request] = Request.objects.of_target(services.TARGET_KIND, grant_id).pending()
    return found.order_by("pk")


def _may_change(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm(services.CHANGE_PERMISSION))


def _given(request: HttpRequest) -> Grant | None:
    text = request.POST.get("grant_id", "")
    if not (text.isascii() and text.isdigit()):
        return None
    return Grant.objects.filter(pk=int(text), state=GrantState.DRAFT).first()


def _line(each: Any) -> dict[str, Any]:
    state = RecipientState(each.state)
    return {
        "number": each.customer_number,
        "place": each.place,
        "state": state.label,
        "colour": RESULT_COLOURS.get(state, ""),
        "reason": results.reason_words(each.reason),
        "coupon_id": each.coupon_id,
    }
