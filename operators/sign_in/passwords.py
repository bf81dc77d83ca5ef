"""Setting passwords: by a one-time link, or by the person who knows the present one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from operators import events
from operators.errors import LinkSpent, PasswordRefused
from operators.models import Operator, PasswordLink, PasswordRecord
from operators.sign_in.addresses import console_address
from operators.sign_in.attempts import confirm_password

LINK_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """The address is told once; what is stored does not give it back."""

    address: str
    expires_at: datetime


def make_link(*, operator: Operator, issued_by: str, at: datetime) -> IssuedLink:
    """A new one-time link; those given out before stop working. Inside a service's transaction."""
    secret = secrets.token_urlsafe(32)
    PasswordLink.objects.filter(operator=operator, used_at=None, expires_at__gt=at).update(
        expires_at=at
    )
    link = PasswordLink.objects.create(
        operator=operator,
        digest=_digest(secret),
        created_at=at,
        expires_at=at + LINK_LIFETIME,
        issued_by=issued_by,
    )
    return IssuedLink(console_address(f"/admin/password/{secret}/"), link.expires_at)


def open_link(secret: str, at: datetime | None = None) -> PasswordLink:
    """The link, if a password can be set with it now. Raises ``LinkSpent``."""
    links = PasswordLink.objects.filter(
        digest=_digest(secret),
        used_at=None,
        expires_at__gt=at or timezone.now(),
        operator__is_active=True,
    )
    link = links.select_related("operator").first()
    if link is None:
        raise _spent()
    return link


def set_password_by_link(*, secret: str, password: str, at: datetime | None = None) -> Operator:
    """Uses the link up. Of two who use it at once, one succeeds."""
    at = at or timezone.now()
    link = open_link(secret, at)
    encoded = _checked(link.operator, password)
    with transaction.atomic():
        usable = PasswordLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=at)
        if usable.update(used_at=at) != 1:
            raise _spent()
        operator = Operator.objects.select_for_update().get(pk=link.operator_id)
        if not operator.is_active:
            raise _spent()
        _store(operator, encoded, at)
        Operator.objects.filter(pk=operator.pk).forget_failures()
        record(events.PASSWORD_SET, actor=operator, target=operator, at=at)
    return operator


def change_own_password(
    *, actor: Operator, present: str, password: str, at: datetime | None = None
) -> Operator:
    """Other sessions of the person end; the caller refreshes the one at hand."""
    at = at or timezone.now()
    confirm_password(actor=actor, password=present, at=at)
    encoded = _checked(actor, password)
    with transaction.atomic():
        operator = Operator.objects.select_for_update().get(pk=actor.pk)
        _store(operator, encoded, at)
        # Whoever holds an unused link could otherwise undo the change.
        PasswordLink.objects.filter(operator=operator, used_at=None, expires_at__gt=at).update(
            expires_at=at
        )
        record(events.PASSWORD_CHANGED, actor=operator, target=operator, at=at)
    return operator


def _checked(operator: Operator, password: str) -> str:
    """The hash of an acceptable password, made before any row is locked: it takes its time."""
    try:
        validate_password(password, operator)
    except ValidationError as error:
        raise PasswordRefused(" ".join(error.messages)) from error
    return make_password(password)


def _store(operator: Operator, encoded: str, at: datetime) -> None:
    """Sets the hash and remembers it; the session version ends all sessions."""
    former = operator.password
    if operator.has_usable_password() and not _remembered(operator, former):
        since = operator.password_changed_at or operator.created_at
        PasswordRecord.objects.create(operator=operator, password=former, set_at=since)
    operator.password = encoded
    operator.password_changed_at = at
    operator.must_change_password = False
    operator.session_version = F("session_version") + 1  # type: ignore[assignment]
    operator.save(
        update_fields=["password", "password_changed_at", "must_change_password", "session_version"]
    )
    operator.refresh_from_db(fields=["session_version"])
    PasswordRecord.objects.create(operator=operator, password=encoded, set_at=at)
    kept = operator.password_records.values("pk")[: settings.PASSWORD_HISTORY]
    operator.password_records.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def _remembered(operator: Operator, encoded: str) -> bool:
    return operator.password_records.filter(password=encoded).exists()


def _digest(secret: str) -> str:
    """Bound to the schema: a link of one bank is nothing at another, were its row copied there."""
    return hashlib.sha256(f"{connection.schema_name}:{secret}".encode()).hexdigest()


def _spent() -> LinkSpent:
    return LinkSpent(
        _("This link has been used or has expired. Ask your administrator for a new one.")
    )
