from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.models import ReadReceipt
from audit.models import AuditEvent
from customers.models import Customer
from tenants.platform import PLATFORM
from tests.approvals.people import make_draft, make_operator, publish, sign_in

PAGE = "/admin/announcements/announcement/province/"


@pytest.fixture
def province(bank: Any) -> Any:
    """A must-read announcement of the province, confirmed by one of this bank's three customers."""
    with tenant_context(PLATFORM):
        writer, reviewer = (
            make_operator("pia", "operator"),
            make_operator("r", "compliance_reviewer"),
        )
        draft = make_draft(writer, "For the province", must_read=True)
        publish(writer, reviewer, draft)
        ended = make_draft(
            writer, "Over", starts_at=timezone.now() - timedelta(days=2),
            ends_at=timezone.now() + timedelta(seconds=1),
        )  # fmt: skip
        publish(writer, reviewer, ended)
    ReadReceipt.objects.create(
        announcement_uid=draft.uid, customer_number="C1", publication_version=1,
        read_at=timezone.now(),
    )  # fmt: skip
    return draft


def test_a_bank_sees_how_its_customers_read_the_provinces_announcement(
    province: Any, maker: Any, north: Any, northerner: Any
) -> None:
    for number, branch in (("C1", north), ("C2", north), ("C3", None)):
        Customer.objects.create(number=number, branch=branch)

    whole = sign_in(maker).get(PAGE).content.decode()
    branch = sign_in(northerner).get(PAGE).content.decode()

    assert "For the province" in whole
    assert "of 3 customers have read it" in whole
    assert "of 2 customers have read it" in branch


def test_who_has_not_read_it_in_this_bank(
    province: Any, maker: Any, viewer: Any, north: Any, northerner: Any
) -> None:
    for number, branch in (("C1", north), ("C2", north), ("C3", None)):
        Customer.objects.create(number=number, branch=branch)
    address = f"{PAGE}{province.uid}/unread/"

    numbers = [each.number for each in sign_in(maker).get(address).context["page"].customers]
    own = [each.number for each in sign_in(northerner).get(address).context["page"].customers]

    assert (numbers, own) == (["C2", "C3"], ["C2"])
    assert sign_in(viewer).get(address).status_code == 403
    assert sign_in(maker).post(f"{address}export/").status_code == 200
    assert AuditEvent.objects.get(event="announcements.unread_exported").after["rows"] == 2


def test_another_banks_province_page_counts_its_own(province: Any, beta: Any) -> None:
    with tenant_context(beta):
        maker = make_operator("bo", "maker")
        Customer.objects.create(number="B1")
        client = sign_in(maker, "beta.localhost")

    assert "<strong>0</strong> of 1 customers" in client.get(PAGE).content.decode()


def test_the_platform_has_no_readers(province: Any) -> None:
    with tenant_context(PLATFORM):
        client = sign_in(make_operator("po", "operator"), "console.localhost")

    assert client.get(PAGE).status_code in {302, 404}
