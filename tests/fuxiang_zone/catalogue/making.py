"""People and applications of the catalogue's tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.models import Group
from django_tenants.utils import tenant_context

from fuxiang_zone.catalogue.models import ActivationApplication, ProductType
from fuxiang_zone.catalogue.services import apply_for_type, submit_application
from operators.models import Operator
from tenants.models import Bank

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PLANNED = date(2026, 12, 1)


def person(role: str, name: str = "") -> Operator:
    operator = Operator.objects.create_user(name or f"{role}_x", "Pass#word1", name=name or role)
    operator.groups.add(Group.objects.get(name=role))
    return operator


def type_of(code: str) -> ProductType:
    return ProductType.objects.get(code=code)


def applied(bank: Bank, maker: Operator, code: str = "wealth", **given: Any) -> Any:
    """Submitted, by the maker of the bank."""
    content = {
        "reason": "客户需要", "person_in_charge": "李四", "phone": "0731-96518",
        "planned_on": PLANNED, **given,
    }  # fmt: skip
    with tenant_context(bank):
        begun = apply_for_type(
            actor=maker, bank=bank, product_type=type_of(code), at=NOW, **content
        )
        submit_application(actor=maker, application=begun, at=NOW)
    return ActivationApplication.objects.get(pk=begun.pk)
