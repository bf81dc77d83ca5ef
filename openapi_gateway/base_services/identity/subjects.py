"""Pairwise identifiers: every client knows the same person by another openid; all clients of a bank
that may know it share the unionid.

Once made, an identifier is kept: a new key in PAIRWISE_KEYS makes those of new persons only.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from openapi_gateway.base_services.identity.choices import SubjectKind
from openapi_gateway.base_services.identity.models import Subject
from openapi_gateway.credentials.records import ClientRecord

SEPARATOR = "\x1f"
CHARACTERS = 32


def openid_of(client: ClientRecord, customer_number: str, at: datetime) -> str:
    text = SEPARATOR.join((client.app_id, client.schema_name, customer_number))
    return _identifier(SubjectKind.OPENID, client, client.app_id, customer_number, text, at)


def unionid_of(client: ClientRecord, customer_number: str, at: datetime) -> str:
    text = SEPARATOR.join((client.schema_name, customer_number))
    return _identifier(SubjectKind.UNIONID, client, "", customer_number, text, at)


def customer_of(openid: str, client: ClientRecord) -> str | None:
    """The customer number behind an openid of this client. In any schema."""
    rows = Subject.objects.filter(
        identifier=openid, kind=SubjectKind.OPENID, app_id=client.app_id, bank_id=client.bank_id
    )
    return rows.values_list("customer_number", flat=True).first()


def _identifier(
    kind: SubjectKind, client: ClientRecord, app_id: str, customer_number: str, text: str,
    at: datetime,
) -> str:  # fmt: skip
    rows = Subject.objects.filter(
        bank_id=client.bank_id, customer_number=customer_number, app_id=app_id
    ).values_list("identifier", flat=True)
    known = rows.first()
    if known is not None:
        return known
    key_id = _active_key()
    row = Subject(
        identifier=derived(settings.PAIRWISE_KEYS[key_id], kind, text), kind=kind,
        bank_id=client.bank_id, app_id=app_id, customer_number=customer_number, key_id=key_id,
        created_at=at,
    )  # fmt: skip
    Subject.objects.bulk_create([row], ignore_conflicts=True)
    # Somebody may have been faster, with an older key.
    return rows.get()


def derived(key: bytes, kind: SubjectKind, text: str) -> str:
    digest = hmac.digest(key, text.encode(), "sha256")
    encoded = base64.b32encode(digest).decode().lower()
    return f"{'o' if kind == SubjectKind.OPENID else 'u'}_{encoded[:CHARACTERS]}"


def _active_key() -> str:
    if not settings.PAIRWISE_KEYS:
        raise ImproperlyConfigured("PAIRWISE_KEYS holds no key.")
    return str(next(iter(settings.PAIRWISE_KEYS)))
