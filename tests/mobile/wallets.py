"""Coupons in the hands of customers, by the shortest way, and calls about them."""

from __future__ import annotations

import itertools
import json
from typing import Any

from django.utils import timezone

from coupons.choices import BatchState
from coupons.models import Coupon
from tests.coupons.making import stock
from tests.mobile.phones import Phone

WALLET = "/api/channel/v1/coupons"
TEMPLATES = "/api/channel/v1/coupon-templates"
_keys = itertools.count(1)


def held(template: Any, number: str = "C1", code: str = "", **columns: Any) -> Coupon:
    """Claimed, of a live batch, unless ``columns`` (or ``batch_state``) say otherwise."""
    batch_state = columns.pop("batch_state", BatchState.LIVE)
    state = columns.pop("state", "claimed")
    values = {
        "customer_number": number, "terms_version": 1, "claimed_at": timezone.now(), **columns
    }  # fmt: skip
    batch = stock(template, [code] if code else 1, state=batch_state, **values)
    Coupon.objects.filter(batch=batch).update(state=state)
    return Coupon.objects.get(batch=batch)


def post(phone: Phone, path: str, body: Any = None, key: str | None = "") -> Any:
    """Under a key of its own, unless one is told; None = without."""
    headers = {"Authorization": f"Bearer {phone.bearer}"}
    if key is not None:
        headers["Idempotency-Key"] = key or f"key-{next(_keys)}"
    data = body if isinstance(body, str | bytes) else json.dumps(body or {})
    return phone.client.post(path, data=data, content_type="application/json", headers=headers)


def claim(phone: Phone, code: str, key: str | None = "", **body: Any) -> Any:
    return post(phone, f"{TEMPLATES}/{code}/claims", body, key)


def act(phone: Phone, coupon: Any, verb: str, key: str | None = "", **body: Any) -> Any:
    return post(phone, f"{WALLET}/{getattr(coupon, 'pk', coupon)}/{verb}", body, key)


def system(name: str = "pay", bank: str = "alpha") -> Phone:
    return Phone(bank, None, system=name)


def outcome(answer: Any) -> tuple[int, str]:
    """Status, and the code of a refusal or the state of the coupon."""
    document = answer.json()
    return answer.status_code, document.get("code") or document.get("state")
