"""Pausing, resuming, ending and stopping a published campaign.

The state stands in the row on which participations are counted, and the engine claims the budget
only while it says "running": a switch holds for every process with its commit. Announcing it lets
what processes keep in memory (pages, lists) follow within half a second.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from campaigns import events
from campaigns.choices import RunState
from campaigns.errors import StepRefused, UnknownCampaign
from campaigns.models import Campaign, CampaignAccount, CampaignStep
from operators.permissions import require, require_branch
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator

PAUSE_PERMISSION, STOP_PERMISSION = "campaigns.pause_campaign", "campaigns.stop_campaign"
REASON_LENGTH = 500
# From which states each one may be reached; the same state again changes nothing.
FROM = {
    RunState.PAUSED: (RunState.RUNNING,),
    RunState.RUNNING: (RunState.PAUSED,),
    RunState.STOPPED: (RunState.RUNNING, RunState.PAUSED, RunState.PULLED),
    RunState.ENDED: (RunState.RUNNING, RunState.PAUSED, RunState.STOPPED, RunState.PULLED),
    RunState.PULLED: (RunState.RUNNING, RunState.PAUSED),
}


def pause_campaign(
    *, actor: Operator, campaign: Campaign, reason: str, at: datetime | None = None
) -> CampaignAccount:
    """Nobody takes part from this moment on, until somebody resumes it."""
    return _by_operator(PAUSE_PERMISSION, actor, campaign, RunState.PAUSED, reason, at)


def resume_campaign(
    *, actor: Operator, campaign: Campaign, reason: str = "", at: datetime | None = None
) -> CampaignAccount:
    """After a pause; after an emergency stop a second person decides (``stops.request_resume``)."""
    return _by_operator(PAUSE_PERMISSION, actor, campaign, RunState.RUNNING, reason, at)


def end_campaign(
    *, actor: Operator, campaign: Campaign, reason: str, at: datetime | None = None
) -> CampaignAccount:
    """For good, before its period is over. What was given stays given."""
    return _by_operator(PAUSE_PERMISSION, actor, campaign, RunState.ENDED, reason, at)


def stop_campaign(
    *, actor: Operator, campaign: Campaign, reason: str, at: datetime | None = None
) -> CampaignAccount:
    """In an emergency, by one person; only a second one lets it run again."""
    return _by_operator(STOP_PERMISSION, actor, campaign, RunState.STOPPED, reason, at)


def _by_operator(
    permission: str, actor: Operator, campaign: Campaign, state: RunState, reason: str,
    at: datetime | None,
) -> CampaignAccount:  # fmt: skip
    require(actor, permission)
    require_branch(actor, campaign.branch.path if campaign.branch is not None else "")
    if state != RunState.RUNNING:
        reason = reason_of(reason)
    return switch(
        campaign=campaign, to=state, allowed=FROM[state], reason=reason, actor=actor,
        at=at or timezone.now(),
    )  # fmt: skip


@transaction.atomic
def switch(
    *,
    campaign: Campaign,
    to: RunState,
    allowed: Collection[RunState],
    reason: str,
    actor: Operator | None,
    at: datetime,
    actor_name: str = "",
) -> CampaignAccount:
    """One conditional UPDATE, its step and its event; ``actor`` None = the system. Already in that
    state: as it is. Checks no permission."""
    before = account_of(campaign).run_state
    moved = CampaignAccount.objects.filter(
        campaign=campaign, run_state__in=[*allowed], live_version__isnull=False
    ).update(
        run_state=to, switched_at=at, switched_by=actor_name or _name(actor),
        switch_reason=reason, changed_at=at,
    )  # fmt: skip
    account = account_of(campaign)
    if not moved:
        _refuse_unless(account, to)
        return account
    _write_step(campaign, to, reason=reason, actor=actor, actor_name=actor_name, at=at)
    record(
        events.SWITCHED, actor=actor, target=campaign, reason=reason, at=at, branch=campaign.branch,
        before={"state": before}, after={"state": to.value},
    )  # fmt: skip
    announce_change(current_schema())
    return account


def _write_step(
    campaign: Campaign, what: str, *, reason: str = "", actor: Operator | None, at: datetime,
    actor_name: str = "",
) -> CampaignStep:  # fmt: skip
    return CampaignStep.objects.create(
        campaign=campaign, at=at, what=what, reason=reason, operator=actor,
        actor_name=actor_name or _name(actor),
    )  # fmt: skip


def account_of(campaign: Campaign) -> CampaignAccount:
    found = CampaignAccount.objects.filter(campaign=campaign).first()
    if found is None:
        raise UnknownCampaign(_("This campaign has not been published yet."))
    return found


def reason_of(text: str) -> str:
    reason = text.strip()[:REASON_LENGTH]
    if not reason:
        raise StepRefused(_("Say why."), code="reason_required")
    return reason


def _refuse_unless(account: CampaignAccount, state: RunState) -> None:
    if account.live_version is None:
        raise StepRefused(_("This campaign is not published (any more); it is not running."))
    if account.run_state == RunState.STOPPED and state == RunState.RUNNING:
        raise StepRefused(
            _("This campaign was stopped in an emergency: ask to let it run again; a second person"
              " decides."), code="review_required",
        )  # fmt: skip
    if account.run_state != state:
        raise StepRefused(
            _("This campaign is: %(state)s. From there it cannot be: %(wanted)s.")
            % {"state": RunState(account.run_state).label, "wanted": state.label}
        )


def _name(actor: Operator | None) -> str:
    return str(actor)[:150] if actor is not None else str(_("the system"))
