"""Live campaigns and products for tests, by the shortest way that keeps the books."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign
from publishing import services as publishing
from tests.approvals.people import publish
from tests.coupons.making import live_template, people, stock
from tests.mobile.phones import Phone

CAMPAIGNS = "/api/channel/v1/campaigns"
EVENTS = "/api/channel/v1/events"
_keys = itertools.count(1)


def make_campaign(template: Any, **fields: Any) -> Campaign:
    """A claim page that gives one coupon of the template; one a day."""
    maker, _checker = people()
    now = timezone.now()
    values: dict[str, Any] = {
        "title": "A gift for joining",
        "kind": "claim_page",
        "summary": "Five yuan off your next top-up",
        "rules_text": "Once a day for each customer, while coupons last.",
        "button": "Take it",
        "events": ["joined"],
        "effects": [{"kind": "grant_coupon", "template": template.pk}],
        "limits": [{"measure": "count", "period": "day", "per": "customer", "limit": 1}],
        "budget_cents": 100_000,
        "bearers": {"province": 0, "bank": 10_000, "merchant": 0, "merchant_name": ""},
        "starts_at": now - timedelta(minutes=1),
        "ends_at": now + timedelta(days=20),
    } | fields
    campaign = Campaign(**values)
    publishing.draft_begun(actor=maker, draft=campaign)
    campaign.save(force_insert=True)
    return campaign


def live_campaign(template: Any = None, *, coupons: int = 5, **fields: Any) -> Campaign:
    """Published, with coupons to give."""
    template = template or live_template(title="Five off")
    stock(template, coupons)
    campaign = make_campaign(template, **fields)
    publish(*people(), campaign)
    return campaign


def join(phone: Phone, campaign: Any, key: str | None = "", body: Any = None) -> Any:
    """Under a key of its own, unless one is told; None = without."""
    headers = {"Authorization": f"Bearer {phone.bearer}"}
    if key is not None:
        headers["Idempotency-Key"] = key or f"join-{next(_keys)}"
    return phone.client.post(
        f"{CAMPAIGNS}/{getattr(campaign, 'uid', campaign)}/participations",
        data=json.dumps(body or {}), content_type="application/json", headers=headers,
    )  # fmt: skip


def event(event_id: str = "", **changes: Any) -> dict[str, Any]:
    """A payment of 60.00 of customer C1, a minute ago."""
    return {
        "event_id": event_id or f"E{next(_keys)}",
        "kind": "payment",
        "customer": "C1",
        "occurred_at": (timezone.now() - timedelta(seconds=30)).isoformat(),
        "amount_cents": 6000,
        **changes,
    }


def report(phone: Phone, *events: Any, raw: bytes | None = None) -> Any:
    data = raw if raw is not None else json.dumps({"events": events})
    return phone.client.post(
        EVENTS, data=data, content_type="application/json",
        headers={"Authorization": f"Bearer {phone.bearer}"},
    )  # fmt: skip
