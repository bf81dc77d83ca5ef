"""What partners are told of a session, and the token by which their own systems believe it: a JWS
(RFC 7515, ES256) under the platform's key, five minutes, one use."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openapi_gateway.base_services.liveness.bodies import (
    EvidenceRef,
    PhoneView,
    ResultAnswer,
    VerifyAnswer,
)
from openapi_gateway.base_services.liveness.choices import DECIDED, SessionState
from openapi_gateway.base_services.liveness.models import LivenessSession
from openapi_gateway.base_services.liveness.purging import EVIDENCE
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.platform_ring import private_keys
from openapi_gateway.credentials.platform_signer import platform_signer
from openapi_gateway.signing.algorithms import Verify, verifier

if TYPE_CHECKING:
    from openapi_gateway.credentials.records import ClientRecord

TOKEN_LIFE = timedelta(minutes=5)
ISSUER, TYPE = "fuxiang-gateway", "liveness-result+jwt"
# Of the key ids of the family in the ring.
_ENDING = "-p256"


def result_of(session: LivenessSession, at: datetime) -> ResultAnswer:
    answer = ResultAnswer(
        session_id=session.session_id, biz_no=session.biz_no, status=session.state_at(at),
        attempts_left=session.attempts_left, expires_at=session.expires_at,
        failure_code=session.failure_code or None, retryable=session.retryable,
        billable=session.billable, purged_at=session.purged_at,
    )  # fmt: skip
    if session.state not in DECIDED:
        return answer
    answer.decision = session.decision or None
    answer.score, answer.similarity = _plain(session.score), _plain(session.similarity)
    answer.threshold = _plain(session.threshold)
    answer.model_version = session.model_version or None
    answer.pad_level, answer.vendor_ref = session.pad_level or None, session.vendor_ref or None
    answer.completed_at = session.completed_at
    answer.result_token = token_of(session, at)
    answer.evidence_ref = _evidence(session)
    return answer


def _plain(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def _evidence(session: LivenessSession) -> EvidenceRef | None:
    if session.purged_at is not None or session.completed_at is None:
        return None
    return EvidenceRef(f"ev_{session.session_id[3:]}", session.completed_at + EVIDENCE)


def phone_view(session: LivenessSession, at: datetime) -> PhoneView:
    state = session.state_at(at)
    is_finished = state in (*DECIDED, SessionState.CANCELLED)
    return PhoneView(
        session_id=session.session_id, status="finished" if is_finished else state,  # type: ignore[arg-type]
        mode=session.mode, steps=session.challenge, next_step=session.step + 1,
        attempts_left=session.attempts_left, expires_at=session.expires_at,
        hint=session.failure_code or None if not is_finished else None,
    )  # fmt: skip


# --- The token -----------------------------------------------------------------------------------
def token_of(session: LivenessSession, at: datetime) -> str | None:
    """None when its five minutes are over, or it was used."""
    completed = session.completed_at
    if not session.result_jti or completed is None or session.consumed_at is not None:
        return None
    ends = completed + TOKEN_LIFE
    if ends <= at:
        return None
    key_id, sign = platform_signer(Algorithm.P256)
    head = {"alg": "ES256", "typ": TYPE, "kid": key_id}
    claims = {
        "iss": ISSUER, "aud": session.client.app_id, "env": session.environment,
        "jti": session.result_jti, "session_id": session.session_id, "biz_no": session.biz_no,
        "status": session.state, "decision": session.decision or None,
        "iat": int(completed.timestamp()), "exp": int(ends.timestamp()),
    }  # fmt: skip
    signed = f"{_part(head)}.{_part(claims)}"
    return f"{signed}.{_base64(sign(signed.encode()))}"


def verify_token(
    client: ClientRecord, environment: str, token: str, biz_no: str, at: datetime
) -> VerifyAnswer:
    """Valid once. Of anything else nothing is told, but when it was used."""
    claims = _claims(token)
    if (
        claims is None
        or claims["iss"] != ISSUER
        or claims["aud"] != client.app_id
        or claims["env"] != environment
        or claims["biz_no"] != biz_no
    ):
        return VerifyAnswer(valid=False)
    rows = LivenessSession.objects.of_client(client.client_id, environment).filter(
        session_id=claims["session_id"], result_jti=claims["jti"], biz_no=biz_no
    )
    if claims["exp"] > at.timestamp() and rows.filter(consumed_at__isnull=True).update(
        consumed_at=at
    ):
        return VerifyAnswer(valid=True, decision=claims["decision"], consumed_at=at)
    used = rows.values_list("consumed_at", flat=True).first()
    return VerifyAnswer(valid=False, consumed_at=used)


def _claims(token: str) -> dict[str, Any] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    head, claims = _read(parts[0]), _read(parts[1])
    if head is None or claims is None or head.get("alg") != "ES256" or head.get("typ") != TYPE:
        return None
    verify = _verifier(str(head.get("kid", "")))
    try:
        signature = _decoded(parts[2])
    except (Error, ValueError):
        return None
    if verify is None or not verify(f"{parts[0]}.{parts[1]}".encode(), signature):
        return None
    return claims


@lru_cache(maxsize=64)
def _verifier(key_id: str) -> Verify | None:
    if not key_id.endswith(_ENDING):
        return None
    try:
        keys = private_keys(key_id.removesuffix(_ENDING))
    except LookupError:
        return None
    return verifier(Algorithm.P256, keys[Algorithm.P256].public_key())


def _read(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(_decoded(part))
    except (Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _part(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
