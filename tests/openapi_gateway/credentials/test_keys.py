from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import possession, services
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.derivation import derive_keys
from openapi_gateway.credentials.errors import (
    BadAddresses,
    BadKey,
    CredentialRefused,
    KeyConflict,
    NotProven,
)
from openapi_gateway.credentials.identifiers import is_secret, new_app_id, new_key_id, new_secret
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.platform_ring import chosen_ring_id, public_keys
from openapi_gateway.credentials.sealing import open_secret, seal_secret
from operators.errors import NotAllowed
from tenants.encryption import CannotDecrypt
from tenants.models import SchemaVersion
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.openapi_gateway.credentials.pairs import FAMILIES, proven
from tests.openapi_gateway.making import a_client, a_grant, a_key_pair

AT = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ROLES_WITHOUT_KEYS = ("checker", "viewer", "branch")


def version() -> int:
    row = SchemaVersion.objects.filter(schema_name="gateway:clients").first()
    return row.version if row else 0


# --- identifiers ----------------------------------------------------------------------------------
def test_ids_and_secrets_have_the_published_forms() -> None:
    assert len(new_app_id()) == 20
    assert new_app_id().startswith("app_")
    assert new_key_id("sandbox").startswith("k_sbx_")
    assert new_key_id("production").startswith("k_prd_")
    assert len(new_key_id("sandbox")) == 22
    secret = new_secret("production")
    assert secret.startswith("rcbsk_prd_")
    assert len(secret) == len("rcbsk_prd_") + 43 + 6
    assert is_secret(secret)


def test_a_secret_with_one_wrong_character_is_none() -> None:
    secret = new_secret("sandbox")

    wrong = [
        secret[:at] + ("A" if secret[at] != "A" else "B") + secret[at + 1 :]
        for at in range(10, len(secret))
    ]

    assert not any(is_secret(each) for each in wrong)
    assert not is_secret(secret.replace("_sbx_", "_prd_"))


# --- secrets --------------------------------------------------------------------------------------
def test_a_secret_is_given_once_and_kept_sealed(client_of_alpha: Client, maker: Any) -> None:
    key, secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", days=90, at=AT
    )

    stored = Key.objects.select_related("client__bank").get(pk=key.pk)
    assert is_secret(secret)
    assert secret.encode() not in bytes(stored.secret)
    assert open_secret(stored) == secret.encode()
    assert stored.state == KeyState.ACTIVE
    assert stored.expires_at == AT + 90 * DAY
    written = json.dumps(list(AuditEvent.objects.values("before", "after")), default=str)
    assert secret not in written
    assert secret[10:40] not in written
    assert stored.fingerprint in written


def test_a_sealed_secret_opens_in_its_own_row_alone(
    client_of_alpha: Client, beta: Any, maker: Any
) -> None:
    key, _secret = services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")
    other = a_client(beta)

    for changes in ({"key_id": "k_sbx_other"}, {"version": 2}, {"client": other}):
        moved = Key(key_id=key.key_id, version=key.version, client=key.client, secret=key.secret)
        for name, value in changes.items():
            setattr(moved, name, value)
        with pytest.raises(CannotDecrypt):
            open_secret(moved)


def test_sealing_does_not_depend_on_where_one_stands(alpha: Any) -> None:
    with tenant_context(alpha):
        sealed = seal_secret("s", key_id="k", schema_name=alpha.schema_name)
    assert connection.schema_name == "public"

    key = Key(key_id="k", client=Client(bank=alpha), secret=sealed)
    assert open_secret(key) == b"s"


def test_the_second_secret_must_say_what_it_replaces(client_of_alpha: Client, maker: Any) -> None:
    services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")

    with pytest.raises(KeyConflict, match="Another key is active"):
        services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")
    services.make_secret(actor=maker, client=client_of_alpha, environment="production")


def test_two_overlap_and_a_third_is_refused_until_the_first_has_retired(
    client_of_alpha: Client, maker: Any
) -> None:
    first, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", at=AT
    )
    second, _secret = services.replace_secret(actor=maker, key=first, at=AT + DAY)

    first.refresh_from_db()
    assert (first.state, first.retires_at) == (KeyState.RETIRING, AT + 8 * DAY)
    assert second.replaces == first
    with pytest.raises(KeyConflict, match="third"):
        services.replace_secret(actor=maker, key=second, at=AT + 7 * DAY)
    with pytest.raises(KeyConflict, match="third"):
        services.upload_key(
            actor=maker, client=client_of_alpha, environment="sandbox",
            pem=a_key_pair(Algorithm.P256)[1], at=AT + 7 * DAY,
        )  # fmt: skip

    # No task has run: the clock alone says that the first one is over.
    services.replace_secret(actor=maker, key=second, at=AT + 8 * DAY)

    states = list(Key.objects.order_by("pk").values_list("state", flat=True))
    assert states == [KeyState.RETIRED, KeyState.RETIRING, KeyState.ACTIVE]


