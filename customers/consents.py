"""What customers agreed to: given and withdrawn in the app, asked for at every use.

The row is the record that the law asks for: which words, when, until when, when withdrawn.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from customers.choices import ConsentPurpose
from customers.errors import (
    ConsentRefused,
    RequestKeyRequired,
    RequestKeyReused,
    UnknownConsent,
)
from customers.models import Consent

MAX_KEY_CHARACTERS = 100
MAX_VERSION = 20
MAX_DAYS = 365
DEFAULT_DAYS = 180
PURPOSES = frozenset(ConsentPurpose.values)
MAX_LISTED = 200
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Given:
    consent: Consent
    # The same request was answered before.
    replayed: bool


def give_consent(
    *,
    customer_number: str,
    purpose: str,
    app_id: str,
    wording_version: str,
    wording_digest: str,
    key: str,
    at: datetime,
    expires_at: datetime | None = None,
) -> Given:
    """Once per key. Whether ``app_id`` is a partner of this bank, the caller has asked before."""
    require_request_key(key)
    _check(purpose, wording_version, wording_digest, expires_at, at)
    fingerprint = request_fingerprint(
        purpose=purpose, app_id=app_id, version=wording_version, digest=wording_digest,
        expires_at=expires_at and expires_at.isoformat(),
    )  # fmt: skip
    row = Consent(
        id=uuid.uuid4(), customer_number=customer_number, purpose=purpose, app_id=app_id,
        wording_version=wording_version, wording_digest=wording_digest, given_at=at,
        expires_at=expires_at or at + timedelta(days=DEFAULT_DAYS), request_key=key,
        fingerprint=fingerprint,
    )  # fmt: skip
    Consent.objects.bulk_create([row], ignore_conflicts=True)
    landed = Consent.objects.get(customer_number=customer_number, request_key=key)
    if landed.fingerprint != fingerprint:
        refuse_reused_key()
    return Given(landed, replayed=landed.pk != row.pk)


def withdraw_consent(*, customer_number: str, consent_id: uuid.UUID, at: datetime) -> Consent:
    """For good; a second withdrawal changes nothing."""
    mine = Consent.objects.filter(pk=consent_id, customer_number=customer_number)
    mine.filter(withdrawn_at__isnull=True).update(withdrawn_at=at)
    found = mine.first()
    if found is None:
        raise UnknownConsent(_("There is no such consent."))
    return found


def consents_of(customer_number: str) -> list[Consent]:
    """The latest first; what is older than the list is long is in the console."""
    rows = Consent.objects.filter(customer_number=customer_number)
    return list(rows.order_by("-given_at", "pk")[:MAX_LISTED])


def valid_consent(
    consent_id: uuid.UUID | str,
    customer_number: str,
    partner: str,
    purpose: str | Collection[str],
    at: datetime,
) -> Consent | None:
    """The customer's consent to this partner, for one of the purposes, that holds at the moment.
    In the bank's schema."""
    purposes = [purpose] if isinstance(purpose, str) else list(purpose)
    try:
        wanted = uuid.UUID(str(consent_id))
    except ValueError:
        return None
    return Consent.objects.filter(
        withdrawn_at__isnull=True, pk=wanted, customer_number=customer_number,
        app_id=partner, purpose__in=purposes, given_at__lte=at, expires_at__gt=at,
    ).first()  # fmt: skip


# --- What every change by an app needs -----------------------------------------------------------
def require_request_key(key: str) -> None:
    if not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise RequestKeyRequired(
            _("Send an Idempotency-Key of 1 to 100 printable ASCII characters with every change.")
        )


def refuse_reused_key() -> None:
    raise RequestKeyReused(
        _("This Idempotency-Key was used for another request; use a new key for a new change.")
    )


def request_fingerprint(**payload: object) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _check(
    purpose: str, version: str, digest: str, expires_at: datetime | None, at: datetime
) -> None:
    if purpose not in PURPOSES:
        raise ConsentRefused(
            _("purpose: choose one of %(known)s.") % {"known": ", ".join(ConsentPurpose.values)}
        )
    if not (0 < len(version) <= MAX_VERSION and version.isprintable()):
        raise ConsentRefused(_("wording_version: give a text of 1 to 20 characters."))
    if not _DIGEST.fullmatch(digest):
        raise ConsentRefused(
            _("wording_digest: give SHA-256 of the wording, 64 hexadecimal digits in lower case.")
        )
    if expires_at is not None and not at < expires_at <= at + timedelta(days=MAX_DAYS):
        raise ConsentRefused(_("expires_at: choose a time within one year from now."))


def facts_of(consent: Consent) -> Mapping[str, object]:
    """As the app is told."""
    return {
        "consent_id": str(consent.pk),
        "purpose": consent.purpose,
        "app_id": consent.app_id,
        "wording_version": consent.wording_version,
        "wording_digest": consent.wording_digest,
        "given_at": consent.given_at,
        "expires_at": consent.expires_at,
        "withdrawn_at": consent.withdrawn_at,
    }
