"""What makers of campaigns type, and campaigns that went through review."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from approvals.models import Request
from approvals.services import approve_request
from campaigns.choices import CampaignKind
from campaigns.designing.content import CampaignContent
from campaigns.designing.services import create_campaign
from campaigns.models import Campaign
from coupons.models import CouponTemplate
from tests.approvals.people import publish
from tests.coupons.making import live_template, people

ONCE = {"measure": "count", "period": "campaign", "per": "customer", "limit": 1}


def content(template: CouponTemplate, **fields: Any) -> CampaignContent:
    """A claim page for three weeks, of 100.00 yuan."""
    now = timezone.now()
    usual = CampaignContent(
        title="Five off fifty",
        kind=CampaignKind.CLAIM_PAGE,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=21),
        events=["joined"],
        effects=[{"kind": "grant_coupon", "template": template.pk}],
        limits=[ONCE],
        budget_cents=10_000,
        bearers={"bank": 10_000},
        rules_text="One each.",
    )
    return replace(usual, **fields)


def drafted(template: CouponTemplate | None = None, **fields: Any) -> Campaign:
    template = template or live_template()
    return create_campaign(actor=people()[0], content=content(template, **fields))


def running(template: CouponTemplate | None = None, **fields: Any) -> Campaign:
    """Published, by a maker and a checker."""
    draft = drafted(template, **fields)
    publish(*people(), draft)
    return Campaign.objects.select_related("branch", "account").get(pk=draft.pk)


def approve(request: Request) -> Request:
    return approve_request(actor=people()[1], request_id=request.pk)


def typed(template: CouponTemplate, **fields: Any) -> dict[str, Any]:
    """As the browser sends it; in Shanghai's time."""
    start = timezone.localtime() + timedelta(hours=1)
    usual: dict[str, Any] = {
        "title": "话费充值满50减5", "kind": "spend_and_get", "opened_version": "1",
        "starts_at": start.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (start + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M"),
        "events": ["payment"], "conditions-amount_least": "￥50", "conditions-amount_most": "",
        "conditions-scenes": ["top_up"], "conditions-weekdays": ["1", "2", "3", "4", "5"],
        "conditions-hours_from": "08:00", "conditions-hours_until": "00:00",
        "conditions-new_days": "", "conditions-tags_any": "常充值，青年",
        "conditions-tags_none": "",
        "conditions-times_least": "", "conditions-times_most": "2",
        "effects-0-kind": "grant_coupon", "effects-0-template": str(template.pk),
        "effects-1-kind": "", "limits-0-per": "customer", "limits-0-period": "month",
        "limits-0-measure": "count", "limits-0-number": "1", "budget_cents": "5,000元",
        "bearers-province": "30", "bearers-bank": "70%", "bearers-merchant": "",
        "bearers-merchant_name": "", "branch": "", "summary": "每月一次", "button": "",
        "rules_text": "每人每月一次。",
    }  # fmt: skip
    return {**usual, **fields}
