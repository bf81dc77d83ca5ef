"""Runs of the suite in both consoles: the last one shows, case by case, what a client masters."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment
from openapi_gateway.conformance import runs
from openapi_gateway.conformance.choices import CaseVerdict, RunState
from openapi_gateway.conformance.evidence import Outcome
from openapi_gateway.conformance.models import Run
from openapi_gateway.conformance.suite import BY_NAME, CASES, Case
from operators.admin_base import DialogForm, ModelAdmin, Tab, action, display
from operators.sites import bank_site, platform_site

STATE_COLOURS = {
    RunState.RUNNING: "info", RunState.PASSED: "success", RunState.FAILED: "danger",
    RunState.EXPIRED: "", RunState.REPLACED: "",
}  # fmt: skip
VERDICT_COLOURS = {
    CaseVerdict.PASSED: "success", CaseVerdict.FAILED: "danger", CaseVerdict.BLOCKED: "warning",
    CaseVerdict.WAITING: "",
}  # fmt: skip


class RunForm(forms.ModelForm):
    class Meta:
        model = Run
        fields = ("client",)


class RunPages:
    list_filter: Any = ("client", "started_at")
    search_fields: Any = ("client__name", "client__app_id", "run_id")
    search_help_text = _("Client, client id or run")
    ordering: Any = ("-id",)
    change_form_outer_before_template = "gateway/conformance/run.html"

    class Media:
        css = {"all": ("console/review.css", "console/gateway_grants.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)  # type: ignore[misc]
        passed = Count("cases", filter=Q(cases__verdict=CaseVerdict.PASSED))
        return rows.select_related("bank", "client").annotate(passed_cases=passed)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        now = timezone.now()
        running = Q(state=RunState.RUNNING, expires_at__gt=now)
        over = Q(state__in=[RunState.EXPIRED, RunState.REPLACED])
        return [
            Tab("all", _("All")),
            Tab("running", RunState.RUNNING.label, running),
            Tab("passed", RunState.PASSED.label, Q(state=RunState.PASSED)),
            Tab("failed", RunState.FAILED.label, Q(state=RunState.FAILED)),
            Tab("over", _("expired or replaced"),
                over | Q(state=RunState.RUNNING, expires_at__lte=now)),
        ]  # fmt: skip

    # --- list -----------------------------------------------------------------------------------
    @display(description=_("client"), ordering="client__name")
    def shown_client(self, run: Run) -> str:
        return run.client.name

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, run: Run) -> tuple[str, Any]:
        state = runs.state_at(run, timezone.now())
        return state, state.label

    @display(description=_("cases passed"))
    def shown_cases(self, run: Any) -> str:
        if run.state in (RunState.RUNNING, RunState.REPLACED):
            return "—"
        return f"{run.passed_cases} / {len(CASES)}"

    shown_cases.numeric = True  # type: ignore[attr-defined]

    # --- page -----------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return ()
        return ((_("Conformance run"), {"fields": ("client",)}),)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run = kwargs.get("obj")
        if run is not None:
            context.update(run_context(run, timezone.now()))
            site = self.admin_site.name  # type: ignore[attr-defined]
            grants = reverse(f"{site}:gateway_access_grant_changelist")
            context["grants_address"] = f"{grants}?client__id__exact={run.client_id}"
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc, no-any-return]


def run_context(run: Run, at: datetime) -> dict[str, Any]:
    state = runs.state_at(run, at)
    judged = runs.verdicts(run, at)
    counts = Counter(outcome.verdict for _case, outcome in judged)
    return {
        "run": run,
        "state": state,
        "state_colour": STATE_COLOURS[state],
        "is_running": state == RunState.RUNNING,
        "lines": [_line(number, *each) for number, each in enumerate(judged, start=1)],
        "counts": [
            (verdict.label, verdict.value, counts[verdict])
            for verdict in CaseVerdict
            if counts[verdict]
        ],
        "command": _command(run),
    }


def _line(number: int, case: Case, outcome: Outcome) -> dict[str, Any]:
    facts = dict(outcome.facts)
    if facts.get("case") in BY_NAME:
        facts["case"] = str(BY_NAME[facts["case"]].title)
    return {
        "number": number,
        "case": case,
        "verdict": outcome.verdict,
        "colour": VERDICT_COLOURS[outcome.verdict],
        "reason": Outcome(outcome.verdict, outcome.reason, facts).told(),
    }


def _command(run: Run) -> str:
    host = next(host for host, name in settings.OPEN_HOSTS.items() if name == Environment.SANDBOX)
    base = f"https://{host}" if settings.HTTPS else f"http://{host}:{settings.PORT}"
    return (
        f"python conformance_run.py --base {base} \\\n"
        f"    --app-id {run.client.app_id} --key-id k_sbx_… --secret-file secret.txt \\\n"
        f"    --run {run.run_id}"
    )


@admin.register(Run, site=bank_site)
class BankRunAdmin(RunPages, ModelAdmin):
    form = RunForm
    list_display = ("shown_client", "shown_state", "shown_cases", "started_at", "started_by")
    empty_hint = _(
        "Start a run with “Add”, let the client carry out its tasks, and read here case by case"
        " what it masters. Production follows a passed run."
    )
    actions_detail = ("finish",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(bank=request.tenant)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm(runs.START_PERMISSION))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "client":
            kwargs["queryset"] = db_field.remote_field.model.objects.filter(
                bank=request.tenant, state="active"  # type: ignore[attr-defined]
            )  # fmt: skip
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_through(self, request: HttpRequest, obj: Run, form: Any, change: bool) -> None:
        actor: Any = request.user
        started = runs.start_run(actor=actor, client=form.cleaned_data["client"])
        obj.pk, obj.run_id = started.pk, started.run_id

    def response_add(
        self, request: HttpRequest, obj: Run, post_url_continue: Any = None
    ) -> HttpResponse:
        messages.success(
            request, gettext("The run has started: let the client carry out its tasks now.")
        )
        address = reverse(f"{self.admin_site.name}:gateway_conformance_run_change", args=[obj.pk])
        return HttpResponseRedirect(address)

    def has_finish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        user: Any = request.user
        run: Run | None = self.get_object(request, str(object_id)) if object_id else None
        is_running = run is not None and runs.state_at(run, timezone.now()) == RunState.RUNNING
        return is_running and user.has_perm(runs.START_PERMISSION)

    @action(
        description=_("Finish and judge"), permissions=["finish"],
        explanation=_("Cases of which nothing has arrived are then not passed."),
        icon="fact_check", variant="primary", url_path="finish",
    )  # fmt: skip
    def finish(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        actor: Any = request.user
        run = runs.finish_run(actor=actor, run=int(object_id))
        if run.state == RunState.PASSED:
            messages.success(request, gettext("The run is passed."))
        else:
            messages.warning(request, gettext("The run is not passed: see the cases below."))


@admin.register(Run, site=platform_site)
class PlatformRunAdmin(RunPages, ModelAdmin):
    list_display = (
        "shown_client", "bank", "shown_state", "shown_cases", "started_at", "started_by",
    )  # fmt: skip
    list_filter = ("bank", "started_at")
    search_fields = ("client__name", "client__app_id", "bank__name", "run_id")
    search_help_text = _("Client, client id, bank or run")
    empty_hint = _("Runs appear here when banks' clients take the conformance suite.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
