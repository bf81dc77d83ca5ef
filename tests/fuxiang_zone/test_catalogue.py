from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group

from audit.models import AuditEvent
from fuxiang_zone.catalogue.models import Activation, ProductType
from fuxiang_zone.catalogue.services import activate_type, deactivate_type, save_product_type
from operators.choices import PlatformRole
from operators.entries import InvalidEntry
from operators.errors import NotAllowed
from operators.models import Operator
from tenants.choices import BankStatus
from tenants.models import Bank, SchemaVersion


def person(role: str) -> Operator:
    operator = Operator.objects.create_user(f"{role}_x", "Pass#word1", name=role)
    operator.groups.add(Group.objects.get(name=role))
    return operator


@pytest.fixture
def keeper(db: None) -> Operator:
    return person(PlatformRole.OPERATOR)


@pytest.fixture
def wealth(db: None) -> ProductType:
    return ProductType.objects.get(code="wealth")


def trail() -> list[str]:
    events = AuditEvent.objects.filter(event__startswith="fuxiang_zone_catalogue.type_")
    return list(events.order_by("at", "id").values_list("event", flat=True))


def test_opening_a_type_twice_is_one_opening_and_one_event(
    keeper: Operator, wealth: ProductType, alpha: Bank
) -> None:
    first = activate_type(actor=keeper, product_type=wealth, bank=alpha)
    second = activate_type(actor=keeper, product_type=wealth, bank=alpha)

    assert first == second
    assert trail() == ["fuxiang_zone_catalogue.type_activated"]


def test_closing_a_type_that_was_not_open_says_so_and_leaves_no_event(
    keeper: Operator, wealth: ProductType, alpha: Bank
) -> None:
    activate_type(actor=keeper, product_type=wealth, bank=alpha)

    assert deactivate_type(actor=keeper, product_type=wealth, bank=alpha, reason="test") is True
    assert deactivate_type(actor=keeper, product_type=wealth, bank=alpha) is False
    assert Activation.objects.count() == 0
    assert trail() == [
        "fuxiang_zone_catalogue.type_activated", "fuxiang_zone_catalogue.type_deactivated",
    ]  # fmt: skip


def test_adoption_counts_each_bank_that_is_not_closed(
    keeper: Operator, wealth: ProductType, alpha: Bank, beta: Bank
) -> None:
    for bank in (alpha, beta):
        activate_type(actor=keeper, product_type=wealth, bank=bank)
    Bank.objects.filter(pk=beta.pk).update(status=BankStatus.CLOSED)

    assert ProductType.objects.adoption().get(code="wealth").banks_opened == 1


@pytest.mark.parametrize("role", sorted(set(PlatformRole.values) - {PlatformRole.OPERATOR.value}))
def test_only_the_operator_role_changes_the_catalogue(
    role: str, wealth: ProductType, alpha: Bank
) -> None:
    other = person(role)

    with pytest.raises(NotAllowed):
        activate_type(actor=other, product_type=wealth, bank=alpha)
    with pytest.raises(NotAllowed):
        deactivate_type(actor=other, product_type=wealth, bank=alpha)
    with pytest.raises(NotAllowed):
        save_product_type(actor=other, product_type=wealth)
    assert (Activation.objects.count(), trail()) == (0, [])


def test_saving_an_entry_records_what_changed_and_tells_the_processes(
    keeper: Operator, wealth: ProductType
) -> None:
    wealth.name = "理财产品"
    save_product_type(actor=keeper, product_type=wealth)

    event = AuditEvent.objects.get(event="fuxiang_zone_catalogue.type_saved")
    assert (event.before["name"], event.after["name"]) == ("理财", "理财产品")
    assert SchemaVersion.objects.filter(schema_name="public").exists()


def test_saving_an_unchanged_entry_leaves_no_event(keeper: Operator, wealth: ProductType) -> None:
    save_product_type(actor=keeper, product_type=wealth)

    assert trail() == []


def test_an_entry_that_is_not_valid_is_refused_with_a_sentence(keeper: Operator, db: Any) -> None:
    with pytest.raises(InvalidEntry) as refusal:
        save_product_type(actor=keeper, product_type=ProductType(code="not a code", name="x"))

    assert str(refusal.value)
    assert (ProductType.objects.count(), trail()) == (12, [])
