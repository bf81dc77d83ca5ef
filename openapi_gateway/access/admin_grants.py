"""Grants in both consoles: where each stands, what comes next, and the verbs of each side."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from openapi_gateway.access import exits, grant_showing, grants, suspensions
from openapi_gateway.access.choices import GrantState, Suspension
from openapi_gateway.access.grant_forms import ExitStepForm, NoteForm, SuspendForm
from openapi_gateway.access.grant_steps import today
from openapi_gateway.access.models import Grant
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, Tab, action, display
from operators.sites import bank_site, platform_site

SUSPENSION_COLOURS = {Suspension.PRODUCTION: "warning", Suspension.ALL: "danger"}
RUN_COLOURS = {"running": "info", "passed": "success", "failed": "danger"}
S = GrantState


def _given(form: DialogForm) -> dict[str, Any]:
    """What was asked, without the marks of the dialog itself."""
    return {name: value for name, value in form.cleaned_data.items() if not name.startswith("_")}


class GrantVerbs:
    """Who is offered what when; the services decide again."""

    actions_detail: Any = ()

    def _may(self, request: HttpRequest, object_id: Any, permission: str) -> Grant | None:
        """The grant, when it goes on living and this person may."""
        user: Any = request.user
        if not object_id or not user.has_perm(f"gateway_access.{permission}"):
            return None
        return self.get_object(request, str(object_id))  # type: ignore[attr-defined, no-any-return]

    def _alive(self, request: HttpRequest, object_id: Any, permission: str) -> Grant | None:
        grant = self._may(request, object_id, permission)
        if grant is None or grant.exit_checklist:
            return None
        return grant if grant_showing.standing(grant, timezone.now()) in grants.OPEN else None

    def has_suspend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._alive(request, object_id, "suspend_grant")
        return grant is not None and not self._ours(grant)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._alive(request, object_id, "suspend_grant")
        return grant is not None and self._ours(grant)

    def _ours(self, grant: Grant) -> bool:
        return bool(set(grant.suspensions) & set(suspensions.liftable_here()))

    def has_begin_exit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._may(request, object_id, "terminate_grant")
        return grant is not None and not grant.exit_checklist and grant.state != S.TERMINATED

    def _ending(self, request: HttpRequest, object_id: Any) -> Grant | None:
        grant = self._may(request, object_id, "terminate_grant")
        is_ending = grant is not None and grant.exit_checklist and grant.state != S.TERMINATED
        return grant if is_ending else None

    def has_call_off_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._ending(request, object_id)
        return grant is not None and set(grant.exit_checklist) == {exits.BEGUN}

    def has_tick_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._ending(request, object_id)
        return grant is not None and not set(exits.STEPS) <= set(grant.exit_checklist)

    @action(
        description=_("Suspend the grant"), permissions=["suspend"], form_class=SuspendForm,
        explanation=_("Calls are refused within a second. You can lift it again."),
        icon="pause_circle", variant="danger", url_path="suspend",
    )  # fmt: skip
    def suspend(self, request: HttpRequest, form: SuspendForm, object_id: str) -> None:
        suspensions.suspend_grant(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The grant is suspended."))

    @action(
        description=_("Lift the suspension"), permissions=["resume"], form_class=ReasonForm,
        explanation=_("Calls are admitted again as far as no other side has suspended the grant."),
        icon="play_circle", variant="primary", url_path="resume",
    )  # fmt: skip
    def resume(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        suspensions.resume_grant(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The suspension is lifted."))

    @action(
        description=_("Begin termination"), permissions=["begin_exit"], form_class=ReasonForm,
        title=_("Begin to terminate this grant"),
        explanation=_("Calls stop at once. Then keys are revoked, callbacks disabled and retained"
                      " data deleted, and the platform issues a certificate."),
        icon="logout", url_path="begin-exit",
    )  # fmt: skip
    def begin_exit(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        exits.begin_termination(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The termination has begun: calls are refused."))

    @action(
        description=_("Call off the termination"), permissions=["call_off"],
        explanation=_("The grant goes on from where it stood."),
        icon="undo", url_path="call-off",
    )  # fmt: skip
    def call_off(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        exits.call_off_termination(actor=request.user, grant=int(object_id))  # type: ignore[arg-type]
        messages.success(request, gettext("The termination is called off."))

    @action(
        description=_("Confirm an exit step"), permissions=["tick"], form_class=ExitStepForm,
        explanation=_("The system looks whether anything remains of it. For deleted data, write"
                      " down which data, when and by whom."),
        icon="task_alt", variant="primary", url_path="tick",
    )  # fmt: skip
    def tick(self, request: HttpRequest, form: ExitStepForm, object_id: str) -> None:
        exits.tick_exit_step(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The step is confirmed."))


class GrantPages(GrantVerbs):
    search_fields: Any = ("client__name", "client__app_id")
    search_help_text = _("Client or client id")
    ordering: Any = ("-id",)
    change_form_outer_before_template = "gateway/access/grant.html"
    fieldsets: Any = ()

    class Media:
        css = {"all": ("console/review.css", "console/gateway_grants.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)  # type: ignore[misc]
        return rows.select_related("bank", "client", "application").prefetch_related(
            "services__plan__version__service"
        )

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        alive = Q(ends_on__gte=today(timezone.now()), exit_checklist={})
        over = Q(state__in=[S.TERMINATED, S.EXPIRED]) | Q(ends_on__lt=today(timezone.now()))
        return [
            Tab("all", _("All")),
            Tab("sandbox", _("in the sandbox"), alive & Q(
                state__in=[S.SANDBOX_ACTIVE, S.CONFORMANCE_PASSED])),
            Tab("asked", S.PRODUCTION_PENDING.label, alive & Q(state=S.PRODUCTION_PENDING)),
            Tab("open", S.PRODUCTION_ACTIVE.label, alive & Q(state=S.PRODUCTION_ACTIVE)),
            Tab("suspended", _("suspended now"), alive & ~Q(suspension="")),
            Tab("ending", _("being terminated"), ~Q(exit_checklist={}) & ~Q(state=S.TERMINATED)),
            Tab("over", _("ended"), over),
        ]  # fmt: skip

    # --- list -----------------------------------------------------------------------------------
    @display(description=_("client"), ordering="client__name")
    def shown_client(self, grant: Grant) -> str:
        return grant.client.name

    @display(description=_("base services"))
    def shown_services(self, grant: Grant) -> str:
        granted = grant.services.all()  # type: ignore[attr-defined]
        return "、".join(str(each.plan.version.service) for each in granted) or "—"

    @display(description=_("state"), ordering="state", label=grant_showing.STATE_COLOURS)
    def shown_state(self, grant: Grant) -> tuple[str, Any]:
        state = grant_showing.standing(grant, timezone.now())
        return state, state.label

    @display(description=_("suspension"), ordering="suspension", label=SUSPENSION_COLOURS)
    def shown_suspension(self, grant: Grant) -> Any:
        if grant.exit_checklist or not grant.suspension:
            return None
        return grant.suspension, Suspension(grant.suspension).label

    @display(description=_("validity"), ordering="ends_on")
    def shown_period(self, grant: Grant) -> str:
        return f"{grant.starts_on} – {grant.ends_on}"

    # --- page -----------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The page tells everything itself."""
        return ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        grant = kwargs.get("obj")
        if grant is not None:
            context.update(self._page(request, grant, timezone.now()))
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc, no-any-return]

    def _page(self, request: HttpRequest, grant: Grant, at: datetime) -> dict[str, Any]:
        state = grant_showing.standing(grant, at)
        return {
            "grant": grant,
            "state": state,
            "state_colour": grant_showing.STATE_COLOURS[state],
            "stages": grant_showing.stages(grant, at),
            "next_step": grant_showing.next_step(grant, at, for_platform=self._is_platform),
            "suspensions": grant_showing.suspension_lines(grant),
            "exit_lines": grant_showing.exit_lines(grant, at),
            "begun": grant.exit_checklist.get(exits.BEGUN),
            "places": grant_showing.places(grant),
            "granted": grant.services.select_related("plan__version__service"),  # type: ignore[attr-defined]
            "history": grant_showing.history(grant),
            **self._run(grant),
            **self._addresses(grant),
        }

    @property
    def _is_platform(self) -> bool:
        return self.admin_site.name == "platform"  # type: ignore[attr-defined]

    def _run(self, grant: Grant) -> dict[str, Any]:
        """The client's last, told by the room above; "running" ends by its clock."""
        run = grant.client.conformance_runs.first()  # type: ignore[attr-defined]
        if run is None:
            return {"run": None, "run_address": ""}
        return {
            "run": run,
            "run_state": run.get_state_display(),
            "run_colour": RUN_COLOURS.get(run.state, ""),
            "run_address": self._link("gateway_conformance_run_change", run.pk),
        }

    def _addresses(self, grant: Grant) -> dict[str, str]:
        is_closed = exits.CERTIFICATE in grant.exit_checklist
        return {
            "client_address": self._link("gateway_credentials_client_change", grant.client_id),
            "application_address": self._link(
                "gateway_access_application_change", grant.application_id
            ),
            "suite_address": self._link("gateway_conformance_run_changelist"),
            "certificate_address": self._link("gateway_access_grant_certificate", grant.pk)
            if is_closed
            else "",
        }

    def _link(self, page: str, *which: object) -> str:
        """Empty when this console has no such page."""
        try:
            return reverse(f"{self.admin_site.name}:{page}", args=which)  # type: ignore[attr-defined]
        except NoReverseMatch:
            return ""

    # --- certificate ----------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = path(
            "<int:grant_id>/certificate/", guard(require_safe(self.certificate_view)),
            name="gateway_access_grant_certificate",
        )  # fmt: skip
        return [own, *super().get_urls()]  # type: ignore[misc]

    def certificate_view(self, request: HttpRequest, grant_id: int) -> HttpResponse:
        grant: Grant | None = self.get_object(request, str(grant_id))  # type: ignore[attr-defined]
        if grant is None or exits.CERTIFICATE not in grant.exit_checklist:
            raise Http404
        if not self.has_view_permission(request, grant):  # type: ignore[attr-defined]
            raise Http404
        certificate = grant.exit_checklist[exits.CERTIFICATE]
        content = certificate["content"]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": gettext("Certificate of exit"),
            "grant": grant,
            "content": content,
            "lines": grant_showing.exit_lines(grant, timezone.now()),
            "begun": grant.exit_checklist[exits.BEGUN],
            "digest": certificate["sha256"],
            "is_intact": exits.digest_of(content) == certificate["sha256"],
            "back": self._link("gateway_access_grant_change", grant.pk),
        }
        return TemplateResponse(request, "gateway/access/certificate.html", context)


