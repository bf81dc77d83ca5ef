from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import translation

from audit.models import AuditEvent
from customers import changes
from customers.errors import TrialListRefused
from customers.models import Customer
from customers.services import add_to_trial_list, remove_from_trial_list
from customers.trial_list import numbers_in
from operators.errors import NotAllowed
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in
from tests.operators.people import make_branch

ASKED = {"_form_submitted": "on", "reason": "colleagues"}
LIST = "/admin/customers/customer/"


@pytest.fixture
def maker(bank: Any) -> Operator:
    for number in ("C1", "C2", "C3"):
        Customer.objects.create(number=number)
    return make_operator("mia", "maker")


def on_trial() -> list[str]:
    return sorted(Customer.objects.filter(is_trial=True).values_list("number", flat=True))


def test_staff_are_put_on_the_list_and_taken_off(
    maker: Operator, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(changes, "_listeners", [lambda _schema, numbers: told.append(numbers)])
    with django_capture_on_commit_callbacks(execute=True):
        added = add_to_trial_list(actor=maker, numbers=["C2", "C1", "C2"], reason=" colleagues ")
    assert (added.changed, added.unchanged, on_trial()) == (["C1", "C2"], [], ["C1", "C2"])
    event = AuditEvent.objects.get(event="customers.trial_list_changed")
    assert (event.after, event.reason) == (
        {"is_trial": True, "numbers": ["C1", "C2"]}, "colleagues",
    )  # fmt: skip

    again = add_to_trial_list(actor=maker, numbers=["C1"], reason="again")
    assert (again.changed, again.unchanged) == ([], ["C1"])
    remove_from_trial_list(actor=maker, numbers=["C1", "C3"], reason="left")
    assert on_trial() == ["C2"]
    assert AuditEvent.objects.filter(event="customers.trial_list_changed").count() == 2
    assert told == [("C1", "C2")]


@pytest.mark.parametrize(
    ("numbers", "reason", "sentence"),
    [
        (["C1"], "  ", "Say why"),
        ([], "x", "at least one"),
        (["C1", "X9"], "x", "X9"),
        (["C1", "C\x001"], "x", "no customers with these numbers"),
        ([f"N{n}" for n in range(501)], "x", "At most 500"),
    ],
)
def test_what_is_unclear_changes_nothing(
    maker: Operator, numbers: list[str], reason: str, sentence: str
) -> None:
    with pytest.raises(TrialListRefused) as refused, translation.override("en"):
        add_to_trial_list(actor=maker, numbers=numbers, reason=reason)

    assert sentence in str(refused.value)
    assert on_trial() == []


def test_the_list_is_not_everybodys_to_change(maker: Operator) -> None:
    for role in ("viewer", "checker", "branch", "administrator"):
        with pytest.raises(NotAllowed):
            add_to_trial_list(actor=make_operator(role, role), numbers=["C1"], reason="x")
    assert on_trial() == []


def test_numbers_are_read_however_they_are_pasted() -> None:
    assert numbers_in("C1\r\nC2，C3；C4 C5\tＣ６、C1;") == ["C1", "C2", "C3", "C4", "C5", "C6"]


def test_the_dialog_takes_numbers_and_a_reason(maker: Operator) -> None:
    client = sign_in(maker)

    assert client.get(LIST + "trial-add/").status_code == 200
    answer = client.post(LIST + "trial-add/", {**ASKED, "numbers": "C1\nC9"})
    assert "C9" in answer.content.decode()
    assert on_trial() == []
    client.post(LIST + "trial-add/", {**ASKED, "numbers": "C1\nC3"})
    assert on_trial() == ["C1", "C3"]
    client.post(LIST + "trial-remove/", {**ASKED, "numbers": "C3"})
    assert on_trial() == ["C1"]


def test_the_ticked_customers_are_shown_before_they_change(maker: Operator) -> None:
    client = sign_in(maker)
    ticked = list(Customer.objects.filter(number__in=["C1", "C2"]).values_list("pk", flat=True))
    ask = {"action": "add_chosen_to_trial", "_selected_action": ticked, "index": "0"}

    # Whole words: a CSRF token may hold any two characters.
    words = set(re.findall(r"\w+", client.post(LIST, ask).content.decode()))
    assert ("C1" in words, "C3" in words, on_trial()) == (True, False, [])
    assert client.post(LIST, {**ask, "confirmed": "yes", "reason": " "}).status_code == 400
    client.post(LIST, {**ask, "confirmed": "yes", "reason": "colleagues"})
    assert on_trial() == ["C1", "C2"]


def test_a_customers_page_offers_the_step_that_fits(maker: Operator) -> None:
    client, customer = sign_in(maker), Customer.objects.get(number="C1")
    page = f"{LIST}{customer.pk}/change/"

    assert "trial-join" in client.get(page).content.decode()
    client.post(f"{LIST}{customer.pk}/trial-join/", ASKED)
    assert on_trial() == ["C1"]
    shown = client.get(page).content.decode()
    assert ("trial-join" in shown, "trial-leave" in shown) == (False, True)


def test_those_who_only_look_get_no_buttons(maker: Operator) -> None:
    client = sign_in(make_operator("vera", "viewer"))

    page = client.get(LIST).content.decode()
    assert "trial-add" not in page
    assert "add_chosen_to_trial" not in page
    assert client.post(LIST + "trial-add/", {**ASKED, "numbers": "C1"}).status_code == 403
    assert on_trial() == []


def test_a_branch_cannot_reach_another_branchs_customers(maker: Operator) -> None:
    from django.contrib.auth.models import Group, Permission

    north = make_branch("N01")
    Customer.objects.create(number="N1", branch=north)
    nora = make_operator("nora", "branch", branch=north)
    Group.objects.get(name="branch").permissions.add(
        Permission.objects.get(codename="manage_trial_list")
    )

    add_to_trial_list(actor=nora, numbers=["N1"], reason="x")
    with pytest.raises(TrialListRefused):
        add_to_trial_list(actor=nora, numbers=["C1"], reason="x")
    assert on_trial() == ["N1"]
