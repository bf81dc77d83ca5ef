"""What the demo opens: exact counts, with applications behind some of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from demo import province, zone_types
from fuxiang_zone.catalogue.models import Activation, ActivationApplication, ProductType, RateCap
from operators.choices import BankRole, PlatformRole
from tenants.models import Bank
from tests.fuxiang_zone.catalogue.making import NOW, person

COUNTS = [8, 3, 13, 2, 3, 16, 53, 62, 58, 1, 5, 5]


@pytest.mark.django_db
def test_over_the_whole_province_each_type_is_opened_by_exactly_its_banks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = province.banks()
    Bank.objects.bulk_create(
        Bank(schema_name=f"nowhere_{row.number}", slug=row.slug, name=row.name,
             short_name=row.short_name, prefecture=row.prefecture, provisioned_at=NOW)
        for row in rows
    )  # fmt: skip
    monkeypatch.setattr(zone_types, "_keep_applications", lambda *_given: None)
    keeper = person(PlatformRole.OPERATOR)

    total = zone_types.open_types(keeper, [row.slug for row in rows], NOW)

    assert [kind.banks_opened for kind in ProductType.objects.adoption()] == COUNTS
    assert total == sum(COUNTS) == Activation.objects.filter(is_demo=True).count()
    assert Activation.objects.filter(activated_at__gte=NOW).count() == 0
    assert RateCap.objects.exists()


def test_openings_have_their_applications_and_some_are_under_way(alpha: Bank, beta: Bank) -> None:
    keeper = person(PlatformRole.OPERATOR)
    for bank in (alpha, beta):
        with tenant_context(bank):
            person(BankRole.MAKER, "maker")
    for _again in range(2):
        zone_types.open_types(keeper, ["alpha", "beta"], NOW + timedelta(days=1))

    rows = ActivationApplication.objects.all()
    assert {row.state for row in rows} >= {"approved", "submitted"}
    for row in rows.filter(state="approved"):
        assert [step.state for step in row.steps.all()] == ["draft", "submitted", "approved"]
        opened = Activation.objects.get(bank=row.bank, product_type=row.product_type)
        assert row.decided_at == opened.activated_at
    under_way = rows.exclude(state="approved")
    assert under_way.count() == 2
    for row in under_way:
        opened_too = Activation.objects.filter(bank=row.bank, product_type=row.product_type)
        assert not opened_too.exists()
