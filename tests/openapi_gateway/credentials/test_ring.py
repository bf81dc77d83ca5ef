from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.checks import run_checks
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import platform_ring, rotation
from openapi_gateway.credentials.errors import RotationRefused
from openapi_gateway.credentials.models import PlatformKey
from openapi_gateway.credentials.platform_ring import RingState, chosen_ring_id, published_keys
from openapi_gateway.credentials.platform_signer import platform_signer
from openapi_gateway.signing.algorithms import load_public_key, verifier
from operators.errors import NotAllowed
from operators.models import Operator
from tenants.changes import current_directory, reading_once
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator

AT = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _ring(settings: Any) -> None:
    settings.GATEWAY_SIGNING_KEYS = {name: name.encode() * 16 for name in ("k1", "k2", "k3")}


@pytest.fixture
def admin(db: None) -> Iterator[Operator]:
    with tenant_context(PLATFORM):
        yield make_operator("ring-admin", "administrator")


def shares(count: int = 20_000) -> Counter[str]:
    rolled = random.Random(7)
    with reading_once(current_directory()):
        return Counter(chosen_ring_id(rolled.random()) for _each in range(count))


def states() -> dict[str, RingState]:
    return {each.ring_id: each.state for each in published_keys()}


def test_the_first_of_the_ring_signs_until_the_console_says_otherwise(db: None) -> None:
    assert shares() == {"k1": 20_000}
    assert states() == {"k1": RingState.CURRENT}


def test_a_rotation_goes_forward_step_by_step_and_each_step_counts_at_once(
    admin: Operator,
) -> None:
    rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)
    assert states() == {"k1": RingState.CURRENT, "k2": RingState.ANNOUNCED}
    assert shares() == {"k1": 20_000}

    seen = []
    for share in (0, 100, 1_000, 5_000):
        rotation.raise_share(actor=admin, key_id="k2", share_now=share, at=AT + HOUR)
        seen.append(shares()["k2"] / 20_000)
    assert seen == [pytest.approx(0.01, abs=0.003), pytest.approx(0.1, abs=0.01),
                    pytest.approx(0.5, abs=0.02), 1.0]  # fmt: skip
    assert states()["k1"] == RingState.CURRENT

    rotation.take_over(actor=admin, key_id="k2", at=AT + 2 * HOUR)
    assert shares() == {"k2": 20_000}
    assert states() == {"k2": RingState.CURRENT, "k1": RingState.RETIRED}
    told = AuditEvent.objects.filter(event__startswith="gateway.platform_key")
    assert Counter(told.values_list("event", flat=True)) == {
        "gateway.platform_key_announced": 1, "gateway.platform_key_share_raised": 4,
        "gateway.platform_key_took_over": 1,
    }  # fmt: skip


def test_abort_falls_back_at_once_and_the_way_can_be_gone_again(admin: Operator) -> None:
    rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)
    for share in (0, 100, 1_000):
        rotation.raise_share(actor=admin, key_id="k2", share_now=share, at=AT + HOUR)

    rotation.abort_rotation(actor=admin, key_id="k2", reason="partners complain")

    assert shares() == {"k1": 20_000}
    assert states()["k2"] == RingState.ANNOUNCED
    with pytest.raises(RotationRefused, match="nothing to abort"):
        rotation.abort_rotation(actor=admin, key_id="k2", reason="again")
    rotation.raise_share(actor=admin, key_id="k2", share_now=0, at=AT + HOUR)


def test_what_leads_nowhere_is_refused(admin: Operator) -> None:
    with pytest.raises(RotationRefused, match="holds no key"):
        rotation.announce_platform_key(actor=admin, key_id="k9", at=AT)
    with pytest.raises(RotationRefused, match="signs already"):
        rotation.announce_platform_key(actor=admin, key_id="k1", at=AT)
    rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)
    with pytest.raises(RotationRefused, match="on its way"):
        rotation.announce_platform_key(actor=admin, key_id="k3", at=AT)
    with pytest.raises(RotationRefused, match="an hour"):
        rotation.raise_share(actor=admin, key_id="k2", share_now=0, at=AT + HOUR / 2)
    with pytest.raises(RotationRefused, match="100 %"):
        rotation.take_over(actor=admin, key_id="k2", at=AT + HOUR)
    rotation.raise_share(actor=admin, key_id="k2", share_now=0, at=AT + HOUR)
    with pytest.raises(RotationRefused, match="meanwhile"):
        rotation.raise_share(actor=admin, key_id="k2", share_now=0, at=AT + HOUR)
    with pytest.raises(RotationRefused, match="Abort"):
        rotation.retire_platform_key(actor=admin, key_id="k2", reason="x", at=AT)
    with pytest.raises(RotationRefused, match="not on its way"):
        rotation.raise_share(actor=admin, key_id="k1", share_now=10_000)
    with pytest.raises(RotationRefused, match="not on its way"):
        rotation.take_over(actor=admin, key_id="k1")


def test_a_retired_key_never_returns(admin: Operator) -> None:
    rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)
    rotation.retire_platform_key(actor=admin, key_id="k2", reason="leaked", at=AT)

    with pytest.raises(RotationRefused, match="already"):
        rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)
    with pytest.raises(RotationRefused):
        rotation.raise_share(actor=admin, key_id="k2", share_now=0, at=AT + HOUR)
    assert rotation.unannounced_ids() == ["k3"]