def test_who_revokes_the_new_key_of_two_can_bring_in_another(
    client_of_alpha: Client, maker: Any
) -> None:
    """The old one, about to retire, is the only one left: it stays while the next is proven."""
    first, _sign = proven(maker, client_of_alpha)
    second, _sign = proven(maker, client_of_alpha)
    services.revoke_key(actor=maker, key=second, reason="lost")
    third, _sign = proven(maker, client_of_alpha)

    first.refresh_from_db()
    assert (first.state, third.state) == (KeyState.RETIRING, KeyState.ACTIVE)
    with pytest.raises(KeyConflict, match="third"):
        proven(maker, client_of_alpha)


@pytest.mark.parametrize("days", [-1, 31, 400])
def test_the_overlap_is_30_days_at_most(client_of_alpha: Client, maker: Any, days: int) -> None:
    key, _secret = services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")

    with pytest.raises(CredentialRefused, match="30 days"):
        services.replace_secret(actor=maker, key=key, overlap_days=days)

    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE
    assert Key.objects.count() == 1


def test_without_overlap_the_old_key_ends_at_once(client_of_alpha: Client, maker: Any) -> None:
    key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", at=AT
    )
    services.replace_secret(actor=maker, key=key, overlap_days=0, at=AT + DAY)

    key.refresh_from_db()
    assert key.state == KeyState.RETIRED
    assert not Key.objects.usable(AT + DAY).filter(pk=key.pk).exists()


def test_an_overlap_does_not_make_a_key_live_longer(client_of_alpha: Client, maker: Any) -> None:
    key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", days=3, at=AT
    )
    services.replace_secret(actor=maker, key=key, overlap_days=30, at=AT + DAY)

    key.refresh_from_db()
    assert key.ends_at == AT + 3 * DAY


@pytest.mark.parametrize("days", [0, -5, 366, 10_000])
def test_a_key_is_valid_for_365_days_at_most(
    client_of_alpha: Client, maker: Any, days: int
) -> None:
    with pytest.raises(CredentialRefused, match="365"):
        services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox", days=days)


def test_a_client_of_a2_services_gets_no_secret_for_production(
    client_of_alpha: Client, maker: Any
) -> None:
    a_grant(client_of_alpha, ("products", "liveness"))

    with pytest.raises(CredentialRefused, match="key pair"):
        services.make_secret(actor=maker, client=client_of_alpha, environment="production")
    services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")


def test_a_client_of_a1_services_alone_gets_one(client_of_alpha: Client, maker: Any) -> None:
    a_grant(client_of_alpha, ("products",))

    key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="production"
    )
    assert key.key_id.startswith("k_prd_")


# --- key pairs ------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", FAMILIES)
def test_a_pair_is_active_once_its_possession_is_proven(
    client_of_alpha: Client, maker: Any, algorithm: Algorithm
) -> None:
    sign, pem = a_key_pair(algorithm)
    key = services.upload_key(
        actor=maker, client=client_of_alpha, environment="production", pem=pem
    )
    assert (key.state, key.activated_at) == (KeyState.PENDING, None)

    services.prove_possession(
        actor=maker, key=key, signature=sign(possession.message_of(key).encode())
    )

    key.refresh_from_db()
    assert (key.state, key.challenge, key.public_key) == (KeyState.ACTIVE, "", pem)
    with pytest.raises(KeyConflict, match="not wait"):
        services.prove_possession(actor=maker, key=key, signature=b"again")


@pytest.mark.parametrize("algorithm", FAMILIES)
def test_a_proof_by_another_key_or_of_another_text_is_none(
    client_of_alpha: Client, maker: Any, algorithm: Algorithm
) -> None:
    sign, pem = a_key_pair(algorithm)
    other, _pem = a_key_pair(algorithm)
    key = services.upload_key(actor=maker, client=client_of_alpha, environment="sandbox", pem=pem)
    text = possession.message_of(key).encode()

    for signature in (
        other(text), sign(text + b"\n"), sign(key.challenge.encode()), b"", bytes(64), b"\xff" * 64,
        sign(text)[:-1], sign(text) + b"\0", b"0" * 300,
    ):  # fmt: skip
        with pytest.raises(NotProven):
            services.prove_possession(actor=maker, key=key, signature=signature)
    key.refresh_from_db()
    assert key.state == KeyState.PENDING


