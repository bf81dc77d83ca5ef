"""Grants in the state that a test needs, and the people who move them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_tenants.utils import tenant_context

from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant
from operators.choices import BankRole, PlatformRole
from operators.models import Operator
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.openapi_gateway.making import a_client, a_grant, base32


@dataclass
class People:
    bank: Any
    maker: Operator
    viewer: Operator
    technical: Operator
    compliance: Operator

    def in_bank(self) -> Any:
        return tenant_context(self.bank)

    def on_platform(self) -> Any:
        return tenant_context(PLATFORM)


def people_of(bank: Any) -> People:
    with tenant_context(bank):
        maker = make_operator(f"maker-{base32(6)}", BankRole.MAKER)
        viewer = make_operator(f"viewer-{base32(6)}", BankRole.VIEWER)
    with tenant_context(PLATFORM):
        technical = make_operator(f"tech-{base32(6)}", PlatformRole.TECHNICAL_REVIEWER)
        compliance = make_operator(f"comp-{base32(6)}", PlatformRole.COMPLIANCE_REVIEWER)
    return People(bank, maker, viewer, technical, compliance)


def grant_of(bank: Any, state: GrantState = GrantState.SANDBOX_ACTIVE, **more: Any) -> Grant:
    grant = a_grant(a_client(bank), state=state, **more)
    if state == GrantState.SANDBOX_ACTIVE:
        Grant.objects.filter(pk=grant.pk).update(conformance_passed_at=None)
        grant.refresh_from_db()
    return grant
