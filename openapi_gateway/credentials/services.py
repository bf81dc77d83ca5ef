"""The verbs of clients and their keys. A bank's own operators do all of it; the platform can only
revoke.

Locks: the client, then its keys by primary key; every change ends with ``client_changed``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from openapi_gateway.access.people import on_platform, require_own_bank
from openapi_gateway.changes import client_changed
from openapi_gateway.choices import Algorithm, Environment
from openapi_gateway.credentials import events, possession, rules
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.ending import end_key
from openapi_gateway.credentials.errors import (
    CredentialRefused,
    KeyConflict,
    NotProven,
)
from openapi_gateway.credentials.identifiers import new_app_id, new_key_id, new_secret
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.platform_ring import platform_digests
from openapi_gateway.credentials.public_keys import PublicKey, read_upload
from openapi_gateway.credentials.sealing import fingerprint_of, seal_secret
from operators.permissions import require
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank

MANAGE, REVOKE = "gateway_credentials.manage_key", "gateway_credentials.revoke_key"
ADD_CLIENT = "gateway_credentials.add_client"
CHANGE_CLIENT = "gateway_credentials.change_client"
DEFAULT_DAYS = 365


# --- clients --------------------------------------------------------------------------------------
@transaction.atomic
def register_client(
    *, actor: Operator, bank: Bank, name: str, summary: str = "", origins: Iterable[str] = (),
    at: datetime | None = None,
) -> Client:  # fmt: skip
    require(actor, ADD_CLIENT)
    require_own_bank(bank)
    name = rules.clean_name(name)
    take_for_transaction(f"gateway.clients.{bank.pk}")
    rules.refuse_taken_name(bank.pk, name)
    client = Client.objects.create(
        app_id=new_app_id(), bank=bank, name=name, summary=rules.clean_summary(summary),
        origins=rules.clean_origins(origins), created_by=str(actor)[:150],
        created_at=at or timezone.now(),
    )  # fmt: skip
    record(
        events.CLIENT_REGISTERED, actor=actor, target=client,
        after={"app_id": client.app_id, **_content(client)},
    )  # fmt: skip
    client_changed(client.app_id)
    return client


@transaction.atomic
def edit_client(
    *, actor: Operator, client: Client, name: str, summary: str = "", origins: Iterable[str] = ()
) -> Client:
    require(actor, CHANGE_CLIENT)
    require_own_bank(client.bank)
    take_for_transaction(f"gateway.clients.{client.bank_id}")
    row = _open_client(client.pk)
    before = _content(row)
    row.name, row.summary = rules.clean_name(name), rules.clean_summary(summary)
    row.origins = rules.clean_origins(origins)
    rules.refuse_taken_name(row.bank_id, row.name, but=row.pk)
    if before == _content(row):
        return row
    row.save(update_fields=["name", "summary", "origins"])
    record(events.CLIENT_EDITED, actor=actor, target=row, before=before, after=_content(row))
    client_changed(row.app_id)
    return row


@transaction.atomic
def close_client(
    *, actor: Operator, client: Client, reason: str, at: datetime | None = None
) -> Client:
    """For good: its keys are revoked with it."""
    require(actor, CHANGE_CLIENT)
    require_own_bank(client.bank)
    reason, at = rules.clean_reason(reason), at or timezone.now()
    row = _open_client(client.pk)
    if rules.has_open_grant(row):
        raise CredentialRefused(_("This client holds grants. Terminate them first."))
    for key in row.keys.exclude(state__in=KeyState.final()).order_by("pk"):
        _revoke(actor, key, reason, at)
    row.state = ClientState.CLOSED
    row.save(update_fields=["state"])
    record(events.CLIENT_CLOSED, actor=actor, target=row, reason=reason)
    client_changed(row.app_id)
    return row


# --- secrets --------------------------------------------------------------------------------------
def make_secret(
    *, actor: Operator, client: Client, environment: str, days: int = DEFAULT_DAYS,
    addresses: Iterable[str] = (), at: datetime | None = None,
) -> tuple[Key, str]:  # fmt: skip
    """The first key of a client in an environment. The secret is returned here and never again."""
    return _make_secret(actor, client.pk, environment, days, addresses, None, at)


def replace_secret(
    *, actor: Operator, key: Key, days: int = DEFAULT_DAYS, addresses: Iterable[str] = (),
    overlap_days: int = rules.OVERLAP_DAYS, at: datetime | None = None,
) -> tuple[Key, str]:  # fmt: skip
    """``key``, active, goes on for ``overlap_days``."""
    return _make_secret(
        actor, key.client_id, key.environment, days, addresses, (key.pk, overlap_days), at
    )


@transaction.atomic
def _make_secret(
    actor: Operator, client_id: int, environment: str, days: int, addresses: Iterable[str],
    replaced: tuple[int, int] | None, at: datetime | None,
) -> tuple[Key, str]:  # fmt: skip
    at = at or timezone.now()
    where, client = rules.require_environment(environment), _managed_client(actor, client_id)
    rules.require_symmetric_allowed(client, where)
    old = _make_room(actor, client, where, at, replaced)
    secret, key_id = new_secret(where), new_key_id(where)
    key = Key.objects.create(
        **_columns(actor, client, where, days, addresses, at), key_id=key_id,
        algorithm=Algorithm.HMAC_SHA256, state=KeyState.ACTIVE, activated_at=at, replaces=old,
        secret=seal_secret(secret, key_id=key_id, schema_name=client.bank.schema_name),
        fingerprint=fingerprint_of(secret.encode()),
    )  # fmt: skip
    record(events.SECRET_MADE, actor=actor, target=key, after=facts(key), at=at)
    client_changed(client.app_id)
    return key, secret


# --- key pairs ------------------------------------------------------------------------------------
@transaction.atomic
def upload_key(
    *, actor: Operator, client: Client, environment: str, pem: str, days: int = DEFAULT_DAYS,
    addresses: Iterable[str] = (), at: datetime | None = None,
) -> Key:  # fmt: skip
    """A public key, without power until ``prove_possession``."""
    at, where = at or timezone.now(), rules.require_environment(environment)
    given = read_upload(pem)
    client = _managed_client(actor, client.pk)
    _refuse_known(given)
    if client.keys.filter(environment=where, state=KeyState.PENDING).exists():
        raise KeyConflict(
            _("Another uploaded key waits for its proof here. Prove it, or revoke it first.")
        )
    _tidy(client, where, at)
    # A key that is being replaced may be the only one left, when the new one was revoked.
    if all(rules.active_and_retiring(client, where)):
        raise KeyConflict(_third_key())
    key = Key.objects.create(
        **_columns(actor, client, where, days, addresses, at), key_id=new_key_id(where),
        algorithm=given.algorithm, state=KeyState.PENDING, public_key=given.pem,
        digest=given.digest, fingerprint=given.fingerprint,
        challenge=possession.new_challenge(), challenge_expires_at=at + possession.VALID_FOR,
    )  # fmt: skip
    record(events.KEY_UPLOADED, actor=actor, target=key, after=facts(key), at=at)
    client_changed(client.app_id)
    return key


@transaction.atomic
def renew_challenge(*, actor: Operator, key: Key, at: datetime | None = None) -> Key:
    at = at or timezone.now()
    client = _managed_client(actor, key.client_id)
    row = _pending(key.pk, client)
    row.challenge, row.challenge_expires_at = possession.new_challenge(), at + possession.VALID_FOR
    row.save(update_fields=["challenge", "challenge_expires_at"])
    record(events.CHALLENGE_RENEWED, actor=actor, target=row, at=at)
    client_changed(client.app_id)
    return row


@transaction.atomic
def prove_possession(
    *, actor: Operator, key: Key, signature: bytes, overlap_days: int = rules.OVERLAP_DAYS,
    at: datetime | None = None,
) -> Key:  # fmt: skip
    """Makes the key active; one that was active goes on for ``overlap_days``."""
    at = at or timezone.now()
    client = _managed_client(actor, key.client_id)
    row = _pending(key.pk, client)
    _require_proof(row, signature, at)
    take_for_transaction(f"gateway.key_pair.{row.digest}")
    if Key.objects.filter(digest=row.digest, activated_at__isnull=False).exists():
        raise KeyConflict(_used_pair())
    where = Environment(row.environment)
    _tidy(client, where, at)
    active, _retiring = rules.active_and_retiring(client, where)
    replaced = (active.pk, overlap_days) if active else None
    row.replaces = _make_room(actor, client, where, at, replaced)
    row.state, row.activated_at, row.challenge = KeyState.ACTIVE, at, ""
    row.challenge_expires_at = None
    row.save(
        update_fields=["state", "activated_at", "challenge", "challenge_expires_at", "replaces"]
    )
    record(events.KEY_PROVEN, actor=actor, target=row, after=facts(row), at=at)
    client_changed(client.app_id)
    return row


# --- both -----------------------------------------------------------------------------------------
@transaction.atomic
def revoke_key(*, actor: Operator, key: Key, reason: str, at: datetime | None = None) -> Key:
    """For good, and at once in every process. The platform may do it, too."""
    require(actor, REVOKE)
    if not on_platform():
        require_own_bank(key.client.bank)
    reason, at = rules.clean_reason(reason), at or timezone.now()
    client = Client.objects.select_for_update().get(pk=key.client_id)
    row = client.keys.select_for_update().get(pk=key.pk)
    if row.state in KeyState.final():
        raise KeyConflict(
            _("This key is %(state)s already.") % {"state": KeyState(row.state).label}
        )
    _revoke(actor, row, reason, at)
    client_changed(client.app_id)
    return row


@transaction.atomic
def allow_addresses(*, actor: Operator, key: Key, addresses: Iterable[str]) -> Key:
    """CIDR, within the grants'; empty = as the grants have it."""
    client = _managed_client(actor, key.client_id)
    row = client.keys.select_for_update().get(pk=key.pk)
    if row.state in KeyState.final():
        raise KeyConflict(_("This key is not in use any more: its addresses stay as they were."))
    before = row.addresses
    row.addresses = rules.clean_key_addresses(client, row.environment, addresses)
    if row.addresses == before:
        return row
    row.save(update_fields=["addresses"])
    record(
        events.KEY_ADDRESSES_CHANGED, actor=actor, target=row,
        before={"addresses": before}, after={"addresses": row.addresses},
    )  # fmt: skip
    client_changed(client.app_id)
    return row