def test_a_challenge_is_over_after_a_day_and_can_be_renewed(
    client_of_alpha: Client, maker: Any
) -> None:
    sign, pem = a_key_pair(Algorithm.ED25519)
    key = services.upload_key(
        actor=maker, client=client_of_alpha, environment="sandbox", pem=pem, at=AT
    )
    old = sign(possession.message_of(key).encode())

    with pytest.raises(NotProven, match="24 hours"):
        services.prove_possession(actor=maker, key=key, signature=old, at=AT + DAY)
    key = services.renew_challenge(actor=maker, key=key, at=AT + DAY)
    with pytest.raises(NotProven, match="does not fit"):
        services.prove_possession(actor=maker, key=key, signature=old, at=AT + DAY)
    services.prove_possession(
        actor=maker, key=key, signature=sign(possession.message_of(key).encode()), at=AT + DAY
    )


def test_a_proven_pair_lets_the_present_key_retire(client_of_alpha: Client, maker: Any) -> None:
    secret_key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", at=AT
    )

    key, _sign = proven(maker, client_of_alpha, overlap_days=14, at=AT + DAY)

    secret_key.refresh_from_db()
    assert (secret_key.state, secret_key.retires_at) == (KeyState.RETIRING, AT + 15 * DAY)
    assert key.replaces_id == secret_key.pk


@pytest.mark.parametrize("algorithm", FAMILIES)
def test_a_pair_serves_one_key_of_one_client(
    client_of_alpha: Client, bank: Any, maker: Any, algorithm: Algorithm
) -> None:
    sign, pem = a_key_pair(algorithm)
    other = a_client(bank)
    waiting = services.upload_key(actor=maker, client=other, environment="sandbox", pem=pem)
    key = services.upload_key(actor=maker, client=client_of_alpha, environment="sandbox", pem=pem)
    services.prove_possession(
        actor=maker, key=key, signature=sign(possession.message_of(key).encode())
    )

    with pytest.raises(KeyConflict, match="in use already"):
        services.prove_possession(
            actor=maker, key=waiting, signature=sign(possession.message_of(waiting).encode())
        )
    services.revoke_key(actor=maker, key=key, reason="lost")
    with pytest.raises(KeyConflict, match="in use already"):
        services.upload_key(actor=maker, client=client_of_alpha, environment="production", pem=pem)


@pytest.mark.parametrize("algorithm", FAMILIES)
def test_the_platform_s_own_key_is_refused(
    client_of_alpha: Client, maker: Any, settings: Any, algorithm: Algorithm
) -> None:
    settings.GATEWAY_SIGNING_KEYS = {"now": b"n" * 32, "later": b"l" * 32}

    for ring_id in settings.GATEWAY_SIGNING_KEYS:
        pem = public_keys(ring_id)[algorithm].pem
        with pytest.raises(KeyConflict, match="of the platform"):
            services.upload_key(actor=maker, client=client_of_alpha, environment="sandbox", pem=pem)


def test_one_upload_waits_at_a_time(client_of_alpha: Client, maker: Any) -> None:
    def upload(environment: str) -> Key:
        return services.upload_key(
            actor=maker, client=client_of_alpha, environment=environment,
            pem=a_key_pair(Algorithm.P256)[1],
        )  # fmt: skip

    first = upload("sandbox")
    with pytest.raises(KeyConflict, match="waits for its proof"):
        upload("sandbox")
    upload("production")
    services.revoke_key(actor=maker, key=first, reason="wrong file")
    upload("sandbox")


def test_a_refused_upload_leaves_nothing(client_of_alpha: Client, maker: Any) -> None:
    events = AuditEvent.objects.count()

    with pytest.raises(BadKey):
        services.upload_key(
            actor=maker, client=client_of_alpha, environment="sandbox", pem="PRIVATE KEY"
        )

    assert Key.objects.count() == 0
    assert AuditEvent.objects.count() == events


# --- addresses ------------------------------------------------------------------------------------
def test_a_key_s_addresses_lie_within_those_of_the_grants(
    client_of_alpha: Client, maker: Any
) -> None:
    a_grant(
        client_of_alpha, ("products",),
        addresses={"sandbox": ["203.0.113.0/24", "2001:db8::/48"], "production": []},
    )  # fmt: skip
    key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", addresses=["203.0.113.7"]
    )
    assert key.addresses == ["203.0.113.7/32"]

    for wide in ("203.0.112.0/23", "198.51.100.1", "2001:db8:1::/48"):
        with pytest.raises(BadAddresses, match="outside"):
            services.allow_addresses(actor=maker, key=key, addresses=[wide])
    before = version()
    services.allow_addresses(
        actor=maker, key=key, addresses=["203.0.113.0/28", "2001:db8:0:1::/64"]
    )
    assert version() == before + 1
    key.refresh_from_db()
    assert key.addresses == ["203.0.113.0/28", "2001:db8:0:1::/64"]


