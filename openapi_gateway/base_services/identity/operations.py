"""The signed calls of the identity service."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from openapi_gateway import errors
from openapi_gateway.base_services.identity import claims, exchanges, records, stepups, tokens
from openapi_gateway.base_services.identity.choices import Acr, Scope
from openapi_gateway.base_services.identity.errors import (
    ACR_REACHED,
    CALLBACK,
    CONSENT_MISSING,
    NO_SESSION,
    TOKEN_INVALID,
    VERIFIER,
)
from openapi_gateway.base_services.identity.models import StepUp, Token
from openapi_gateway.calls import Call, Operation, Reply
from openapi_gateway.credentials.records import ClientRecord, KeyRecord, Permit
from openapi_gateway.errors import GatewayRefused

SERVICE = "identity"
ROOT = "/gw/v1/identity"
_INACTIVE = msgspec.Raw(b'{"active":false}')
_EMPTY = msgspec.Raw(b"{}")
REVOKED_BY_CLIENT = "client"
_NEXT = {"liveness": "/gw/v1/liveness/sessions", "keyboard": "/gw/v1/pinpad/sessions"}

Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Exchange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    ticket: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    # RFC 7636.
    code_verifier: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9._~-]{43,128}\Z")]
    client_ip: Annotated[str, msgspec.Meta(max_length=45)] | None = None


class Session(msgspec.Struct, kw_only=True, omit_defaults=True):
    openid: str
    unionid: str | None = None
    access_token: str
    token_type: str
    expires_in: int
    scope: str
    acr: str
    amr: list[str]
    auth_time: int
    session_ref: str


class TokenForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    token: Secret
    token_type_hint: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Confirmation(msgspec.Struct):
    keyid: str


class Introspection(msgspec.Struct, kw_only=True, omit_defaults=True):
    """RFC 7662; of a token that is not active, ``active`` alone."""

    active: bool
    scope: str = ""
    client_id: str = ""
    sub: str = ""
    aud: str = ""
    iss: str = ""
    exp: int = 0
    iat: int = 0
    acr: str = ""
    amr: list[str] = []
    auth_time: int = 0
    cnf: Confirmation | None = None


class Nothing(msgspec.Struct):
    pass


class UserInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    sub: str
    # Masked: 张*三, 138****0000.
    name: str | None = None
    phone: str | None = None


class StepUpWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    openid: Annotated[str, msgspec.Meta(pattern=r"\Ao_[a-z2-7]{32}\Z")]
    required_acr: Literal["loa2", "loa3"]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    # Of the exchange; without it the person's latest session with the client is meant.
    session_ref: Annotated[str, msgspec.Meta(max_length=24)] = ""
    callback: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Challenge(msgspec.Struct, kw_only=True):
    challenge_id: str
    state: str
    required_acr: str
    method: str
    expires_at: datetime
    # Where the session begins that settles it; challenge_id goes along.
    next: str


# --- Handlers ------------------------------------------------------------------------------------
def exchange(call: Call) -> Reply:
    body: Exchange = call.body
    client, key, permit = _caller(call)
    found = exchanges.exchange(
        exchanges.Attempt(
            ticket=body.ticket, code_verifier=body.code_verifier, client=client,
            environment=call.environment, key_id=key.key_id, scopes=permit.scopes, at=call.at,
            client_address=_address(body.client_ip),
        )
    )  # fmt: skip
    token = found.token
    call.subject = records.masked_subject(token.openid)
    session = Session(
        openid=token.openid, unionid=found.unionid, access_token=found.access_token,
        token_type="Signed", expires_in=int((token.expires_at - call.at).total_seconds()),  # noqa: S106
        scope=" ".join(token.scopes), acr=token.acr, amr=token.amr,
        auth_time=int(token.auth_time.timestamp()), session_ref=token.session_ref,
    )  # fmt: skip
    return Reply(session, billable=True, headers={"Cache-Control": "no-store"})


def introspect(call: Call) -> Reply:
    """The hot path: no SQL, no encoding, while Redis holds the record."""
    token: str = call.body.token
    record = records.read(call.found, records.digest_of(token), call.at)
    client = call.client
    assert client is not None
    if record is None or record.app_id != client.app_id or record.environment != call.environment:
        return Reply(_INACTIVE)
    call.subject = record.subject
    return Reply(record.answer)


def token_record(call: Call) -> str:
    """Where the record of the token in the form lies."""
    return records.name_of(records.digest_of(call.body.token))


def revoke(call: Call) -> Reply:
    client, _key, _permit = _caller(call)
    digest = records.digest_of(call.body.token)
    found = tokens.own_token(digest, client.app_id, call.environment, call.at)
    if found is not None:
        tokens.revoke_tokens([found], REVOKED_BY_CLIENT, call.at)
        call.subject = records.masked_subject(found.openid)
    return Reply(_EMPTY)


def userinfo(call: Call) -> Reply:
    client, key, permit = _caller(call)
    token = _bearer(call, client, key)
    call.subject = records.masked_subject(token.openid)
    told = claims.masked_claims(token, permit.scopes, call.at)
    answer = UserInfo(sub=token.openid, name=told.get("name"), phone=told.get("phone"))
    return Reply(answer, billable=True, headers={"Cache-Control": "no-store"})


def step_up(call: Call) -> Reply:
    body: StepUpWish = call.body
    client, _key, permit = _caller(call)
    call.subject = records.masked_subject(body.openid)
    begun = stepups.begin_step_up(
        client=client, permit=permit, environment=call.environment, openid=body.openid,
        session_ref=body.session_ref, required_acr=Acr(body.required_acr), reason=body.reason,
        callback_url=body.callback, at=call.at,
    )  # fmt: skip
    return Reply(_challenge(begun, call.at), status=201)


def step_up_state(call: Call) -> Reply:
    client, _key, _permit = _caller(call)
    found = stepups.step_up_of(call.path["id"], client, call.environment)
    call.subject = records.masked_subject(found.openid)
    return Reply(_challenge(found, call.at))


def _challenge(step_up: StepUp, at: datetime) -> Challenge:
    return Challenge(
        challenge_id=str(step_up.uid), state=stepups.state_of(step_up, at),
        required_acr=step_up.required_acr, method=step_up.method, expires_at=step_up.expires_at,
        next=_NEXT[step_up.method],
    )  # fmt: skip


def _caller(call: Call) -> tuple[ClientRecord, KeyRecord, Permit]:
    """Of a server's call under a grant, all three are known."""
    assert call.client is not None
    assert call.key is not None
    assert call.permit is not None
    return call.client, call.key, call.permit