def facts(key: Key) -> dict[str, Any]:
    """For the audit trail: nothing of the secret but its fingerprint."""
    return {
        "key_id": key.key_id, "app_id": key.client.app_id, "environment": str(key.environment),
        "algorithm": str(key.algorithm), "state": str(key.state), "fingerprint": key.fingerprint,
        "expires_at": key.expires_at, "addresses": key.addresses,
        "replaces": key.replaces.key_id if key.replaces else "",
    }  # fmt: skip


# --- steps ----------------------------------------------------------------------------------------
def _managed_client(actor: Operator, client_id: int) -> Client:
    """Locked: all that changes its keys waits in line here."""
    require(actor, MANAGE)
    client = _open_client(client_id)
    require_own_bank(client.bank)
    return client


def _open_client(client_id: int) -> Client:
    client = Client.objects.select_for_update(of=("self",)).select_related("bank").get(pk=client_id)
    if client.state != ClientState.ACTIVE:
        raise CredentialRefused(_("This client is closed. Register a new one."))
    return client


def _columns(
    actor: Operator, client: Client, where: Environment, days: int, addresses: Iterable[str],
    at: datetime,
) -> dict[str, Any]:  # fmt: skip
    return {
        "client": client,
        "environment": where,
        "addresses": rules.clean_key_addresses(client, where, addresses),
        "created_by": str(actor)[:150],
        "created_at": at,
        "expires_at": at + rules.require_days(days),
        "reminded": rules.passed_reminders(days),
    }


