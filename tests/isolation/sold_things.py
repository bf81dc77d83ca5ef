"""What a bank sells and gives away, each row with the bank's mark: zone, campus, campaigns."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from campaigns.province.joining import decline_province_campaign
from campaigns.services import take_events
from customers.models import Customer
from fuxiang_zone.campus.models import Student
from fuxiang_zone.catalogue.models import ProductType
from fuxiang_zone.catalogue.services import apply_for_type, submit_application
from fuxiang_zone.sales import actors
from fuxiang_zone.sales.services import reserve_units
from operators.choices import BankRole
from operators.models import Operator
from publishing.models import ForbiddenWord
from tenants.models import Bank
from tenants.platform import PLATFORM
from tests.campaigns.making import SYSTEM, a_campaign, an_event
from tests.campaigns.province.making import a_province_campaign, an_open_wave
from tests.fuxiang_zone.campus.making import collect, make_fee, make_school
from tests.fuxiang_zone.selling import a_key, product_on_sale


def sell(mark: str, bank: Bank, people: dict[str, Operator], customer: Customer) -> None:
    maker, checker = people[BankRole.MAKER], people[BankRole.CHECKER]
    _apply(mark, bank, maker)
    account = product_on_sale(title=f"{mark} CD")
    reserve_units(
        actor=actors.system(f"{mark} core"), product_uid=account.uid,
        customer_number=customer.number, units=1, key=a_key(),
    )  # fmt: skip
    _teach(mark, maker, checker)
    a_campaign(title=f"{mark} campaign", summary=f"{mark} summary")
    take_events(source=SYSTEM, events=[an_event(customer.number, event_id=f"{mark}-E1")])
    _decline(mark, bank, maker)
    ForbiddenWord.objects.create(
        word=f"{mark} word", bare=f"{mark.lower()}word", note=f"{mark} note"
    )


def _apply(mark: str, bank: Bank, maker: Operator) -> None:
    """In public, beside the other banks' applications."""
    with tenant_context(PLATFORM):
        wanted = ProductType.objects.get(code="insurance")
    words: dict[str, Any] = {
        "reason": f"{mark} reason of many customers", "person_in_charge": f"{mark} person",
        "planned_on": timezone.localdate() + timedelta(days=20),
    }  # fmt: skip
    application = apply_for_type(actor=maker, bank=bank, product_type=wanted, **words)
    submit_application(actor=maker, application=application)


def _teach(mark: str, maker: Operator, checker: Operator) -> None:
    school = make_school(maker, f"{mark.upper()}-S", name=f"{mark} school")
    Student.objects.create(
        school=school, number=f"{mark}S1", masked_name=f"{mark}*", name_digest=uuid.uuid4(),
        created_at=timezone.now(),
    )  # fmt: skip
    collect(maker, checker, make_fee(maker, school, name=f"{mark} fee"))


def _decline(mark: str, bank: Bank, maker: Operator) -> None:
    """In public, too: one campaign of the province for each bank."""
    campaign = a_province_campaign(summary={"lock": "default", "value": f"{mark} summary"})
    an_open_wave(campaign, bank)
    decline_province_campaign(actor=maker, uid=campaign.uid, reason=f"{mark} reason")
