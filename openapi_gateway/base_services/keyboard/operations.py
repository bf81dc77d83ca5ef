from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openapi_gateway.base_services.keyboard import errors
from openapi_gateway.base_services.keyboard.messages import (
    Begin,
    Begun,
    Shown,
    Translate,
    Translated,
    Verified,
    Verify,
)
from openapi_gateway.base_services.keyboard.sessions import SERVICE, begin, show_layout
from openapi_gateway.base_services.keyboard.using import translate, verify
from openapi_gateway.calls import Caller, Operation
from openapi_gateway.errors import CONFLICT, NOT_FOUND, SESSION_EXPIRED

SESSIONS = "/gw/v1/pinpad/sessions"
_OF_A_SESSION = (NOT_FOUND, CONFLICT, SESSION_EXPIRED)
_OF_A_CIPHERTEXT = (errors.CIPHERTEXT, errors.LENGTH, errors.POSITION)

OPERATIONS: list[Operation] = [
    Operation(
        name="keyboard.begin", method="POST", path=SESSIONS, handler=begin,
        summary=_("Begin a session of the secure keyboard"), service=SERVICE, body=Begin,
        answer=Begun, is_idempotent=True,
    ),
    Operation(
        name="keyboard.layout", method="GET", path=f"{SESSIONS}/{{id}}/layout",
        handler=show_layout, summary=_("Fetch the keypad of a session"), service=SERVICE,
        caller=Caller.PHONE, answer=Shown, refusals=_OF_A_SESSION,
    ),
    Operation(
        name="keyboard.translate", method="POST", path=f"{SESSIONS}/{{id}}:translate",
        handler=translate, summary=_("Translate what was pressed into a PIN block"),
        service=SERVICE, scope="keyboard.translate", body=Translate, answer=Translated,
        is_idempotent=True,
        refusals=(
            *_OF_A_SESSION, *_OF_A_CIPHERTEXT, errors.WEAK, errors.TARGET_KEY, errors.FORMAT,
            errors.PAN, errors.PURPOSE,
        ),
    ),
    Operation(
        name="keyboard.verify", method="POST", path=f"{SESSIONS}/{{id}}:verify", handler=verify,
        summary=_("Verify what was pressed at the bank's core"), service=SERVICE,
        scope="keyboard.verify", body=Verify, answer=Verified, is_idempotent=True,
        refusals=(
            *_OF_A_SESSION, *_OF_A_CIPHERTEXT, errors.PURPOSE, errors.ACCOUNT, errors.LOCKED,
        ),
    ),
]  # fmt: skip
