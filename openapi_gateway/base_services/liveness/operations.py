"""The liveness service as partners and phones call it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openapi_gateway import errors as gateway_errors
from openapi_gateway.base_services.liveness import (
    capturing,
    deleting,
    errors,
    media,
    purging,
    results,
    sessions,
)
from openapi_gateway.base_services.liveness.bodies import (
    CaptureAnswer,
    PhoneView,
    ResultAnswer,
    SdkParams,
    SessionAnswer,
    SessionBody,
    VerifyAnswer,
    VerifyBody,
)
from openapi_gateway.base_services.liveness.models import LivenessSession
from openapi_gateway.calls import Call, Caller, Operation, Reply
from openapi_gateway.credentials.directory import client_of, permit_for
from openapi_gateway.errors import GatewayRefused

SERVICE, SCOPE = "liveness", "liveness.check"
PATH = "/gw/v1/liveness/sessions"
PAGE = "/liveness/"
TYPES = ["image/jpeg", "image/png", "video/mp4", media.OPAQUE]


# --- Partners' servers ----------------------------------------------------------------------------
def create(call: Call) -> Reply:
    assert call.client is not None
    assert call.permit is not None
    session, token = sessions.begin_session(
        client=call.client, permit=call.permit, environment=call.environment, body=call.body,
        at=call.at,
    )  # fmt: skip
    call.subject = session.session_id
    params = SdkParams(
        mode=session.mode, steps=session.challenge, page=PAGE, max_bytes=media.MAX_BYTES,
        capture_path=f"{PATH}/{session.session_id}/capture", content_types=TYPES,
    )  # fmt: skip
    body = SessionAnswer(
        session.session_id, token, params, session.expires_at, session.attempts_left
    )
    return Reply(body, status=201)


def read(call: Call) -> Reply:
    session = _of_client(call)
    answer = results.result_of(session, call.at)
    return Reply(answer, outcome=answer.failure_code or "ok")


def verify(call: Call) -> Reply:
    assert call.client is not None
    body: VerifyBody = call.body
    answer = results.verify_token(
        call.client, call.environment, body.result_token, body.biz_no, call.at
    )
    return Reply(answer)


def delete(call: Call) -> Reply:
    found = _of_client(call)
    _session, proof = deleting.delete_session(found.session_id, found.pk, call.at)
    return Reply(status=204, headers={"Purge-Receipt": purging.receipt_of(proof)})


def _of_client(call: Call) -> LivenessSession:
    assert call.client is not None
    session = sessions.session_of_client(call.client, call.environment, call.path["id"])
    call.subject = session.session_id
    return session


# --- Phones ---------------------------------------------------------------------------------------
def start(call: Call) -> Reply:
    session = sessions.start_session(_of_phone(call), call.at)
    return Reply(results.phone_view(session, call.at))


def progress(call: Call) -> Reply:
    return Reply(results.phone_view(_of_phone(call), call.at))


def capture(call: Call) -> Reply:
    session = capturing.accept_capture(
        _of_phone(call), body=call.raw, content_type=call.content_type, digest=call.digest,
        step=_step(call), request_id=call.request_id, at=call.at,
    )  # fmt: skip
    answer = CaptureAnswer(session.session_id, "processing", _step(call), session.attempts_left)
    return Reply(answer, status=202)


def _step(call: Call) -> int:
    """Of the challenge; the first one when the phone names none."""
    text = call.query.get("step", "1")
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise GatewayRefused(errors.STEP_ORDER)
    return int(text)


def _of_phone(call: Call) -> LivenessSession:
    """Finds whose call it is, so that it is metered; the grant may have ended since."""
    if not call.bearer:
        raise GatewayRefused(gateway_errors.NOT_FOUND)
    session = sessions.session_of_phone(call.environment, call.path["id"], call.bearer)
    client = client_of(session.client.app_id)
    if client is None:
        raise GatewayRefused(gateway_errors.NOT_FOUND)
    call.client, call.subject = client, session.session_id
    call.permit = permit_for(client, SERVICE, call.environment, call.at.timestamp())
    return session


_CREATE = (
    errors.CONSENT_INVALID, errors.OPENID_UNKNOWN, errors.BIZ_NO_USED, errors.CALLBACK_NOT_LISTED,
    errors.COMPARE_SCOPE, errors.STEP_UP_PERSON, errors.STEP_UP_COMPARE,
)  # fmt: skip
_CAPTURE = (
    errors.STEP_ORDER, errors.CAPTURE_REPLAYED, errors.CAPTURE_UNREADABLE, errors.CAPTURE_DIGEST,
    errors.NO_ATTEMPTS, errors.RETRY_CAP, errors.CONSENT_INVALID, gateway_errors.SESSION_EXPIRED,
    gateway_errors.CONFLICT,
)  # fmt: skip

OPERATIONS: list[Operation] = [
    Operation(
        name="liveness.create", method="POST", path=PATH, handler=create,
        summary=_("Begin a liveness session: a challenge for the person, a token for the phone."),
        service=SERVICE, scope=SCOPE, body=SessionBody, answer=SessionAnswer, is_idempotent=True,
        refusals=_CREATE,
    ),
    Operation(
        name="liveness.read", method="GET", path=f"{PATH}/{{id}}", handler=read,
        summary=_("State and result of a session."), service=SERVICE, scope=SCOPE,
        answer=ResultAnswer, refusals=(gateway_errors.NOT_FOUND,),
    ),
    Operation(
        name="liveness.verify", method="POST", path="/gw/v1/liveness/results:verify",
        handler=verify, summary=_("Use a result token: valid once, within five minutes."),
        service=SERVICE, scope=SCOPE, body=VerifyBody, answer=VerifyAnswer, is_idempotent=True,
    ),
    Operation(
        name="liveness.delete", method="DELETE", path=f"{PATH}/{{id}}", handler=delete,
        summary=_("End a session and delete what it holds of the person; with a receipt."),
        service=SERVICE, scope=SCOPE, refusals=(gateway_errors.NOT_FOUND,),
    ),
    Operation(
        name="liveness.start", method="POST", path=f"{PATH}/{{id}}/start", handler=start,
        summary=_("The phone fetches its challenge."), service=SERVICE, caller=Caller.PHONE,
        answer=PhoneView, refusals=(gateway_errors.NOT_FOUND, gateway_errors.SESSION_EXPIRED),
    ),
    Operation(
        name="liveness.progress", method="GET", path=f"{PATH}/{{id}}/progress", handler=progress,
        summary=_("What the phone may know: whether it goes on, never the decision."),
        service=SERVICE, caller=Caller.PHONE, answer=PhoneView,
        refusals=(gateway_errors.NOT_FOUND,),
    ),
    Operation(
        name="liveness.capture", method="PUT", path=f"{PATH}/{{id}}/capture", handler=capture,
        summary=_("The phone sends a picture or video of one step (query: step, from 1)."),
        service=SERVICE, caller=Caller.PHONE, body=bytes, answer=CaptureAnswer,
        max_body=media.MAX_BYTES, refusals=_CAPTURE,
    ),
]  # fmt: skip
