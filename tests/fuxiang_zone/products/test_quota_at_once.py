"""A lower quota is approved while customers reserve: whoever is first, nobody has more than there
is and nobody sees a database's error."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import pytest

from approvals import registry
from approvals.services import approve_request
from fuxiang_zone.catalogue.models import ProductType
from fuxiang_zone.catalogue.seeds import seeded_types
from fuxiang_zone.errors import BadProduct, ZoneRefused
from fuxiang_zone.models import ProductAccount
from fuxiang_zone.sales import actors
from fuxiang_zone.sales.services import reserve_units
from publishing import services as publishing
from tests.approvals.people import publish
from tests.approvals.racing import at_once, racing_bank
from tests.fuxiang_zone.products.making import (
    close_types,
    created,
    edited,
    large_cd,
    open_types,
    people,
)
from tests.fuxiang_zone.selling import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS, LOWER = 14, 8


def approve(request: Any) -> None:
    confirmed = [each.key for each in registry.get(request.kind).confirmations(request)]
    approve_request(actor=people()[1], request_id=request.pk, confirmed=confirmed)


def reserve(uid: Any, number: str) -> None:
    reserve_units(
        actor=actors.customer(number), product_uid=uid, customer_number=number, units=1,
        key=uuid.uuid4().hex,
    )  # fmt: skip


def test_a_lower_quota_and_a_rush_never_pass_each_other() -> None:
    entry = next(each for each in seeded_types() if each["code"] == "large_cd")
    ProductType.objects.update_or_create(code="large_cd", defaults={**entry, "state": "open"})
    with racing_bank() as bank:
        open_types(bank, "large_cd")
        try:
            approved, reserved = race(bank)
        finally:
            close_types(bank)

        account = ProductAccount.objects.get()
        refused = [each for each in reserved if each is not None]
        assert all(isinstance(each, ZoneRefused) for each in refused)
        assert account.held == CUSTOMERS - len(refused)
        assert account.quota in (LOWER, CUSTOMERS)
        if account.quota == LOWER:
            assert approved is None
            assert account.held == LOWER
        else:
            assert isinstance(approved, BadProduct)
            assert account.held == CUSTOMERS


def race(bank: Any) -> tuple[Any, list[Any]]:
    numbers = [f"R{number:03}" for number in range(CUSTOMERS)]
    for number in numbers:
        make_customer(number)
    draft = created(large_cd(quota=CUSTOMERS, most_per_customer=None))
    publish(*people(), draft)
    edited(draft, quota=LOWER)
    draft.refresh_from_db()
    request = publishing.submit_for_review(actor=people()[0], draft=draft)
    calls = [partial(reserve, draft.uid, each) for each in numbers]
    approved, *reserved = at_once(bank, partial(approve, request), *calls)
    return approved, reserved
