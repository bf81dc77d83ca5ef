from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils import timezone

from audit.services import record
from demo import events, zone
from demo.filling import WRITERS
from demo.province import banks
from fuxiang_zone.catalogue.models import ProductType
from fuxiang_zone.models import ProductAccount
from tests.approvals.people import make_operator
from tests.fuxiang_zone.products.making import open_types


def test_the_demo_publishes_a_product_of_every_type_and_never_twice(alpha: Any, bank: Any) -> None:
    codes = list(ProductType.objects.values_list("code", flat=True))
    open_types(alpha, *codes)
    for name in WRITERS[:2]:
        make_operator(name, name)
    record(events.BANK_FILLED, actor=None, target_label="alpha")
    rows = [replace(banks(1)[0], slug="alpha")]
    at = timezone.now()

    assert sum(zone.fill_bank(row, at) for row in rows) == len(codes) == 12
    assert sum(zone.fill_bank(row, at) for row in rows) == 0
    live = ProductAccount.objects.filter(live_version=1)
    assert set(live.values_list("type_code", flat=True)) == set(codes)
