"""Live campaigns and products for tests, by the shortest way that keeps the books."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from campaigns.models import Campaign
from fuxiang_zone.catalogue.models import Activation, ProductType
from fuxiang_zone.models import ZoneProduct
from publishing import services as publishing
from tenants.platform import PLATFORM
from tenants.services import announce_change
from tests.approvals.people import publish
from tests.coupons.making import live_template, people, stock
from tests.mobile.phones import Phone

CAMPAIGNS = "/api/channel/v1/campaigns"
EVENTS = "/api/channel/v1/events"
RATES = [
    {"term": 6, "unit": "month", "from_cents": 20_000_000, "to_cents": None, "rate": "1.55"},
    {"term": 1, "unit": "year", "from_cents": 20_000_000, "to_cents": 50_000_000, "rate": "1.80"},
    {"term": 1, "unit": "year", "from_cents": 50_000_000, "to_cents": None, "rate": "2.10"},
]  # fmt: skip
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


def make_product(**fields: Any) -> ZoneProduct:
    """A deposit, or with a risk level a wealth product; its type is opened for the bank."""
    maker, _checker = people()
    now, is_wealth = timezone.now(), "risk_level" in fields
    values: dict[str, Any] = {
        "title": "A large CD",
        "type_code": "x-wealth" if is_wealth else "x-deposit",
        "summary": "Safe and steady",
        "rates": [] if is_wealth else RATES,
        "rules": "As the bank's rules say.",
        "starts_at": now - timedelta(minutes=1),
        "ends_at": now + timedelta(days=30),
    } | fields
    open_type(values["type_code"], "suitability" if is_wealth else "rates")
    product = ZoneProduct(**values)
    publishing.draft_begun(actor=maker, draft=product)
    product.save(force_insert=True)
    return product


def live_product(**fields: Any) -> ZoneProduct:
    product = make_product(**fields)
    publish(*people(), product)
    return product


def open_type(code: str, *features: str) -> None:
    """Without fields or disclosures of its own."""
    bank = connection.tenant
    values = {
        "name": code, "category": "deposit", "state": "open",
        "features": ["quota", "links", *features],
    }  # fmt: skip
    with tenant_context(PLATFORM):
        kind, _made = ProductType.objects.get_or_create(code=code, defaults=values)
        Activation.objects.get_or_create(
            product_type=kind, bank_id=bank.pk, defaults={"activated_at": timezone.now()}
        )
        announce_change("public")


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
