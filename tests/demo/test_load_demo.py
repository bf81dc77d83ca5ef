from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError

from operators.models import Operator
from tenants.models import Bank
from tests.demo.loading import allowed, load


@pytest.fixture(autouse=True)
def _allowed() -> Iterator[None]:
    with allowed():
        yield


@pytest.mark.django_db
def test_a_province_in_use_is_left_alone_when_asked_for_an_empty_one() -> None:
    assert load("--banks", "1", "--if-new")["filled"] == 0
    assert not Bank.objects.filter(slug="changsha").exists()
    assert not Operator.objects.filter(username="operator").exists()


@pytest.mark.django_db
def test_a_given_database_is_refused_unless_it_is_allowed(settings: Any) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO=1"):
        load("--banks", "1")
    assert not Bank.objects.filter(slug="changsha").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "103", "-1"])
def test_a_number_of_banks_that_cannot_be_is_refused(number: str) -> None:
    with pytest.raises(CommandError, match="102"):
        load("--banks", number)
