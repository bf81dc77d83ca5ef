from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.catalogue.models import AppFunction, Skin
from customers import changes
from customers.models import Preference
from publishing import editions
from publishing.locks import SETTINGS_KIND, TEMPLATE_KIND
from publishing.models import Edition, EditionHead
from tenants.platform import PLATFORM
from tenants.services import announce_change
from tests.approvals.racing import at_once, racing_bank
from tests.mobile.phones import Phone

PATH = "/api/channel/v1/preferences"
NOTHING = {"skin": "", "mode": "", "functions": None}


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    Skin.objects.bulk_create(
        Skin(code=code, name=code, primary="#256D6B", accent="#C9A45C") for code in ("x-a", "x-b")
    )
    AppFunction.objects.bulk_create(
        AppFunction(code=f"x-{number}", name=f"f{number}", group="life") for number in range(14)
    )


def put(phone: Phone, document: Any) -> Any:
    body = document if isinstance(document, (str, bytes)) else json.dumps(document)
    return phone.client.put(
        PATH, data=body, content_type="application/json",
        headers={"Authorization": f"Bearer {phone.bearer}"},
    )  # fmt: skip


def refusal(phone: Phone, document: Any) -> tuple[int, str, str]:
    answer = put(phone, document)
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


def in_force(owner: Any, kind: str, **payload: Any) -> None:
    """Puts the settings "appearance" into the edition of a bank or of the platform."""
    at = timezone.now().isoformat()
    item = {
        "id": f"00000000-0000-4000-8000-{len(kind):012}", "kind": kind, "version": 1,
        "title": "Settings", "starts_at": at, "ends_at": None, "published_at": at, "audience": {},
        "priority": 0, "branch_path": "",
        "payload": {"schema": 1, "name": "appearance", **payload},
    }  # fmt: skip
    with tenant_context(owner):
        document = editions.of_items(owner.schema_name, [item])
        digest = editions.digest_of(document)
        Edition.objects.create(
            digest=digest, document=document, number=1, compiled_at=timezone.now()
        )
        EditionHead.objects.update_or_create(pk=1, defaults={"digest": digest, "number": 1})
        announce_change(owner.schema_name)


def bank_wants(bank: Any, **values: Any) -> None:
    in_force(bank, SETTINGS_KIND, values=values, accepted={})


def test_who_never_chose_has_nothing_chosen(bank: Any) -> None:
    answer = Phone().get(PATH)

    assert (answer.status_code, answer.json()) == (200, NOTHING)


def test_what_a_customer_chose_is_kept_and_given_back(bank: Any) -> None:
    wanted = {"skin": "x-b", "mode": "senior", "functions": ["x-3", "x-1"]}
    phone = Phone(number="C7")

    for _again in range(2):
        assert put(phone, wanted).json() == wanted

    assert phone.get(PATH).json() == wanted
    assert Phone(number="C8").get(PATH).json() == NOTHING
    row = Preference.objects.get()
    assert (row.customer_number, row.skin, row.mode) == ("C7", "x-b", "senior")


