"""A partner with a customer who agreed, and the phone that the customer holds."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.test import Client as Browser
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.choices import ConsentPurpose
from customers.consents import give_consent
from customers.models import Customer
from openapi_gateway.base_services.identity.choices import SubjectKind
from openapi_gateway.base_services.identity.models import Subject
from openapi_gateway.base_services.liveness import judging
from openapi_gateway.base_services.liveness.choices import CaptureState
from openapi_gateway.base_services.liveness.models import Capture, LivenessSession
from openapi_gateway.choices import Algorithm
from tests.openapi_gateway.making import SANDBOX, Partner, a_ready_partner

SESSIONS = "/gw/v1/liveness/sessions"
CALLBACK = "https://partner.example/liveness"
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Person:
    partner: Partner
    number: str
    openid: str
    consent_id: str


def a_person(
    bank: Any, environment: str = SANDBOX, partner: Partner | None = None, **grant: Any
) -> Person:
    algorithm = Algorithm.HMAC_SHA256 if environment == SANDBOX else Algorithm.P256
    grant.setdefault("callback_urls", {environment: [CALLBACK]})
    partner = partner or a_ready_partner(bank, ("liveness",), environment, algorithm, **grant)
    number, openid = f"C{secrets.token_hex(6)}", f"o_{secrets.token_hex(16)}"
    now = timezone.now()
    with tenant_context(bank):
        Customer.objects.create(number=number)
        given = give_consent(
            customer_number=number, purpose=ConsentPurpose.LIVENESS, app_id=partner.app_id,
            wording_version="1", wording_digest="0" * 64, key=secrets.token_hex(8),
            at=now - timedelta(seconds=1),
        )  # fmt: skip
    Subject.objects.create(
        identifier=openid, kind=SubjectKind.OPENID, bank=bank, app_id=partner.app_id,
        customer_number=number, key_id="k1", created_at=now,
    )  # fmt: skip
    return Person(partner, number, openid, str(given.consent.pk))


def wish(person: Person, **fields: Any) -> dict[str, Any]:
    given = {
        "biz_no": secrets.token_hex(8), "scene": "transfer", "mode": "action",
        "risk_level": "medium", "consent_id": person.consent_id, "openid": person.openid,
        "fallback_method": "sms_code", **fields,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Phone:
    person: Person
    session_id: str
    token: str
    begun: dict[str, Any]

    @property
    def session(self) -> LivenessSession:
        return LivenessSession.objects.get(session_id=self.session_id)

    @property
    def path(self) -> str:
        return f"{SESSIONS}/{self.session_id}"

    def send(
        self, body: bytes, *, step: int = 1, kind: str = "image/png", token: str = "",
        digest: str | None = None, host: str = "",
    ) -> Any:  # fmt: skip
        right = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        return Browser().generic(
            "PUT", f"{self.path}/capture?step={step}", body, content_type=kind,
            headers={
                "Host": host or self.person.partner.host,
                "Authorization": f"Bearer {token or self.token}",
                "Content-Digest": right if digest is None else digest,
            },
        )  # fmt: skip

    def ask(self, method: str, part: str, token: str = "") -> Any:
        sent = {
            "Host": self.person.partner.host, "Authorization": f"Bearer {token or self.token}",
        }  # fmt: skip
        return Browser().generic(method, f"{self.path}/{part}", b"", CONTENT_TYPE="", headers=sent)

    def result(self) -> dict[str, Any]:
        answer = self.person.partner.get(self.path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def try_with(self, words: str, *, step: int = 1) -> dict[str, Any]:
        """Sends a capture, has the engine judge it, and tells what the partner is told."""
        answer = self.send(a_capture(words), step=step)
        assert answer.status_code == 202, answer.content
        judge_all(self.session)
        return self.result()


def begin(person: Person, **fields: Any) -> Phone:
    answer = person.partner.post(SESSIONS, wish(person, **fields))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    return Phone(person, body["session_id"], body["client_token"], body)


def a_capture(words: str = "live") -> bytes:
    """Of its own each time; the simulated engine reads the words at its end."""
    return PNG + secrets.token_bytes(40) + f"SIM:{words}".encode()


def judge_all(session: LivenessSession) -> None:
    waiting = Capture.objects.filter(session=session, state=CaptureState.WAITING)
    for uid in waiting.values_list("uid", flat=True):
        judging.judge_capture(uid)
