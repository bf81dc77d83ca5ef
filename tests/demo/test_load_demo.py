from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from announcements.models import Announcement, ReadReceipt
from audit.models import AuditEvent
from customers.models import Customer
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.models import Branch, Operator
from publishing.models import Publication
from tenants.models import Bank

PASSWORD = "Demo#Password1"


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.DEMO, settings.EMBEDDED, settings.DEMO_PASSWORD = True, False, PASSWORD
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def load(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("load_demo", "--jobs", "1", "--json", *words, stdout=out, stderr=StringIO())
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def counts() -> dict[str, int]:
    models = (Bank, Activation, ProductType, Operator, Announcement, Publication, AuditEvent)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db
def test_two_banks_are_filled_with_people_who_can_sign_in() -> None:
    result = load("--banks", "2")

    assert (result["banks"], result["filled"]) == (2, 2)
    assert set(Operator.objects.values_list("username", flat=True)) >= {
        "admin", "operator", "tech_reviewer", "compliance_reviewer", "auditor",
    }  # fmt: skip
    with tenant_context(Bank.objects.get(slug="changsha")):
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


@pytest.mark.django_db
def test_every_publication_was_made_by_one_person_and_approved_by_another() -> None:
    load("--banks", "1")

    with tenant_context(Bank.objects.get(slug="changsha")):
        made = list(Publication.objects.exclude(request=None).select_related("request"))
        assert made
        assert all(
            publication.request.decisions.exclude(checker_id=publication.request.maker_id).count()
            for publication in made
        )
    # And what holds in the whole province, in public.
    published = Publication.objects.filter(action="publish").values_list("kind", flat=True)
    assert Counter(published) == {
        "announcement": 2, "ad": 2, "settings_template": 2, "province_campaign": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_each_product_type_is_opened_by_its_share_and_marked_as_demo() -> None:
    load("--banks", "3")

    assert [kind.banks_opened for kind in ProductType.objects.adoption()] == [
        1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1,
    ]  # fmt: skip
    assert not Activation.objects.filter(is_demo=False).exists()


@pytest.mark.django_db
def test_loading_twice_changes_nothing() -> None:
    load("--banks", "2")
    before = counts()

    assert load("--banks", "2")["filled"] == 0
    assert counts() == before


@pytest.mark.django_db
def test_a_load_that_was_cut_short_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("demo.filling.people.make_customers", cut)
        with pytest.raises(KeyboardInterrupt):
            load("--banks", "1")

    assert load("--banks", "1", "--if-new")["filled"] == 1
    with tenant_context(Bank.objects.get(slug="changsha")):
        assert Operator.objects.count() == 5


@pytest.mark.django_db
def test_more_banks_top_the_openings_up() -> None:
    load("--banks", "1")
    load("--banks", "3")

    assert Bank.objects.filter(code__startswith="DEMO").count() == 3
    assert [kind.banks_opened for kind in ProductType.objects.adoption()] == [
        1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1,
    ]  # fmt: skip


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
