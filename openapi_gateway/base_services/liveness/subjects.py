"""Whose face it is: found by the consent and, when the partner names one, the openid."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django_tenants.utils import tenant_context

from customers.choices import ConsentPurpose
from customers.consents import valid_consent
from customers.models import Consent
from openapi_gateway.base_services.identity.choices import SubjectKind
from openapi_gateway.base_services.identity.models import Subject as KnownSubject
from openapi_gateway.base_services.liveness import errors
from openapi_gateway.errors import GatewayRefused
from tenants.encryption import Digester
from tenants.models import Bank
from tenants.platform import PLATFORM

KEPT_CHARACTERS = 2


@dataclass(frozen=True, slots=True)
class Person:
    # Keyed digest, 32 hexadecimal digits.
    subject: str
    masked: str


def person_of(bank: Bank, app_id: str, openid: str, consent_id: str, at: datetime) -> Person:
    """Raises ``GatewayRefused``. An openid and a consent of two people are no consent."""
    number = _number_of(bank, app_id, openid) if openid else ""
    with tenant_context(bank):
        number = number or _number_by(consent_id, app_id)
        if not number or not _is_valid(consent_id, number, app_id, at):
            raise GatewayRefused(errors.CONSENT_INVALID)
    return Person(keyed(f"person {bank.schema_name} {number}"), masked(number))


def has_consent(bank: Bank, app_id: str, consent_id: str, at: datetime) -> bool:
    """Asked again before a face is looked at: it may have been withdrawn since."""
    with tenant_context(bank):
        number = _number_by(consent_id, app_id)
        return bool(number) and _is_valid(consent_id, number, app_id, at)


def keyed(value: str) -> str:
    with tenant_context(PLATFORM):
        return Digester("liveness").digest(value.encode()).hex()


def masked(number: str) -> str:
    """``C1****42``: enough to tell two rows apart, too little to look somebody up."""
    if len(number) <= 2 * KEPT_CHARACTERS:
        return "****"
    return f"{number[:KEPT_CHARACTERS]}****{number[-KEPT_CHARACTERS:]}"


def _number_of(bank: Bank, app_id: str, openid: str) -> str:
    rows = KnownSubject.objects.filter(
        identifier=openid, kind=SubjectKind.OPENID, bank=bank, app_id=app_id
    )
    number = rows.values_list("customer_number", flat=True).first()
    if not number:
        raise GatewayRefused(errors.OPENID_UNKNOWN)
    return number


def _number_by(consent_id: str, app_id: str) -> str:
    try:
        wanted = uuid.UUID(consent_id)
    except ValueError:
        return ""
    rows = Consent.objects.filter(pk=wanted, app_id=app_id)
    return rows.values_list("customer_number", flat=True).first() or ""


def _is_valid(consent_id: str, number: str, app_id: str, at: datetime) -> bool:
    return valid_consent(consent_id, number, app_id, ConsentPurpose.LIVENESS, at) is not None
