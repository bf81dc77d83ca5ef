"""What a partner is told about a person: masked as soon as the bank's core has answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from django_tenants.utils import tenant_context

from customers import phones
from customers.choices import ConsentPurpose
from customers.consents import valid_consent
from openapi_gateway.base_services.identity.choices import Scope
from openapi_gateway.base_services.identity.errors import CONSENT_MISSING
from openapi_gateway.base_services.identity.models import Token
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream import core
from tenants.models import Bank

MAX_NAME = 40
DIGITS = "0123456789"


def masked_name(name: str) -> str:
    """张三丰 → 张*丰, 张三 → *三; of longer names the first and the last character."""
    name = name.strip()[:MAX_NAME]
    if len(name) <= 2:
        return "*" + name[1:]
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def masked_phone(phone: str) -> str:
    """138****0000; of what has not eleven digits, the last two only."""
    digits = "".join(each for each in phone if each in DIGITS)
    if len(digits) == 13:
        digits = digits.removeprefix("86")
    if len(digits) == 11:
        return phones.masked(digits)
    return "*" * 6 + digits[-2:] if len(digits) > 4 else "*" * 6


CLAIMS: Mapping[str, tuple[str, Callable[[str], str]]] = MappingProxyType(
    {Scope.PROFILE: ("name", masked_name), Scope.PHONE: ("phone", masked_phone)}
)


def masked_claims(token: Token, scopes: Collection[str], at: datetime) -> dict[str, str]:
    """By the scopes that both the token and the grant hold. Raises ``GatewayRefused`` without the
    customer's consent, and as ``upstream`` does."""
    wanted = dict(CLAIMS[scope] for scope in CLAIMS if scope in token.scopes and scope in scopes)
    if not wanted:
        return {}
    bank = Bank.objects.get(pk=token.bank_id)
    with tenant_context(bank):
        consent = token.consent_id and valid_consent(
            token.consent_id, token.customer_number, token.app_id, ConsentPurpose.PROFILE, at
        )
    if not consent:
        raise GatewayRefused(CONSENT_MISSING)
    found = core.fetch_claims(
        schema_name=bank.schema_name, bank_slug=bank.slug, environment=token.environment,
        customer_number=token.customer_number, claims=set(wanted),
    )  # fmt: skip
    return {name: mask(found[name]) for name, mask in wanted.items() if found.get(name)}