@pytest.mark.parametrize("address", ["0.0.0.0/0", "::/0", "hello", "127.0.0.1", "10.0.0.300"])
def test_what_is_no_address_of_a_caller_is_refused(
    client_of_alpha: Client, maker: Any, address: str
) -> None:
    with pytest.raises(BadAddresses):
        services.make_secret(
            actor=maker, client=client_of_alpha, environment="sandbox", addresses=[address]
        )


# --- revoking, and who may ------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["maker", "administrator", "checker"])
def test_a_bank_revokes_with_a_reason(client_of_alpha: Client, maker: Any, role: str) -> None:
    key, _secret = services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")
    person = make_operator("revoker", role)
    before = version()

    with pytest.raises(CredentialRefused, match="reason"):
        services.revoke_key(actor=person, key=key, reason="  ")
    services.revoke_key(actor=person, key=key, reason="leaked", at=AT)

    key.refresh_from_db()
    assert (key.state, key.revoked_at, key.revoked_by) == (KeyState.REVOKED, AT, "revoker")
    assert version() == before + 1
    with pytest.raises(KeyConflict, match="already"):
        services.revoke_key(actor=person, key=key, reason="again")


@pytest.mark.parametrize(
    ("role", "may"),
    [("administrator", True), ("operator", True), ("technical_reviewer", True), ("auditor", False),
     ("compliance_reviewer", False)],
)  # fmt: skip
def test_the_platform_s_guards_revoke_and_do_nothing_else(
    client_of_alpha: Client, maker: Any, role: str, may: bool
) -> None:
    key, _secret = services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")

    with tenant_context(PLATFORM):
        person = make_operator(f"platform-{role}", role)
        if not may:
            with pytest.raises(NotAllowed):
                services.revoke_key(actor=person, key=key, reason="risk")
            return
        for forbidden in (
            lambda: services.replace_secret(actor=person, key=key),
            lambda: services.make_secret(
                actor=person, client=client_of_alpha, environment="production"
            ),
            lambda: services.allow_addresses(actor=person, key=key, addresses=[]),
        ):
            with pytest.raises(NotAllowed):
                forbidden()
        services.revoke_key(actor=person, key=key, reason="risk")
        assert AuditEvent.objects.filter(event="gateway.key_revoked").count() == 1


@pytest.mark.parametrize("role", ROLES_WITHOUT_KEYS)
def test_others_of_the_bank_make_no_keys(client_of_alpha: Client, role: str) -> None:
    person = make_operator("onlooker", role)

    with pytest.raises(NotAllowed):
        services.make_secret(actor=person, client=client_of_alpha, environment="sandbox")
    with pytest.raises(NotAllowed):
        services.register_client(actor=person, bank=client_of_alpha.bank, name="x")


def test_a_bank_s_operator_cannot_touch_another_bank_s_clients(
    client_of_alpha: Client, beta: Any, maker: Any
) -> None:
    key, _secret = services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")

    with tenant_context(beta):
        stranger = make_operator("stranger", "administrator")
        for forbidden in (
            lambda: services.register_client(actor=stranger, bank=client_of_alpha.bank, name="x"),
            lambda: services.edit_client(actor=stranger, client=client_of_alpha, name="x"),
            lambda: services.close_client(actor=stranger, client=client_of_alpha, reason="x"),
            lambda: services.make_secret(
                actor=stranger, client=client_of_alpha, environment="production"
            ),
            lambda: services.replace_secret(actor=stranger, key=key),
            lambda: services.upload_key(
                actor=stranger, client=client_of_alpha, environment="production",
                pem=a_key_pair(Algorithm.P256)[1],
            ),
            lambda: services.revoke_key(actor=stranger, key=key, reason="x"),
            lambda: services.allow_addresses(actor=stranger, key=key, addresses=[]),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                forbidden()
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE


# --- the platform's private keys ------------------------------------------------------------------
def test_the_platform_s_keys_follow_from_their_seed_and_differ_by_family() -> None:
    one, again, other = derive_keys(b"a" * 32), derive_keys(b"a" * 32), derive_keys(b"b" * 32)

    assert one[Algorithm.P256].private_numbers() == again[Algorithm.P256].private_numbers()
    scalars = {
        keys[family].private_numbers().private_value
        for keys in (one, other)
        for family in (Algorithm.P256, Algorithm.SM2)
    }
    assert len(scalars) == 4


def test_a_ring_without_keys_cannot_sign(settings: Any, db: None) -> None:
    settings.GATEWAY_SIGNING_KEYS = {}
    with pytest.raises(ImproperlyConfigured):
        chosen_ring_id(0.5)
