from __future__ import annotations

from typing import Any

import pytest

from audit.errors import DomainError
from fuxiang_zone.products.compliance import describe, is_deposit
from publishing import envelopes, registry
from publishing import services as publishing
from tests.fuxiang_zone.products.making import created, large_cd, open_types, people, wealth


@pytest.fixture(autouse=True)
def _opened(alpha: Any, bank: Any) -> None:
    open_types(alpha, "large_cd", "wealth", "activation_gift")


def test_the_check_reads_what_customers_read() -> None:
    draft = created()
    subject = describe(envelopes.of_draft(draft, registry.get("zone_product")))

    assert subject.is_deposit
    assert not subject.is_gift
    assert subject.advertises
    assert subject.rules == draft.rules
    said = [each.text for each in subject.texts]
    assert {draft.summary, "2026年第3期", "本存款受存款保险保护。"} <= set(said)


def test_a_deposit_without_rules_or_an_end_is_not_submitted() -> None:
    for fields in ({"rules": ""}, {"ends_at": None}):
        draft = created(large_cd(**fields))
        with pytest.raises(DomainError):
            publishing.submit_for_review(actor=people()[0], draft=draft)


def test_a_deposit_that_promises_a_present_is_not_submitted() -> None:
    draft = created(large_cd(summary="存入20万元送大米一袋"))

    with pytest.raises(DomainError):
        publishing.submit_for_review(actor=people()[0], draft=draft)


def test_deposits_are_told_by_type_and_by_product() -> None:
    draft = created(wealth())

    assert is_deposit("large_cd")
    assert not is_deposit("wealth")
    assert not is_deposit(str(draft.uid))