@admin.register(Grant, site=bank_site)
class BankGrantAdmin(GrantPages, ModelAdmin):
    list_display = (
        "shown_client", "shown_services", "shown_state", "shown_suspension", "shown_period",
    )  # fmt: skip
    list_filter = ("client", "ends_on")
    empty_hint = _("A grant opens when the platform has approved an access application.")
    actions_detail = ("ask_production", "resume", "suspend", "tick", "call_off", "begin_exit")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(bank=request.tenant)  # type: ignore[attr-defined]

    def has_ask_production_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._alive(request, object_id, "request_production")
        if grant is None or not grants.is_for_production(grant):
            return False
        return grant.state == S.CONFORMANCE_PASSED and not grant.suspension

    @action(
        description=_("Request production"), permissions=["ask_production"], form_class=NoteForm,
        explanation=_("The platform's technical reviewer looks at it and opens production."),
        icon="rocket_launch", variant="primary", url_path="ask-production",
    )  # fmt: skip
    def ask_production(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        grants.request_production(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("Production is requested."))


@admin.register(Grant, site=platform_site)
class PlatformGrantAdmin(GrantPages, ModelAdmin):
    list_display = (
        "shown_client", "bank", "shown_services", "shown_state", "shown_suspension",
        "shown_period",
    )  # fmt: skip
    list_filter = ("bank", "ends_on")
    search_fields = ("client__name", "client__app_id", "bank__name")
    search_help_text = _("Client, client id or bank")
    empty_hint = _("A grant opens when an access application is approved.")
    actions_detail = (
        "open_production", "return_production", "resume", "suspend", "tick", "terminate",
        "call_off", "begin_exit",
    )  # fmt: skip

    def has_open_production_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._alive(request, object_id, "open_production")
        return grant is not None and grant.state == S.PRODUCTION_PENDING and not grant.suspension

    def has_return_production_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._alive(request, object_id, "open_production")
        return grant is not None and grant.state == S.PRODUCTION_PENDING

    def has_terminate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        grant = self._ending(request, object_id)
        return grant is not None and set(exits.STEPS) <= set(grant.exit_checklist)

    @action(
        description=_("Open production"), permissions=["open_production"], form_class=NoteForm,
        explanation=_("From now on the client calls with production keys, for real customers."),
        icon="rocket_launch", variant="primary", url_path="open-production",
    )  # fmt: skip
    def open_production(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        grants.open_production(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("Production is open."))

    @action(
        description=_("Send back"), permissions=["return_production"], form_class=ReasonForm,
        explanation=_("The bank reads the reason and asks again."),
        icon="undo", url_path="return-production",
    )  # fmt: skip
    def return_production(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        grants.return_production(
            actor=request.user, grant=int(object_id), **_given(form)  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The request is sent back."))

    @action(
        description=_("Terminate for good"), permissions=["terminate"],
        explanation=_("Every step is confirmed. The certificate of exit is issued; nothing leads"
                      " back."),
        icon="workspace_premium", variant="danger", url_path="terminate",
    )  # fmt: skip
    def terminate(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        exits.terminate_grant(actor=request.user, grant=int(object_id))  # type: ignore[arg-type]
        messages.success(request, gettext("The grant is terminated; the certificate is issued."))