def _bearer(call: Call, client: ClientRecord, key: KeyRecord) -> Token:
    """Of whoever holds the key that exchanged the ticket (``cnf``), and of nobody else."""
    digest = records.digest_of(call.bearer)
    place = (digest, client.app_id, call.environment, call.at)
    found = tokens.own_token(*place)
    if found is None and tokens.was_ended_with_consent(*place):
        raise GatewayRefused(CONSENT_MISSING)
    if not call.bearer or found is None or found.key_id != key.key_id:
        raise GatewayRefused(TOKEN_INVALID, headers={"WWW-Authenticate": "Bearer"})
    return found


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ip_address(text))
    except ValueError as error:
        pointer = [{"pointer": "/client_ip", "code": "format"}]
        raise GatewayRefused(errors.REQ_SCHEMA, errors=pointer) from error


OPERATIONS: list[Operation] = [
    Operation(
        "identity.exchange", "POST", f"{ROOT}/tickets:exchange", exchange,
        _("Exchanges the app's one-time ticket for the person's openid and an access token."),
        service=SERVICE, scope=Scope.LOGIN, body=Exchange, answer=Session, is_idempotent=True,
        refusals=(errors.NOT_FOUND, errors.TICKET_EXPIRED, VERIFIER),
    ),
    Operation(
        "identity.introspect", "POST", f"{ROOT}/token:introspect", introspect,
        _("Tells whether a token is active, of whom, and how certain that is (RFC 7662)."),
        service=SERVICE, scope=Scope.INTROSPECT, body=TokenForm, form=True, answer=Introspection,
        look_up=token_record,
    ),
    Operation(
        "identity.revoke", "POST", f"{ROOT}/token:revoke", revoke,
        _("Ends a token for good; of a token that is none of yours, nothing changes (RFC 7009)."),
        service=SERVICE, scope=Scope.LOGIN, body=TokenForm, form=True, answer=Nothing,
    ),
    Operation(
        "identity.userinfo", "GET", f"{ROOT}/userinfo", userinfo,
        _("The person's masked name and phone, as far as scopes and consent reach."),
        service=SERVICE, scope=Scope.LOGIN, answer=UserInfo,
        refusals=(TOKEN_INVALID, CONSENT_MISSING),
    ),
    Operation(
        "identity.step-up", "POST", f"{ROOT}/step-up", step_up,
        _("Asks for more certainty about the person: a password (loa2) or a live face (loa3)."),
        service=SERVICE, scope=Scope.STEP_UP, body=StepUpWish, answer=Challenge,
        is_idempotent=True, refusals=(NO_SESSION, ACR_REACHED, CALLBACK),
    ),
    Operation(
        "identity.step-up-state", "GET", f"{ROOT}/step-up/{{id}}", step_up_state,
        _("How a step-up stands."),
        service=SERVICE, scope=Scope.STEP_UP, answer=Challenge, refusals=(errors.NOT_FOUND,),
    ),
]  # fmt: skip
