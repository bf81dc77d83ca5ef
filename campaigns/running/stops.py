"""After an emergency stop a second person decides whether a campaign runs again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import services as approvals
from approvals.registry import DiffRow, Kind, register
from campaigns.choices import RunState
from campaigns.designing.locks import refuse_pulled
from campaigns.errors import StepRefused
from campaigns.models import Campaign, CampaignAccount
from campaigns.running.switches import (
    PAUSE_PERMISSION,
    STOP_PERMISSION,
    account_of,
    reason_of,
    switch,
)
from coupons.terms.amounts import yuan
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from approvals.models import Request
    from operators.models import Operator

RESUME = "campaign_resume"
# That of a draft would end with its next edit; this is about the running campaign.
TARGET_KIND = "campaigns.campaignaccount"


def request_resume(
    *, actor: Operator, campaign: Campaign, reason: str, at: datetime | None = None
) -> Request:
    """By whoever may pause or stop campaigns; a checker decides."""
    if not actor.has_perm(STOP_PERMISSION):
        require(actor, PAUSE_PERMISSION)
    require_branch(actor, campaign.branch.path if campaign.branch is not None else "")
    reason = reason_of(reason)
    account = account_of(campaign)
    return approvals.submit_request(
        actor=actor,
        kind=RESUME,
        target_kind=TARGET_KIND,
        target_id=campaign.pk,
        title=_("Let “%(title)s” run again") % {"title": campaign.title},
        payload={"schema": 1, "campaign": campaign.title, "state": RunState.RUNNING.value},
        before={"state": account.run_state, "reason": account.switch_reason},
        base_digest="",
        note=reason,
        branch=campaign.branch,
        at=at,
    )


class ResumeKind(Kind):
    name = RESUME
    label = gettext_lazy("campaign runs again after an emergency stop")
    approve_permission = "publishing.approve_publication"

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        _require_stopped(CampaignAccount.objects.get(pk=int(target_id)))

    def lock(self, target_id: str) -> None:
        CampaignAccount.objects.select_for_update(no_key=True).filter(pk=int(target_id)).first()

    def describe(self, request: Request) -> list[DiffRow]:
        before = request.before or {}
        account = CampaignAccount.objects.get(pk=int(request.target_id))
        stopped, running = RunState.STOPPED.label, RunState.RUNNING.label
        return [
            _same(_("campaign"), request.payload["campaign"]),
            DiffRow(_("state"), str(stopped), str(running), changed=True),
            _same(_("stopped because"), before.get("reason", "")),
            _same(_("stopped by"), account.switched_by),
            _same(_("committed"), yuan(account.committed_cents)),
            _same(_("budget"), yuan(account.budget_cents)),
        ]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        campaign = Campaign.objects.select_related("branch").get(pk=int(request.target_id))
        _require_stopped(account_of(campaign))
        refuse_pulled(str(campaign.uid))
        switch(
            campaign=campaign, to=RunState.RUNNING, allowed=(RunState.STOPPED,),
            reason=request.note, actor=actor, at=at,
        )  # fmt: skip

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {"target_view": "campaigns_campaign_change", "target_pk": int(request.target_id)}


def _require_stopped(account: CampaignAccount) -> None:
    if account.run_state != RunState.STOPPED:
        raise StepRefused(_("This campaign is not stopped."), code="not_stopped")


def _same(label: str, text: str) -> DiffRow:
    return DiffRow(label, text, text, changed=False)


def register_kind() -> None:
    register(ResumeKind())