def test_a_key_that_leaves_the_ring_signs_no_more(admin: Operator, settings: Any) -> None:
    rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)
    rotation.raise_share(actor=admin, key_id="k2", share_now=0, at=AT + HOUR)

    settings.GATEWAY_SIGNING_KEYS = {"k3": b"k3" * 16}

    assert shares() == {"k3": 20_000}


@pytest.mark.parametrize("role", ["operator", "technical_reviewer", "auditor"])
def test_only_the_administrator_rotates(db: None, role: str) -> None:
    with tenant_context(PLATFORM):
        person = make_operator("ring-other", role)
        with pytest.raises(NotAllowed):
            rotation.announce_platform_key(actor=person, key_id="k2", at=AT)


def test_a_bank_s_administrator_does_not(bank: Any) -> None:
    person = make_operator("bank-admin", "administrator")

    with pytest.raises(NotAllowed):
        rotation.announce_platform_key(actor=person, key_id="k2", at=AT)


def test_the_choice_is_remembered_and_asks_the_database_nothing(
    admin: Operator, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform_ring, "version_of", lambda _name: 7)
    chosen_ring_id(0.5)

    with django_assert_num_queries(0):
        assert {chosen_ring_id(number / 100) for number in range(100)} == {"k1"}


# --- what partners are shown ----------------------------------------------------------------------
@pytest.fixture
def keys(db: None) -> Callable[[], list[dict[str, Any]]]:
    def fetch() -> list[dict[str, Any]]:
        answer = Browser(HTTP_HOST="open.localhost").get("/gw/v1/platform-keys")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "public, max-age=3600"
        found: list[dict[str, Any]] = answer.json()["keys"]
        return found

    return fetch


def test_anybody_fetches_the_public_keys_and_verifies_an_answer_with_them(
    keys: Callable[[], list[dict[str, Any]]],
) -> None:
    found = {each["kid"]: each for each in keys()}

    assert [*found] == ["k1-p256", "k1-ed25519", "k1-sm2"]
    assert {each["state"] for each in found.values()} == {"current"}
    for family in (Algorithm.P256, Algorithm.ED25519, Algorithm.SM2):
        kid, sign = platform_signer(family)
        assert verifier(family, public_of(found[kid]))(b"answer", sign(b"answer"))


def test_no_private_part_is_in_what_is_shown(keys: Callable[[], list[dict[str, Any]]]) -> None:
    for each in keys():
        assert set(each) <= {
            "kty", "crv", "x", "y", "kid", "use", "state", "not_before", "thumbprint", "pem",
        }  # fmt: skip


def test_an_announced_key_is_shown_before_it_signs(
    admin: Operator, keys: Callable[[], list[dict[str, Any]]]
) -> None:
    rotation.announce_platform_key(actor=admin, key_id="k2", at=AT)

    shown = {each["kid"]: each for each in keys()}
    assert shown["k2-sm2"]["state"] == "announced"
    assert shown["k2-sm2"]["not_before"] == AT.isoformat()
    assert "k3-p256" not in shown
    assert PlatformKey.objects.get(key_id="k1").is_current


def public_of(jwk: dict[str, Any]) -> Any:
    """As a partner reads it: the point, or for SM2 the PEM."""
    if jwk["crv"] == "SM2":
        return load_public_key(jwk["pem"])[1]
    x = base64.urlsafe_b64decode(jwk["x"] + "==")
    if jwk["crv"] == "Ed25519":
        return Ed25519PublicKey.from_public_bytes(x)
    y = base64.urlsafe_b64decode(jwk["y"] + "==")
    return ec.EllipticCurvePublicNumbers(
        int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()
    ).public_key()


# --- checks ---------------------------------------------------------------------------------------
@pytest.fixture
def production(settings: Any) -> Any:
    settings.LOCAL = False
    rings = ("FIELD_KEYS", "GATEWAY_SIGNING_KEYS", "PAIRWISE_KEYS", "ZONE_KEYS")
    for number, name in enumerate(rings):
        setattr(settings, name, {"k": bytes(range(number, number + 32))})
    return settings


def found() -> list[str]:
    ids = [str(each.id) for each in run_checks(tags=["configuration"])]
    return [each for each in ids if each.startswith("gateway.E00")]


def test_good_rings_raise_nothing(production: Any) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "check_id"),
    [("GATEWAY_SIGNING_KEYS", "gateway.E001"), ("PAIRWISE_KEYS", "gateway.E002"),
     ("ZONE_KEYS", "gateway.E003")],
)  # fmt: skip
def test_an_empty_ring_is_an_error_in_production(production: Any, name: str, check_id: str) -> None:
    setattr(production, name, {})
    assert found() == [check_id]
    production.LOCAL = True
    assert found() == []


@pytest.mark.parametrize("other", ["FIELD_KEYS", "PAIRWISE_KEYS", "GATEWAY_SIGNING_KEYS"])
def test_one_value_in_two_rings_is_an_error(production: Any, other: str) -> None:
    production.ZONE_KEYS = {"z": next(iter(getattr(production, other).values()))}
    assert found() == ["gateway.E004"]


@pytest.mark.parametrize("ring", [{"a b": b"r" * 31 + b"x"}, {"k": bytes(32)}])
def test_unusable_ids_and_values_are_an_error(production: Any, ring: dict[str, bytes]) -> None:
    production.GATEWAY_SIGNING_KEYS = ring
    assert found() == ["gateway.E005"]
