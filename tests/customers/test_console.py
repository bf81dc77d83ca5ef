from __future__ import annotations

from typing import Any

import pytest

from customers.models import Customer
from tests.approvals.people import make_operator, sign_in
from tests.operators.people import make_branch

LIST = "/admin/customers/customer/"


@pytest.fixture
def north(bank: Any) -> Any:
    branch = make_branch("N01")
    Customer.objects.create(number="N1", masked_name="张*北", branch=branch)
    Customer.objects.create(number="S1", masked_name="李*南", branch=make_branch("S01"))
    return branch


def test_a_viewer_looks_at_customers_and_changes_nothing(north: Any) -> None:
    client = sign_in(make_operator("vera", "viewer"))
    customer = Customer.objects.get(number="N1")

    assert "张*北" in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{customer.pk}/change/").status_code == 200
    assert client.post(f"{LIST}{customer.pk}/change/", {"number": "X"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert Customer.objects.filter(number="N1").exists()


def test_branch_staff_see_their_own_customers_only(north: Any) -> None:
    client = sign_in(make_operator("nora", "branch", branch=north))
    other = Customer.objects.get(number="S1")

    for address in (LIST, f"{LIST}?q=S", f"{LIST}?q=N"):
        assert "李*南" not in client.get(address).content.decode()
    assert "张*北" in client.get(f"{LIST}?q=N").content.decode()
    assert client.get(f"{LIST}{other.pk}/change/").status_code in {302, 403, 404}


def test_the_search_goes_by_the_beginning_of_the_number(north: Any) -> None:
    changelist = sign_in(make_operator("vera", "viewer")).get(f"{LIST}?q=S").context["cl"]

    assert [customer.number for customer in changelist.result_list] == ["S1"]


def test_administrators_without_the_permission_have_no_customers(north: Any) -> None:
    assert sign_in(make_operator("ada", "administrator")).get(LIST).status_code == 403


def test_a_branchs_customers_are_those_of_its_subtree(north: Any) -> None:
    outlet = make_branch("N011", north)
    Customer.objects.create(number="N2", branch=outlet)
    Customer.objects.create(number="X1")

    numbers = Customer.objects.under(north.path).values_list("number", flat=True)
    assert sorted(numbers) == ["N1", "N2"]
    assert Customer.objects.under("").count() == 4
    assert list(Customer.objects.after("N2").values_list("number", flat=True)) == ["S1", "X1"]
