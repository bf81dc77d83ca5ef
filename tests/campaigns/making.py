"""Campaigns for tests, published by a maker and a checker."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import GivenEvent, Source
from campaigns.taking import backward
from coupons.models import CouponTemplate
from customers.models import Customer
from publishing import services as publishing
from tests.approvals.people import publish
from tests.coupons.making import live_template, people, stock

_numbers = itertools.count(1)
SYSTEM = Source("system", "payments")
BEARERS = {"province": 3000, "bank": 7000, "merchant": 0, "merchant_name": ""}


def forget() -> None:
    """What processes remember, after a test took its rows back."""
    from campaigns.rules import live
    from campaigns.taking import waking
    from coupons.life import pool
    from coupons.terms import reading as terms

    live.forget()
    backward.forget()
    waking._asked.clear()
    pool.forget()
    terms.forget()


def a_customer(number: str = "", **columns: Any) -> Customer:
    return Customer.objects.create(number=number or f"C{next(_numbers):07d}", **columns)


def a_template(coupons: int = 100, **fields: Any) -> CouponTemplate:
    template = live_template(**fields)
    if coupons:
        stock(template, coupons)
    return template


def a_draft(template: CouponTemplate | None = None, **fields: Any) -> Campaign:
    """Spend 50.00 on top-ups, get a coupon: a month long, with 10,000.00 to give away."""
    maker, _checker = people()
    now = timezone.now()
    number = next(_numbers)
    template = template or a_template()
    values: dict[str, Any] = {
        "title": f"Campaign {number}",
        "kind": "spend_and_get",
        "summary": "Top up and save.",
        "rules_text": "Once a day for every customer.",
        "starts_at": now - timedelta(days=2),
        "ends_at": now + timedelta(days=28),
        "events": ["payment"],
        "conditions": [
            {"kind": "scene", "values": ["top_up"]},
            {"kind": "amount", "least_cents": 5000, "most_cents": None},
        ],
        "effects": [{"kind": "grant_coupon", "template": template.pk}],
        "limits": [],
        "budget_cents": 1_000_000,
        "bearers": BEARERS,
    } | fields
    draft = Campaign(**values)
    publishing.draft_begun(actor=maker, draft=draft)
    draft.save(force_insert=True)
    return draft


def a_campaign(template: CouponTemplate | None = None, **fields: Any) -> Campaign:
    draft = a_draft(template, **fields)
    publish(*people(), draft)
    forget()
    return draft


def a_claim_page(template: CouponTemplate | None = None, **fields: Any) -> Campaign:
    once = [{"measure": "count", "period": "campaign", "per": "customer", "limit": 1}]
    values = {
        "kind": "claim_page", "events": ["joined"], "conditions": [], "limits": once
    } | fields  # fmt: skip
    return a_campaign(template, **values)


def an_event(customer: str = "C1", cents: int = 5000, **fields: Any) -> GivenEvent:
    values: dict[str, Any] = {
        "event_id": f"E{next(_numbers)}", "kind": "payment", "customer_number": customer,
        "occurred_at": a_moment(), "amount_cents": cents, "scene": "top_up",
    } | fields  # fmt: skip
    return GivenEvent(**values)


def a_moment() -> datetime:
    return timezone.now() - timedelta(minutes=1)


def its_reversal(event: GivenEvent, cents: int = 0, **fields: Any) -> GivenEvent:
    values = {"reverses": event.event_id, "scene": ""} | fields
    return an_event(event.customer_number, cents, **values)
