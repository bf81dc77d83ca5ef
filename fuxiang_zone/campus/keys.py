"""What a school's system signs with: made here, shown once, kept encrypted.

A notice carries ``Campus-Key``, ``Campus-Timestamp`` (seconds since 1970) and ``Campus-Signature``:
``v1=`` and the hexadecimal HMAC-SHA256 of ``<timestamp>.<body>`` under the secret.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from fuxiang_zone.campus import events, sight
from fuxiang_zone.campus.errors import CampusRefused, SignatureRefused
from fuxiang_zone.campus.models import School, SchoolKey
from tenants.encryption import CannotDecrypt, Cipher

if TYPE_CHECKING:
    from operators.models import Operator

PURPOSE = "campus key"
# Both ways: clocks of schools are not exact.
WINDOW_SECONDS = 300
# How long the secret before still counts when a new one is issued.
OVERLAP = timedelta(hours=24)
SCHEME = "v1="


@dataclass(frozen=True, slots=True)
class Issued:
    key_id: str
    # Shown once: no page, log or trail holds it afterwards.
    secret: str


def issue_key(*, actor: Operator, school_id: int, at: datetime | None = None) -> Issued:
    """A new secret; the one before counts for another day."""
    school = sight.require_school(actor, sight.MANAGE_KEY, school_id)
    at = at or timezone.now()
    issued = Issued(f"ck_{secrets.token_urlsafe(12)}", secrets.token_urlsafe(32))
    sealed = Cipher(PURPOSE).encrypt(issued.secret.encode(), issued.key_id.encode())
    with transaction.atomic():
        School.objects.select_for_update().get(pk=school_id)
        replaced = SchoolKey.objects.filter(school=school, ends_at=None)
        before = list(replaced.values_list("key_id", flat=True))
        replaced.update(ends_at=at + OVERLAP)
        SchoolKey.objects.create(
            school=school, key_id=issued.key_id, secret=sealed, made_at=at, made_by_name=str(actor)
        )
        record(
            events.KEY_ISSUED, actor=actor, target=school, at=at,
            before={"keys": before}, after={"key": issued.key_id},
        )  # fmt: skip
    return issued


def end_keys(*, actor: Operator, school_id: int, reason: str, at: datetime | None = None) -> int:
    """At once: what is signed with them is refused from now on."""
    school = sight.require_school(actor, sight.MANAGE_KEY, school_id)
    at = at or timezone.now()
    with transaction.atomic():
        School.objects.select_for_update().get(pk=school_id)
        ended = list(in_force(school, at).values_list("key_id", flat=True))
        if not ended:
            raise CampusRefused(_("The school has no secret in force."))
        SchoolKey.objects.filter(key_id__in=ended).update(ends_at=at)
        record(
            events.KEY_ENDED, actor=actor, target=school, reason=reason, at=at,
            before={"keys": sorted(ended)},
        )  # fmt: skip
    return len(ended)


def in_force(school: School, at: datetime) -> QuerySet[SchoolKey]:
    return SchoolKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), school=school)


def verify_notice(
    *, key_id: str, timestamp: str, signature: str, body: bytes, at: datetime
) -> SchoolKey:
    """Whose notice it is. Raises ``SignatureRefused``."""
    if not (key_id and timestamp and signature):
        raise SignatureRefused(
            _("Send Campus-Key, Campus-Timestamp and Campus-Signature."), code="signature_missing"
        )
    _require_fresh(timestamp, at)
    key = (
        SchoolKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), key_id=key_id[:40])
        .select_related("school")
        .first()
        if key_id.isascii() and key_id.isprintable()
        else None
    )
    if key is None or not _is_signed(key, timestamp, signature, body):
        # The same words for an unknown key: who guesses learns nothing.
        raise SignatureRefused(
            _("The signature does not fit: sign “timestamp.body” with the school's own secret.")
        )
    return key


def _require_fresh(timestamp: str, at: datetime) -> None:
    is_number = len(timestamp) <= 11 and timestamp.isascii() and timestamp.isdigit()
    if not is_number or abs(at.timestamp() - int(timestamp)) > WINDOW_SECONDS:
        raise SignatureRefused(
            _("The timestamp is more than %(seconds)s seconds off; send the time of the call.")
            % {"seconds": WINDOW_SECONDS},
            code="signature_stale",
        )


def _is_signed(key: SchoolKey, timestamp: str, signature: str, body: bytes) -> bool:
    try:
        secret = Cipher(PURPOSE).decrypt(bytes(key.secret), key.key_id.encode())
    except CannotDecrypt:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode())


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    return SCHEME + hmac.digest(secret, timestamp.encode() + b"." + body, "sha256").hex()
