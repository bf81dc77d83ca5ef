"""A customer with the bank's app, and what a partner's server does with the ticket."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from openapi_gateway.base_services.identity.exchanges import challenge_of
from openapi_gateway.limits.connections import Away
from tests.mobile.phones import Phone
from tests.openapi_gateway.making import Partner

CONSENTS = "/api/channel/v1/consents"
TICKETS = "/api/channel/v1/identity/tickets"
EXCHANGE = "/gw/v1/identity/tickets:exchange"
INTROSPECT = "/gw/v1/identity/token:introspect"
REVOKE = "/gw/v1/identity/token:revoke"
USERINFO = "/gw/v1/identity/userinfo"
STEP_UP = "/gw/v1/identity/step-up"
LOGIN = ["identity.login"]
ALL = ["identity.login", "identity.profile", "identity.phone", "identity.unionid"]
WORDING = sha256("我同意".encode()).hexdigest()


@dataclass
class Ticket:
    ticket: str
    verifier: str

    def body(self, **more: Any) -> dict[str, Any]:
        return {"ticket": self.ticket, "code_verifier": self.verifier, **more}


class App(Phone):
    def send(self, path: str, body: Any, *, key: str | None = None) -> Any:
        key = secrets.token_hex(8) if key is None else key
        return self.client.post(
            path, body if isinstance(body, bytes | str) else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.bearer}", "Idempotency-Key": key},
        )  # fmt: skip

    def consenting(self, partner: Partner, purpose: str = "profile", **more: Any) -> dict[str, Any]:
        return {
            "purpose": purpose, "app_id": partner.app_id, "wording_version": "2026-1",
            "wording_digest": WORDING, **more,
        }  # fmt: skip

    def consent(self, partner: Partner, purpose: str = "profile") -> str:
        answer = self.send(CONSENTS, self.consenting(partner, purpose))
        assert answer.status_code == 201, answer.content
        return str(answer.json()["consent_id"])

    def withdraw(self, consent_id: str) -> Any:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        return self.client.delete(f"{CONSENTS}/{consent_id}", headers=headers)

    def wish(self, partner: Partner, verifier: str = "v" * 43, **more: Any) -> dict[str, Any]:
        return {
            "app_id": partner.app_id, "scopes": LOGIN, "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256", "device": "device-0001", "environment": "sandbox",
            **more,
        }  # fmt: skip

    def ticket(self, partner: Partner, **more: Any) -> Ticket:
        verifier = secrets.token_urlsafe(32)
        wish = self.wish(partner, verifier, environment=partner.environment, **more)
        answer = self.send(TICKETS, wish)
        assert answer.status_code == 201, answer.content
        return Ticket(answer.json()["ticket"], verifier)

    def session(self, partner: Partner, scopes: list[str] | None = None) -> dict[str, Any]:
        """Signed in at the partner, with a consent when the scopes need one."""
        more: dict[str, Any] = {"scopes": scopes or LOGIN}
        if set(more["scopes"]) - set(LOGIN):
            more["consent_id"] = self.consent(partner)
        answer = partner.post(EXCHANGE, self.ticket(partner, **more).body())
        assert answer.status_code == 200, answer.content
        return dict(answer.json())


class NoScript:
    """Stands for Redis when it is away."""

    def run(self, *_arguments: Any) -> Any:
        raise Away("gone")


def introspect(partner: Partner, token: str) -> dict[str, Any]:
    answer = partner.form(INTROSPECT, f"token={token}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def userinfo(partner: Partner, token: str) -> Any:
    return partner.get(USERINFO, authorization=f"Bearer {token}")
