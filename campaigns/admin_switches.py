"""The buttons that pause, resume, end and stop a published campaign."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.choices import RunState
from campaigns.running import stops, switches
from operators.admin_base import ReasonForm, action

STATE_COLOURS = {
    RunState.RUNNING: "success", RunState.PAUSED: "warning", RunState.STOPPED: "danger",
    RunState.PULLED: "danger", RunState.ENDED: "",
}  # fmt: skip


class SwitchesMixin:
    """For the admin of campaigns. Whether a campaign is published, its account says."""

    switch_actions = ("pause", "resume", "ask_to_resume", "end_early", "stop")

    def _account(self, request: HttpRequest, object_id: Any, permission: str) -> Any:
        """Of a published campaign that this operator may switch; else None."""
        if not request.user.has_perm(permission):  # type: ignore[union-attr]
            return None
        campaign = self._draft(request, object_id)  # type: ignore[attr-defined]
        account = getattr(campaign, "account", None)
        return account if account is not None and account.live_version is not None else None

    def _is(self, request: HttpRequest, object_id: Any, permission: str, *states: str) -> bool:
        account = self._account(request, object_id, permission)
        return account is not None and account.run_state in states

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is(request, object_id, switches.PAUSE_PERMISSION, RunState.RUNNING)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is(request, object_id, switches.PAUSE_PERMISSION, RunState.PAUSED)

    def has_ask_to_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._is(request, object_id, switches.PAUSE_PERMISSION, RunState.STOPPED)

    def has_end_early_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        states = switches.FROM[RunState.ENDED]
        return self._is(request, object_id, switches.PAUSE_PERMISSION, *states)

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        states = switches.FROM[RunState.STOPPED]
        return self._is(request, object_id, switches.STOP_PERMISSION, *states)

    def _given(self, request: HttpRequest, form: ReasonForm, object_id: str) -> dict[str, Any]:
        campaign = self._draft(request, object_id)  # type: ignore[attr-defined]
        return {
            "actor": request.user, "campaign": campaign, "reason": form.cleaned_data["reason"]
        }  # fmt: skip

    @action(
        description=_("Pause"), permissions=["pause"], form_class=ReasonForm,
        explanation=_("Nobody takes part until somebody resumes it; what was given stays given."),
        icon="pause_circle", url_path="pause",
    )  # fmt: skip
    def pause(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        switches.pause_campaign(**self._given(request, form, object_id))
        messages.success(request, _("The campaign is paused."))

    @action(
        description=_("Resume"), permissions=["resume"], form_class=ReasonForm,
        explanation=_("Events count again from now on. Those that came meanwhile stay refused."),
        icon="play_circle", variant="primary", url_path="resume",
    )  # fmt: skip
    def resume(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        switches.resume_campaign(**self._given(request, form, object_id))
        messages.success(request, _("The campaign is running again."))

    @action(
        description=_("Ask to run again"), permissions=["ask_to_resume"], form_class=ReasonForm,
        explanation=_("It was stopped in an emergency: a second person decides."),
        icon="restart_alt", variant="primary", url_path="ask-to-resume",
    )  # fmt: skip
    def ask_to_resume(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        stops.request_resume(**self._given(request, form, object_id))
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("End early"), permissions=["end_early"], form_class=ReasonForm,
        explanation=_("For good: it cannot be resumed. What was given stays given."),
        icon="event_busy", url_path="end-early",
    )  # fmt: skip
    def end_early(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        switches.end_campaign(**self._given(request, form, object_id))
        messages.success(request, _("The campaign has been ended."))

    @action(
        description=_("Emergency stop"), permissions=["stop"], form_class=ReasonForm,
        explanation=_(
            "Everywhere within a second nobody takes part any more. Only a second person can let it"
            " run again."
        ),
        icon="emergency_home", variant="danger", url_path="stop",
    )  # fmt: skip
    def stop(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        switches.stop_campaign(**self._given(request, form, object_id))
        messages.success(request, _("The campaign is stopped."))
