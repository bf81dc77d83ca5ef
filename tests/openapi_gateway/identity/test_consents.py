from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.consents import valid_consent
from customers.models import Consent
from openapi_gateway.access.models import Grant
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.models import Client
from tests.openapi_gateway.identity.people import CONSENTS, WORDING, App
from tests.openapi_gateway.making import Partner, a_client, a_partner, a_ready_partner


def test_a_consent_keeps_its_words_and_its_end(partner: Partner, alpha: Any) -> None:
    answer = App().send(CONSENTS, App().consenting(partner))

    given = answer.json()
    with tenant_context(alpha):
        row = Consent.objects.get()
    assert (answer.status_code, given["valid"], given["partner"]) == (
        201,
        True,
        partner.client.name,
    )
    assert (row.wording_version, row.wording_digest) == ("2026-1", WORDING)
    assert row.expires_at - row.given_at == timedelta(days=180)


def test_the_same_key_gives_the_same_consent_once(partner: Partner, alpha: Any) -> None:
    app = App()
    first, second = (app.send(CONSENTS, app.consenting(partner), key="k1") for _ in range(2))

    assert first.json()["consent_id"] == second.json()["consent_id"]
    assert (first.has_header("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (
        False, "true",
    )  # fmt: skip
    other = app.send(CONSENTS, app.consenting(partner, "login"), key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with tenant_context(alpha):
        assert Consent.objects.count() == 1


def test_two_customers_may_use_the_same_key(partner: Partner) -> None:
    ids = {
        App(number=number).send(CONSENTS, App().consenting(partner), key="k1").json()["consent_id"]
        for number in ("C1", "C2")
    }
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"purpose": "marketing"}, "purpose"),
        ({"app_id": "C1"}, "app_id"),
        ({"wording_version": ""}, "wording_version"),
        ({"wording_version": "a\nb"}, "wording_version"),
        ({"wording_digest": "abc"}, "wording_digest"),
        ({"wording_digest": "0" * 64 + "\n"}, "wording_digest"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"surprise": 1}, "surprise"),
        ({"given_at": "2020-01-01T00:00:00Z"}, "given_at"),
    ],
)
def test_what_is_no_consent_is_refused_by_name(
    partner: Partner, change: dict[str, Any], named: str
) -> None:
    answer = App().send(CONSENTS, App().consenting(partner, **change))
    assert answer.status_code == 400
    assert named in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"purpose": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_object_is_refused(partner: Partner, body: bytes) -> None:
    assert App().send(CONSENTS, body).status_code == 400


@pytest.mark.parametrize("key", ["", "é", "x" * 101])
def test_a_consent_needs_a_key(partner: Partner, key: str) -> None:
    answer = App().client.post(
        CONSENTS, App().consenting(partner), content_type="application/json",
        headers={"Authorization": f"Bearer {App().bearer}"}, HTTP_IDEMPOTENCY_KEY=key,
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


def test_only_customers_consent(partner: Partner) -> None:
    visitor, system = App(number=None), App(number=None, system="core")
    for app in (visitor, system):
        assert app.send(CONSENTS, app.consenting(partner)).status_code == 403


def test_a_partner_without_a_grant_or_of_another_bank_is_unknown(
    alpha: Any, beta: Any, partner: Partner
) -> None:
    foreign = a_ready_partner(beta)
    without = a_partner(a_client(alpha))
    closed = a_ready_partner(alpha)
    Client.objects.filter(pk=closed.client.pk).update(state="closed")
    ended = a_ready_partner(alpha)
    Grant.objects.filter(client=ended.client).update(state="terminated")
    only_liveness = a_ready_partner(alpha, ("liveness",))

    for other in (foreign, without, closed, ended, only_liveness):
        answer = App().send(CONSENTS, App().consenting(other))
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_partner")
    assert App().send(CONSENTS, App().consenting(only_liveness, "liveness")).status_code == 201


def test_a_withdrawn_consent_holds_no_more_and_stays_listed(partner: Partner, alpha: Any) -> None:
    app = App()
    kept, gone = app.consent(partner), app.consent(partner)

    first, again = app.withdraw(gone), app.withdraw(gone)

    assert first.status_code == again.status_code == 200
    assert first.json()["withdrawn_at"] == again.json()["withdrawn_at"]
    listed = {each["consent_id"]: each["valid"] for each in app.get(CONSENTS).json()["consents"]}
    assert listed == {kept: True, gone: False}
    with tenant_context(alpha):
        args = ("C1", partner.app_id, "profile", timezone.now())
        assert valid_consent(kept, *args) is not None
        assert valid_consent(gone, *args) is None


def test_another_customer_s_consent_is_unknown(partner: Partner, alpha: Any) -> None:
    consent = App().consent(partner)
    assert App(number="C2").withdraw(consent).status_code == 404
    assert App(number="C2").get(CONSENTS).json() == {"consents": []}
    with tenant_context(alpha):
        assert Consent.objects.get().withdrawn_at is None


def test_another_bank_s_consent_is_unknown(partner: Partner, beta: Any) -> None:
    consent = App().consent(partner)
    assert App("beta").withdraw(consent).status_code == 404
    with tenant_context(beta):
        args = ("C1", partner.app_id, "profile", timezone.now())
        assert valid_consent(consent, *args) is None


def test_a_consent_holds_for_its_customer_partner_purpose_and_time_only(
    partner: Partner, alpha: Any
) -> None:
    consent = App().consent(partner)
    with tenant_context(alpha):
        row = Consent.objects.get()

        def holds(
            consent_id: str = consent, number: str = "C1", app_id: str = partner.app_id,
            purpose: Any = "profile", at: Any = row.given_at,
        ) -> bool:  # fmt: skip
            return valid_consent(consent_id, number, app_id, purpose, at) is not None

        assert holds()
        assert holds(purpose=("login", "profile"))
        assert holds(at=row.expires_at - timedelta(microseconds=1))
        assert not holds(at=row.expires_at)
        assert not holds(at=row.given_at - timedelta(seconds=1))
        assert not holds(number="C2")
        assert not holds(app_id="app_other")
        assert not holds(purpose="liveness")
        assert not holds(consent_id="no uuid")


def test_partners_are_named_although_their_grant_has_ended(partner: Partner) -> None:
    app = App()
    app.consent(partner)
    Grant.objects.filter(client=partner.client).update(state="terminated")
    directory.forget_everything()
    assert app.get(CONSENTS).json()["consents"][0]["partner"] == partner.client.name
