"""One demo, loaded as unluckily as can be: cut short, finished with two banks, topped up to three.
Loading costs seconds, so what the tests ask of it they ask of this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation
from django_tenants.utils import tenant_context

from announcements.models import Announcement, ReadReceipt
from audit.models import AuditEvent
from customers.models import Customer
from demo import filling
from demo.zone_types import open_types
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.models import Branch, Operator
from publishing.models import Publication
from tenants.models import Bank
from tests.demo.loading import PASSWORD, allowed, load

OPENED_BY_THREE = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1]


@dataclass(frozen=True)
class Story:
    """What was seen on the way."""

    left_by_the_cut: int
    finished: dict[str, Any]
    opened_by_two: list[int]
    banks_of_two: int
    topped_up: dict[str, Any]


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: Any) -> Iterator[Story]:
    """In a transaction around those of the tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        with allowed(), translation.override("en"):
            told = _load_unluckily()
        yield told
        transaction.set_rollback(True)
    connection.set_schema_to_public()


def _load_unluckily() -> Story:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demo.filling.people.make_customers", _cut)
        with pytest.raises(KeyboardInterrupt):
            load("--banks", "2")
    connection.set_schema_to_public()
    left = Operator.objects.count()
    finished = load("--banks", "2", "--if-new")
    opened, banks = _opened(), _demo_banks().count()
    return Story(left, finished, opened, banks, load("--banks", "3"))


def _cut(*_args: Any, **_kwargs: Any) -> None:
    raise KeyboardInterrupt


def _opened() -> list[int]:
    return [kind.banks_opened for kind in ProductType.objects.adoption()]


def _demo_banks() -> Any:
    return Bank.objects.filter(code__startswith="DEMO")


@pytest.fixture(autouse=True)
def _allowed(story: Story, db: None) -> Iterator[None]:
    with allowed():
        yield


def test_banks_are_filled_with_people_who_can_sign_in() -> None:
    assert set(Operator.objects.values_list("username", flat=True)) >= {
        "admin", "operator", "tech_reviewer", "compliance_reviewer", "auditor",
    }  # fmt: skip
    for bank in _demo_banks():
        with tenant_context(bank):
            people = {operator.username: operator for operator in Operator.objects.all()}
            assert set(people) == {"admin", "maker", "checker", "viewer", "branch"}
            assert all(operator.check_password(PASSWORD) for operator in people.values())
            assert people["branch"].branch is not None
            assert people["branch"].branch.code == "D100"
            assert not people["branch"].has_perm("operators.see_all_branches")
            assert Branch.objects.filter(latitude__isnull=True).count() == 0
            assert Branch.find_problems() == ([], [], [], [], [])
            assert Customer.objects.count() == 600
            assert 0 < ReadReceipt.objects.count() < 600


def test_every_publication_was_made_by_one_person_and_approved_by_another() -> None:
    for bank in _demo_banks():
        with tenant_context(bank):
            made = list(Publication.objects.exclude(request=None).select_related("request"))
            assert made
            assert all(
                made_by.request.decisions.exclude(checker_id=made_by.request.maker_id).count()
                for made_by in made
            )
    # And what holds in the whole province, in public.
    published = Publication.objects.filter(action="publish").values_list("kind", flat=True)
    assert Counter(published) == {
        "announcement": 2, "ad": 2, "settings_template": 2, "province_campaign": 1,
    }  # fmt: skip


def test_a_load_that_was_cut_short_is_finished(story: Story) -> None:
    assert story.left_by_the_cut  # it had begun
    assert (story.finished["banks"], story.finished["filled"]) == (2, 2)
    assert story.banks_of_two == 2


def test_each_product_type_is_opened_by_its_share_and_marked_as_demo(story: Story) -> None:
    assert story.opened_by_two == [1] * 12
    Activation.objects.all().delete()

    # As at the first load of three banks.
    slugs = list(_demo_banks().values_list("slug", flat=True))
    open_types(Operator.objects.get(username="operator"), slugs, filling.now())

    assert _opened() == OPENED_BY_THREE
    assert not Activation.objects.filter(is_demo=False).exists()


def test_more_banks_top_the_openings_up(story: Story) -> None:
    assert (story.topped_up["banks"], story.topped_up["filled"]) == (3, 1)
    assert _demo_banks().count() == 3
    assert _opened() == OPENED_BY_THREE
    assert not Activation.objects.filter(is_demo=False).exists()


def test_loading_twice_changes_nothing() -> None:
    before = counts()

    assert load("--banks", "3")["filled"] == 0
    assert counts() == before


def counts() -> dict[str, int]:
    models = (Bank, Activation, ProductType, Operator, Announcement, Publication, AuditEvent)
    return {model.__name__: model.objects.count() for model in models}
