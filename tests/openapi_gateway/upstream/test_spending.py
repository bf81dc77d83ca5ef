"""What a vendor may cost in a day holds, however many calls arrive together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from openapi_gateway.upstream import spending
from openapi_gateway.upstream.errors import UpstreamFailed
from openapi_gateway.upstream.models import Vendor, VendorCharge, VendorSpend

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def a_vendor(code: str, cap: str | None) -> Vendor:
    return Vendor.objects.create(
        code=code, name=code, kind="liveness", base_url="https://engine.example",
        price=Decimal("0.15"), daily_cap=Decimal(cap) if cap else None,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_cap_is_reached_to_the_cent_and_not_passed() -> None:
    vendor = a_vendor("capped", "0.45")
    for number in range(3):
        spending.claim(vendor, f"s{number}", NOON)

    with pytest.raises(UpstreamFailed) as caught:
        spending.claim(vendor, "s3", NOON)
    assert (caught.value.problem.code, caught.value.is_fault) == ("UP.UNAVAILABLE", False)
    assert spending.spent(vendor, NOON) == Decimal("0.45")
    assert not VendorCharge.objects.filter(session="s3").exists()


@pytest.mark.django_db
def test_a_session_claims_once_and_the_next_day_begins_at_nothing() -> None:
    vendor = a_vendor("capped", "0.15")
    for _ in range(3):
        spending.claim(vendor, "s1", NOON)
    assert spending.spent(vendor, NOON) == Decimal("0.15")

    # 16:00 UTC is midnight in Shanghai.
    tomorrow = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert spending.spent(vendor, tomorrow) == 0
    spending.claim(vendor, "s2", tomorrow)


@pytest.mark.django_db
def test_what_the_vendor_does_not_charge_is_given_back_once() -> None:
    vendor = a_vendor("capped", None)
    for session in ("free", "dear", "unsent"):
        spending.claim(vendor, session, NOON)
    for _ in range(3):
        spending.settle(vendor, "free", is_billable=False)
        spending.settle(vendor, "dear", is_billable=True)
        spending.give_back(vendor, "unsent")
    spending.settle(vendor, "dear", is_billable=False)  # too late to change its mind

    assert spending.spent(vendor, NOON) == Decimal("0.15")
    assert VendorCharge.objects.get(session="dear").is_billed
    assert not VendorCharge.objects.filter(session="unsent").exists()


@pytest.mark.django_db
def test_a_vendor_that_costs_nothing_leaves_no_rows() -> None:
    vendor = a_vendor("free", "0.00")
    vendor.price = Decimal(0)
    spending.claim(vendor, "s1", NOON)

    assert not VendorSpend.objects.exists()


@pytest.fixture
def committed_vendor(transactional_db: None) -> Iterator[Vendor]:
    vendor = a_vendor("racing", "3.00")
    yield vendor
    vendor.delete()


def test_forty_claims_at_once_stop_exactly_at_the_cap(committed_vendor: Vendor) -> None:
    count, affordable = 40, 20
    ready = threading.Barrier(count, timeout=60)

    def claim(number: int) -> bool:
        try:
            connection.ensure_connection()
            ready.wait()
            spending.claim(committed_vendor, f"s{number}", NOON)
        except UpstreamFailed:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(count) as pool:
        claimed = sum(pool.map(claim, range(count)))

    assert claimed == affordable
    assert VendorCharge.objects.filter(vendor=committed_vendor).count() == affordable
    assert spending.spent(committed_vendor, NOON) == Decimal("3.00")


def test_one_settling_at_once_gives_back_once(committed_vendor: Vendor) -> None:
    spending.claim(committed_vendor, "s1", NOON)
    ready = threading.Barrier(20, timeout=60)

    def settle(_number: int) -> None:
        try:
            connection.ensure_connection()
            ready.wait()
            spending.settle(committed_vendor, "s1", is_billable=False)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(settle, range(20)))

    assert spending.spent(committed_vendor, NOON) == 0
