from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from fuxiang_zone.catalogue.errors import (
    BadApplication,
    CommentMissing,
    TypeNotOpen,
    UnknownApplication,
    WrongState,
)
from fuxiang_zone.catalogue.models import Activation, ActivationApplication, ProductType
from fuxiang_zone.catalogue.services import (
    apply_for_type,
    decide_application,
    edit_application,
    submit_application,
    withdraw_application,
)
from operators.choices import BankRole, PlatformRole
from operators.errors import NotAllowed
from operators.models import Operator
from tenants.models import Bank
from tests.fuxiang_zone.catalogue.making import NOW, PLANNED, applied, person, type_of


@pytest.fixture
def maker(alpha: Bank) -> Operator:
    with tenant_context(alpha):
        return person(BankRole.MAKER)


@pytest.fixture
def reviewer(db: None) -> Operator:
    return person(PlatformRole.COMPLIANCE_REVIEWER)


def states(row: ActivationApplication) -> list[str]:
    return list(row.steps.order_by("id").values_list("state", flat=True))


def test_an_approved_application_opens_the_type_and_keeps_its_history(
    alpha: Bank, maker: Operator, reviewer: Operator
) -> None:
    row = applied(alpha, maker)
    decided = decide_application(actor=reviewer, application=row, verdict="approve", at=NOW)

    activation = Activation.objects.get(bank=alpha, product_type__code="wealth")
    assert (decided.state, activation.activated_at, activation.is_demo) == ("approved", NOW, False)
    assert states(row) == ["draft", "submitted", "approved"]
    assert row.steps.get(state="submitted").content["planned_on"] == "2026-12-01"
    names = set(AuditEvent.objects.values_list("event", flat=True))
    assert "fuxiang_zone_catalogue.type_activated" in names
    with tenant_context(alpha):
        told = AuditEvent.objects.filter(event__startswith="fuxiang_zone_catalogue.application_")
        assert told.count() == 2


def test_a_returned_application_is_mended_and_submitted_again(
    alpha: Bank, maker: Operator, reviewer: Operator
) -> None:
    row = applied(alpha, maker)
    decide_application(actor=reviewer, application=row, verdict="return", comment="请写明人员")
    with tenant_context(alpha):
        edit_application(actor=maker, application=row, reason="三人持证", person_in_charge="王五",
                         planned_on=PLANNED)  # fmt: skip
        submit_application(actor=maker, application=row, at=NOW)
    decide_application(actor=reviewer, application=row, verdict="approve")

    row.refresh_from_db()
    assert (row.round, row.state, row.person_in_charge) == (2, "approved", "王五")
    assert states(row) == ["draft", "submitted", "returned", "submitted", "approved"]


def test_a_rejected_or_withdrawn_application_lets_the_bank_begin_another(
    alpha: Bank, maker: Operator, reviewer: Operator
) -> None:
    row = applied(alpha, maker)
    with pytest.raises(CommentMissing):
        decide_application(actor=reviewer, application=row, verdict="reject", comment=" ")
    decide_application(actor=reviewer, application=row, verdict="reject", comment="条件不具备")
    again = applied(alpha, maker)
    with tenant_context(alpha):
        withdraw_application(actor=maker, application=again)

    assert applied(alpha, maker).state == "submitted"
    assert not Activation.objects.exists()


def test_one_application_for_a_type_at_a_time_and_none_for_what_is_open(
    alpha: Bank, maker: Operator, reviewer: Operator
) -> None:
    row = applied(alpha, maker)
    with pytest.raises(WrongState) as refusal:
        applied(alpha, maker)
    assert refusal.value.code_text == "under_way"
    decide_application(actor=reviewer, application=row, verdict="approve")

    with pytest.raises(WrongState) as refusal:
        applied(alpha, maker)
    assert refusal.value.code_text == "already_open"
    assert ActivationApplication.objects.count() == 1


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_a_type_that_the_platform_does_not_offer_cannot_be_applied_for(
    alpha: Bank, maker: Operator, state: str
) -> None:
    ProductType.objects.filter(code="wealth").update(state=state)

    with pytest.raises(TypeNotOpen):
        applied(alpha, maker)
    assert not ActivationApplication.objects.exists()


def test_approving_after_the_type_was_closed_is_refused_whole(
    alpha: Bank, maker: Operator, reviewer: Operator
) -> None:
    row = applied(alpha, maker)
    ProductType.objects.filter(code="wealth").update(state="closed")
    with pytest.raises(TypeNotOpen):
        decide_application(actor=reviewer, application=row, verdict="approve")

    row.refresh_from_db()
    assert (row.state, Activation.objects.count()) == ("submitted", 0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"), ({"person_in_charge": ""}, "person_in_charge"),
        ({"planned_on": None}, "planned_on"), ({"planned_on": date(2026, 11, 19)}, "planned_on"),
    ],
)  # fmt: skip
def test_an_incomplete_application_is_not_submitted(
    alpha: Bank, maker: Operator, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadApplication) as refusal:
        applied(alpha, maker, **given)

    assert refusal.value.field == field


def test_a_decision_is_made_once(alpha: Bank, maker: Operator, reviewer: Operator) -> None:
    row = applied(alpha, maker)
    decide_application(actor=reviewer, application=row, verdict="approve")

    for verdict in ("approve", "reject"):
        with pytest.raises(WrongState):
            decide_application(actor=reviewer, application=row, verdict=verdict, comment="x")


def test_another_banks_application_is_not_there_and_banks_do_not_decide(
    alpha: Bank, beta: Bank, maker: Operator, reviewer: Operator
) -> None:
    row = applied(alpha, maker)
    with tenant_context(beta):
        stranger = person(BankRole.MAKER)
        with pytest.raises(UnknownApplication):
            withdraw_application(actor=stranger, application=row)
        with pytest.raises(NotAllowed):
            apply_for_type(actor=stranger, bank=alpha, product_type=type_of("insurance"))
    with tenant_context(alpha), pytest.raises(NotAllowed):
        decide_application(actor=maker, application=row, verdict="approve")
    with pytest.raises(NotAllowed):
        decide_application(actor=person(PlatformRole.AUDITOR), application=row, verdict="approve")


def test_the_platform_sees_no_drafts(alpha: Bank, maker: Operator) -> None:
    with tenant_context(alpha):
        apply_for_type(actor=maker, bank=alpha, product_type=type_of("wealth"))
        assert ActivationApplication.objects.visible().count() == 1

    assert ActivationApplication.objects.visible().count() == 0


@pytest.mark.parametrize("role", [BankRole.CHECKER, BankRole.VIEWER, BankRole.BRANCH])
def test_only_makers_apply(alpha: Bank, role: str) -> None:
    with tenant_context(alpha):
        other = person(role)
        with pytest.raises(NotAllowed):
            apply_for_type(actor=other, bank=alpha, product_type=type_of("wealth"))
