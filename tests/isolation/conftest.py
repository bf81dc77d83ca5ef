"""Two banks full of things that name their bank: words of one on the page of another show."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django_tenants.utils import tenant_context

from announcements.models import ReadReceipt
from approvals.services import send_back_request
from customers.models import Customer
from customers.touchpoints import Event, take_in
from openapi_gateway.conformance.runs import start_run_by_call
from openapi_gateway.credentials.models import Key
from openapi_gateway.metering.storing import take_in as take_in_calls
from openapi_gateway.metering.wire import Finished
from openapi_gateway.webhooks.models import Endpoint
from operators.choices import BankRole
from operators.models import Branch, Operator
from publishing import services as publishing
from tenants.models import Bank
from tests.approvals.people import make_draft, make_operator, publish
from tests.isolation.routes import model_of
from tests.isolation.sold_things import sell
from tests.openapi_gateway.making import a_client, a_grant, a_partner
from tests.operators.people import make_branch

MARKS = {"alpha": "Zqxalpha", "beta": "Zqxbeta"}
# The last rows of a table that banks share are those of the bank that was filled last.
NEWEST = 2


@dataclass(frozen=True)
class Filled:
    bank: Bank
    mark: str
    people: dict[str, Operator]
    branch: Branch
    # Every id that a page's address could carry.
    ids: tuple[str, ...]

    @property
    def host(self) -> str:
        return f"{self.bank.slug}.localhost"

    def client(self, role: str | None) -> Client:
        client = Client(headers={"host": self.host})
        if role is not None:
            with tenant_context(self.bank):
                client.force_login(self.people[role])
        return client

    def ids_at(self, route: str) -> tuple[str, ...]:
        return ids_at(self.bank, route, self.ids)


def ids_at(bank: Bank, route: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Those to try there. Where the route names the kind of row: the bank's rows of that kind, and
    one word that is none. Another number there could not bring up anything of this bank."""
    model = model_of(route)
    if model is None:
        return ids
    with tenant_context(bank):
        found = model._base_manager.order_by("pk").values_list("pk", flat=True)
        rows = [str(pk) for pk in found]
    known = [each for each in ids if each in rows]
    return tuple(dict.fromkeys([*known, *(rows[-NEWEST:] or ids[:1]), ids[-1]]))


def fill(bank: Bank) -> Filled:
    mark = MARKS[bank.slug]
    with tenant_context(bank):
        root = make_branch(f"{mark}-0")
        branch = make_branch(f"{mark}-1", root)
        people = {}
        for role in BankRole.values:
            place = branch if role == BankRole.BRANCH else root
            people[role] = make_operator(f"{mark.lower()}.{role}", role, branch=place)
            people[role].name = f"{mark} {role}"
            people[role].save(update_fields=["name"])
        ids = [*make_content(mark, people, branch), str(people[BankRole.MAKER].pk)]
        ids += [str(root.pk), str(branch.pk), *make_partner(mark, bank)]
        # Their numbers are among those above: few ids keep the walk over all addresses short.
        sell(mark, bank, people, Customer.objects.get(number=f"{mark}C1"))
    return Filled(bank, mark, people, branch, tuple(dict.fromkeys(ids)))


def make_content(mark: str, people: dict[str, Operator], branch: Branch) -> list[str]:
    maker, checker = people[BankRole.MAKER], people[BankRole.CHECKER]
    body = f"<p>{mark} body</p>"
    drafts = [
        make_draft(maker, f"{mark} {number}", body=body, must_read=number == 1, branch=place)
        for number, place in ((1, None), (2, branch), (3, None), (4, branch))
    ]
    published = [publish(maker, checker, draft) for draft in drafts[:2]]
    waiting = publishing.submit_for_review(actor=maker, draft=drafts[2], note=f"{mark} note")
    returned = publishing.submit_for_review(actor=maker, draft=drafts[3])
    send_back_request(actor=checker, request_id=returned.pk, comment=f"{mark} comment")
    customer = Customer.objects.create(
        number=f"{mark}C1", masked_name=f"{mark}*", branch=branch, masked_phone="138****0000"
    )
    ReadReceipt.objects.create(
        announcement_uid=drafts[0].uid,
        customer_number=customer.number,
        publication_version=1,
        read_at=timezone.now(),
    )
    seen = Event(
        event_id=uuid4(), customer_number=customer.number, kind="impression",
        item_kind="announcement", item_uid=drafts[0].uid, occurred_at=timezone.now(),
    )  # fmt: skip
    take_in([seen], reported_by=f"{mark} system", at=timezone.now())
    rows: list[Any] = [drafts[0], *published, waiting, customer]
    return [str(row.pk) for row in rows] + [str(draft.uid) for draft in drafts[:2]]


def make_partner(mark: str, bank: Bank) -> list[str]:
    """Of the gateway, whose tables all banks share."""
    client, url = a_client(bank, f"{mark} client"), f"https://{mark.lower()}.example/hook"
    grant = a_grant(client, callback_urls={"sandbox": [url]})
    application = grant.application
    application.purpose = application.applicant_name = f"{mark} purpose"
    application.save()
    partner = a_partner(client)
    key = Key.objects.get(key_id=partner.key_id)
    run = start_run_by_call(client_id=client.pk, key_id=key.key_id, at=timezone.now())
    endpoint = Endpoint.objects.create(
        client=client, environment="sandbox", url=url, secret=b"sealed", created_by=mark,
        created_at=timezone.now(),
    )  # fmt: skip
    line = Finished(
        f"req_{uuid4().hex[:26]}", int(timezone.now().timestamp() * 1000), bank.pk, client.app_id,
        key.key_id, "sandbox", "identity.introspect", "identity", 200, "ok", 900, False,
        "203.0.113.7", mark,
    )  # fmt: skip
    take_in_calls([line], timezone.now())
    rows: list[Any] = [client, grant, application, key, run, endpoint]
    ids = [*(str(row.pk) for row in rows), str(grant.uid), str(application.uid), str(endpoint.uid)]
    return [*ids, client.app_id, key.key_id, run.run_id, line.request_id]


@pytest.fixture(scope="module")
def _filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Filled, Filled]]:
    """Once for a file: what a test changes is rolled back to this, and this after the last."""
    around = transaction.atomic()
    # As with the transaction of a test: a durable block may stand in it.
    around._from_testcase = True
    with django_db_blocker.unblock():
        with around, translation.override("en"):
            yield fill(Bank.objects.get(slug="alpha")), fill(Bank.objects.get(slug="beta"))
            transaction.set_rollback(True)
        connection.set_schema_to_public()


@pytest.fixture
def filled_alpha(_filled: tuple[Filled, Filled], db: None) -> Filled:
    return deepcopy(_filled[0])


@pytest.fixture
def filled_beta(_filled: tuple[Filled, Filled], db: None) -> Filled:
    return deepcopy(_filled[1])