def _make_room(
    actor: Operator, client: Client, where: Environment, at: datetime,
    replaced: tuple[int, int] | None,
) -> Key | None:  # fmt: skip
    """Lets the active key retire when, and only when, it is the one that shall be replaced."""
    _tidy(client, where, at)
    active, retiring = rules.active_and_retiring(client, where)
    if active is None and replaced is None:
        return None
    if active is None or replaced is None or active.pk != replaced[0]:
        raise KeyConflict(
            _("Another key is active here by now. Look at the client's keys and start again.")
        )
    if retiring is not None:
        raise KeyConflict(_third_key())
    _let_retire(active, replaced[1], at)
    return active


def _let_retire(key: Key, overlap_days: int, at: datetime) -> None:
    overlap = rules.require_overlap(overlap_days)
    key.retires_at = min(at + overlap, key.expires_at)
    key.state = KeyState.RETIRING if key.retires_at > at else KeyState.RETIRED
    key.reminded = rules.passed_reminders((key.retires_at - at).days)
    key.save(update_fields=["retires_at", "state", "reminded"])


def _tidy(client: Client, where: Environment, at: datetime) -> None:
    for key in client.keys.ended(at).filter(environment=where).order_by("pk"):
        end_key(key, at)


def _revoke(actor: Operator, key: Key, reason: str, at: datetime) -> None:
    before = {"state": str(key.state)}
    key.state, key.revoked_at, key.challenge = KeyState.REVOKED, at, ""
    key.revocation_reason, key.revoked_by = reason, str(actor)[:150]
    key.save(update_fields=["state", "revoked_at", "challenge", "revocation_reason", "revoked_by"])
    record(
        events.KEY_REVOKED, actor=actor, target=key, reason=reason, at=at, before=before,
        after={"key_id": key.key_id, "state": str(key.state)},
    )  # fmt: skip


