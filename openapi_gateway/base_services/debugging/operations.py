"""Shows partners what the gateway would have verified, and what is wrong; in the sandbox only.

It tells no secret and no signature: only whether the one that was given verifies.
"""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openapi_gateway import errors
from openapi_gateway.base_services.debugging import asked as reading
from openapi_gateway.base_services.debugging import judging, pace
from openapi_gateway.base_services.debugging.asked import Asked
from openapi_gateway.base_services.debugging.bodies import Debugged, Described, Finding
from openapi_gateway.calls import Call, Caller, Operation, Reply
from openapi_gateway.credentials.records import KeyRecord
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.signing.base import CannotBuild, signature_base
from openapi_gateway.signing.digests import content_digest

_LANGUAGES = {"zh": "zh-hans", "en": "en"}


def debug(call: Call) -> Reply:
    if wait := pace.seconds_to_wait(call.address):
        raise GatewayRefused(errors.QUOTA, headers={"Retry-After": str(wait)})
    body: Described = call.body
    try:
        asked = reading.read(body, _host(call.environment))
    except reading.NoBody as error:
        pointer = [{"pointer": "/body_base64", "code": "base64"}]
        raise GatewayRefused(errors.REQ_SCHEMA, errors=pointer) from error
    with translation.override(_LANGUAGES[body.language]):
        return Reply(_debugged(asked, call))


def _debugged(asked: Asked, call: Call) -> Debugged:
    now = call.at.timestamp()
    record = judging.key_of(asked, call.environment)
    found = [
        *judging.headers(asked), *judging.components(asked), *judging.parameters(asked, now),
        *judging.digest(asked), *judging.key(asked, call.environment, call.address, now),
        *judging.signature(asked, record),
    ]  # fmt: skip
    found = found or list(judging.strictly(asked))
    base, trouble = _base(asked)
    found += [(errors.SIG_COMPONENTS, trouble)] if trouble else []
    verified = _verified(asked, base, record)
    if verified is False:
        found.append((errors.SIG_INVALID, _verdict(found)))
    return Debugged(
        signature_base=base,
        signature_base_sha256=sha256(base.encode()).hexdigest() if base is not None else None,
        components=asked.required,
        content_digest=content_digest(asked.body) if asked.body else None,
        findings=[Finding(code, detail) for code, detail in dict.fromkeys(found)],
        verified=verified, server_time=int(now),
    )  # fmt: skip


def _base(asked: Asked) -> tuple[str | None, str]:
    if not asked.params:
        return None, ""
    try:
        return signature_base(asked.params, asked.message), ""
    except CannotBuild as error:
        told = _("The signature base cannot be built: %(reason)s")
        return None, told % {"reason": error}


def _verified(asked: Asked, base: str | None, record: KeyRecord | None) -> bool | None:
    signature = judging.decoded(asked)
    if base is None or record is None or signature is None or not base.isascii():
        return None
    return record.verify(base.encode(), signature)


def _verdict(found: list[tuple[str, str]]) -> str:
    if found:
        return _("The signature does not verify over the base above.")
    return _(
        "Everything else is right, but the signature does not verify: compare your base with the"
        " one above byte by byte (no line end at its end), and see that you sign with the key of"
        " this key id."
    )


def _host(environment: str) -> str:
    return next(host for host, name in settings.OPEN_HOSTS.items() if name == environment)


OPERATIONS: list[Operation] = [
    Operation(
        name="sandbox.debug_signature", method="POST", path="/gw/v1/sandbox/signature:debug",
        handler=debug, summary=gettext_lazy("Shows what the gateway would verify of a request"),
        caller=Caller.ANYBODY, body=Described, answer=Debugged, only_sandbox=True,
        refusals=(errors.QUOTA,),
    ),
]  # fmt: skip