def test_what_is_left_out_stays_and_empty_goes_back_to_the_banks_own(bank: Any) -> None:
    phone = Phone()
    put(phone, {"skin": "x-a", "mode": "senior", "functions": ["x-1"]})

    assert put(phone, {"mode": "standard"}).json() == {
        "skin": "x-a", "mode": "standard", "functions": ["x-1"],
    }  # fmt: skip
    assert put(phone, {"functions": None}).json()["functions"] is None
    assert put(phone, {}).json()["skin"] == "x-a"
    assert put(phone, {"skin": "", "mode": ""}).json() == NOTHING


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"skin": "x-none"}, "skin"),
        ({"skin": None}, "skin"),
        ({"skin": 1}, "skin"),
        ({"skin": "x-a\x00"}, "skin"),
        ({"mode": "kids"}, "mode"),
        ({"mode": None}, "mode"),
        ({"mode": ["senior"]}, "mode"),
        ({"functions": ["x-1", "x-none"]}, "functions"),
        ({"functions": ["x-1", "x-1"]}, "functions"),
        ({"functions": [f"x-{n}" for n in range(13)]}, "functions"),
        ({"functions": "x-1"}, "functions"),
        ({"functions": {"x-1": 1}}, "functions"),
        ({"functions": ["x-1", 2]}, "functions"),
        ({"functions": [["x-1"]]}, "functions"),
        ({"function": ["x-1"]}, "function"),
        ({"mode": "senior", "skin": "x-none"}, "skin"),
    ],
)
def test_nonsense_is_refused_with_the_fields_name_and_nothing_is_kept(
    bank: Any, document: Any, named: str
) -> None:
    status, code, detail = refusal(Phone(), document)

    assert (status, code) == (400, "bad_body")
    assert named in detail
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", '"senior"', "{", b"\xff", "[" * 9_000, r'{"skin": "\ud800"}', "{} {}"],
)
def test_a_body_that_is_no_object_is_refused(bank: Any, body: str | bytes) -> None:
    assert refusal(Phone(), body)[:2] == (400, "bad_body")


def test_a_body_has_a_limit(bank: Any) -> None:
    assert refusal(Phone(), json.dumps({"skin": "x" * 20_000}))[0] == 413


def test_twelve_functions_are_the_most_and_none_is_a_choice(bank: Any) -> None:
    codes = [f"x-{number}" for number in range(12)]

    assert put(Phone(), {"functions": codes}).json()["functions"] == codes
    assert put(Phone(), {"functions": []}).json()["functions"] == []


def test_a_bank_may_keep_the_skin_to_itself(bank: Any) -> None:
    bank_wants(bank, customer_skin=False)
    phone = Phone()

    assert refusal(phone, {"skin": "x-a"})[:2] == (409, "skin_not_allowed")
    assert put(phone, {"skin": "", "mode": "senior", "functions": ["x-1"]}).status_code == 200


def test_a_bank_may_keep_the_functions_to_itself(bank: Any) -> None:
    bank_wants(bank, customer_functions=False)
    phone = Phone()

    assert refusal(phone, {"mode": "senior", "functions": []})[:2] == (409, "functions_not_allowed")
    assert put(phone, {"skin": "x-a", "functions": None}).json()["mode"] == ""


def test_a_locked_function_cannot_be_left_out(bank: Any) -> None:
    bank_wants(bank, functions=["x-1", "x-2"], locked_functions=["x-2", "x-gone"])

    status, code, detail = refusal(Phone(), {"functions": ["x-1"]})

    assert (status, code) == (409, "locked_functions_missing")
    assert "x-2" in detail
    assert "x-gone" not in detail
    assert put(Phone(), {"functions": ["x-1", "x-2"]}).status_code == 200


def test_the_provinces_lock_holds_in_every_bank(alpha: Any, beta: Any) -> None:
    lock = {"customer_skin": {"lock": "locked", "value": False}}
    in_force(PLATFORM, TEMPLATE_KIND, settings=lock)
    bank_wants(alpha, customer_skin=True)

    for slug in ("alpha", "beta"):
        assert refusal(Phone(slug), {"skin": "x-a"})[1] == "skin_not_allowed"
        assert put(Phone(slug), {"mode": "senior"}).status_code == 200


def test_a_festival_skin_can_be_chosen_in_its_period_and_the_own_one_where_there_is_one(
    bank: Any,
) -> None:
    now = timezone.now()
    for code, starts in (("x-now", now - timedelta(days=1)), ("x-later", now + timedelta(days=1))):
        Skin.objects.create(
            code=code, name=code, primary="#256D6B", accent="#C9A45C", is_festival=True,
            starts_at=starts, ends_at=starts + timedelta(days=3),
        )  # fmt: skip

    assert put(Phone(), {"skin": "x-now"}).status_code == 200
    assert refusal(Phone(), {"skin": "x-later"})[:2] == (409, "skin_not_offered")
    assert refusal(Phone(), {"skin": "own"})[:2] == (409, "skin_not_offered")
    bank_wants(bank, own_palette={"primary": "#256D6B", "accent": "#C9A45C"})
    assert put(Phone(), {"skin": "own"}).status_code == 200


def test_only_signed_in_customers_of_this_bank_have_preferences(alpha: Any, beta: Any) -> None:
    for phone, code in (
        (Phone(number=None), "customers_only"),
        (Phone(number=None, system="core"), "customers_only"),
    ):
        assert refusal(phone, {"mode": "senior"})[:2] == (403, code)
        assert phone.get(PATH).status_code == 403
    stranger = Phone("beta")
    stranger.client.defaults["HTTP_HOST"] = "alpha.localhost"
    assert refusal(stranger, {"mode": "senior"})[:2] == (403, "wrong_bank")


def test_a_choice_is_told_to_who_holds_the_customer_in_memory(
    bank: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(changes, "_listeners", [lambda *given: told.append(given)])

    with django_capture_on_commit_callbacks(execute=True):
        put(Phone(number="C7"), {"mode": "senior"})

    assert told == [("b_alpha", ("C7",))]


@pytest.mark.django_db(transaction=True)
def test_choices_made_at_once_do_not_undo_each_other() -> None:
    with racing_bank() as bank:
        wishes = [{"skin": "x-a"}, {"mode": "senior"}, {"functions": ["x-1"]}] * 8

        answers = at_once(
            bank, *[lambda wish=wish: put(Phone("racing", "C1"), wish) for wish in wishes]
        )

        assert [answer.status_code for answer in answers] == [200] * len(wishes)
        row = Preference.objects.get()
        assert (row.skin, row.mode, row.functions) == ("x-a", "senior", ["x-1"])
