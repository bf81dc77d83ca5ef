"""How many queries a list costs, recorded and under review, and the same for one row and for many.

``UPDATE_QUERY_COUNTS=1`` records anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from customers.models import Customer
from operators.choices import BankRole
from operators.models import Branch, Operator
from publishing import services as publishing
from tenants.models import Bank
from tests.approvals.people import make_draft, make_operator, publish
from tests.operators.people import make_branch

RECORD = Path(__file__).with_name("query_counts.json")
# django-tenants names the bank's schema before a query; that is no question to the database.
NO_QUERIES = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT")
Grow = Callable[[int], None]


@pytest.fixture
def cast(alpha: Bank) -> Iterator[dict[str, Operator]]:
    with tenant_context(alpha):
        root = make_branch("Q0")
        yield {role: make_operator(f"q.{role}", role, branch=root) for role in BankRole.values}


@pytest.fixture
def grow(cast: dict[str, Operator]) -> Grow:
    def add(count: int) -> None:
        root = Branch.objects.get(code="Q0")
        for _ in range(count):
            number = Customer.objects.count()
            branch = make_branch(f"Q{number + 1}", root)
            Customer.objects.create(number=f"Q{number}", branch=branch)
            make_operator(f"q{number}", "viewer", branch=branch)
            maker, checker = cast["maker"], cast["checker"]
            publish(maker, checker, make_draft(maker, f"Live {number}", branch=branch))
            publishing.submit_for_review(actor=maker, draft=make_draft(maker, f"Open {number}"))

    return add


LISTS = [
    ("administrator", "/admin/operators/operator/"),
    ("administrator", "/admin/operators/branch/"),
    ("administrator", "/admin/audit/auditevent/"),
    ("maker", "/admin/"),
    ("maker", "/admin/announcements/announcement/"),
    ("maker", "/admin/customers/customer/"),
    ("maker", "/admin/publishing/publication/"),
    ("checker", "/admin/approvals/request/"),
    ("checker", "/admin/"),
]


@pytest.mark.parametrize(("role", "address"), LISTS)
def test_a_list_costs_what_is_recorded_however_long_it_is(
    alpha: Bank, cast: dict[str, Operator], grow: Grow, role: str, address: str
) -> None:
    client = Client(headers={"host": "alpha.localhost"})
    client.force_login(cast[role])
    grow(2)
    few = queries(alpha, client, address)
    grow(6)
    many = queries(alpha, client, address)

    assert len(many) == len(few), "\n".join(many)
    name = f"{role} {address}"
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        RECORD.write_text(
            json.dumps({**recorded(), name: len(few)}, indent=2, sort_keys=True) + "\n"
        )
    assert recorded()[name] == len(few), "\n".join(few)


def queries(bank: Bank, client: Client, address: str) -> list[str]:
    client.get(address)  # from here on the process has in memory what it keeps there
    with tenant_context(bank), CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(NO_QUERIES)]


def recorded() -> dict[str, int]:
    return json.loads(RECORD.read_text())