def _pending(key_id: int, client: Client) -> Key:
    row = Key.objects.select_for_update().filter(pk=key_id, client=client).first()
    if row is None or row.state != KeyState.PENDING:
        raise KeyConflict(_("This key does not wait for a proof (any more)."))
    row.client = client
    return row


def _require_proof(key: Key, signature: bytes, at: datetime) -> None:
    if key.challenge_expires_at is None or key.challenge_expires_at <= at:
        raise NotProven(_("The challenge is older than 24 hours. Ask for a new one and sign that."))
    if key.expires_at <= at:
        raise NotProven(_("The key's time is over. Revoke it and upload a new one."))
    if not possession.is_proof(key, signature):
        raise NotProven(
            _(
                "The signature does not fit. Sign exactly the challenge shown here, without a line "
                "break at its end, with the private key of the public key that was uploaded."
            )
        )


def _refuse_known(given: PublicKey) -> None:
    if given.digest in platform_digests():
        raise KeyConflict(
            _("This is a key of the platform itself. Make a key pair of your own and upload that.")
        )
    if Key.objects.filter(digest=given.digest, activated_at__isnull=False).exists():
        raise KeyConflict(_used_pair())


def _used_pair() -> str:
    return _("This key pair is, or was, in use already. Make a new one: a pair serves one key.")


def _third_key() -> str:
    return _(
        "Two keys overlap here already. Wait until the older one has retired, or revoke it, before "
        "you bring in a third."
    )


def _content(client: Client) -> dict[str, Sequence[str]]:
    return {"name": client.name, "summary": client.summary, "origins": client.origins}
