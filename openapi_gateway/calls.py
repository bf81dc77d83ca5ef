"""What a base service is handed and gives back, and how it says which calls it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from openapi_gateway.credentials.records import ClientRecord, KeyRecord, Permit

MEBIBYTE = 2**20


class Caller(Enum):
    """Who calls, and how they prove it."""

    # The partner's server, by a signature.
    SERVER = "server"
    # A phone, by the token of one session, in ``Authorization: Bearer``.
    PHONE = "phone"
    ANYBODY = "anybody"


@dataclass(slots=True)
class Call:
    request_id: str
    at: datetime
    environment: str
    operation: Operation
    # Named parts of the address: {"id": …}; single values of the query.
    path: Mapping[str, str]
    query: Mapping[str, str]
    # The query as it was sent and signed, without the "?".
    raw_query: str = ""
    # Of the signature: when it was made and until when it holds, in seconds since 1970.
    created: int = 0
    expires: int = 0
    # Decoded as ``operation.body`` says; None without one.
    body: Any = None
    raw: bytes = b""
    content_type: str = ""
    address: str = ""
    bearer: str = ""
    # Of phones' uploads: Content-Digest as it came, or else X-Content-SHA256 (hexadecimal).
    digest: str = ""
    idempotency_key: str = ""
    # Of calls by servers; a phone's handler finds them by its session.
    client: ClientRecord | None = None
    key: KeyRecord | None = None
    permit: Permit | None = None
    # What ``operation.look_up`` named, as it stands in Redis.
    found: bytes | None = None
    # Told to the call log, masked: an openid's beginning, a session's id.
    subject: str = ""


@dataclass(slots=True)
class Reply:
    """``body``: a msgspec Struct or plain data; None = no content."""

    body: Any = None
    status: int = 200
    # For the log and the metering: "ok", or the code of a refusal that is an answer (LIVE.SPOOF).
    outcome: str = "ok"
    billable: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    # How the answer's signature shall be wrong: "signature", "digest", "binding", "unsigned",
    # "foreign_key", "stale". For the conformance suite; honoured in the sandbox only.
    spoil: str = ""


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the gateway's route table, of its OpenAPI document and of its permissions."""

    # "identity.introspect"
    name: str
    method: str
    # "/gw/v1/liveness/sessions/{id}"; parts in braces match [A-Za-z0-9_-]{1,64}.
    path: str
    handler: Handler
    summary: str | Promise
    # Code of the base service whose grant is needed; empty = any client of an open grant.
    service: str = ""
    # Code of the scope that the grant must hold; empty = none.
    scope: str = ""
    caller: Caller = Caller.SERVER
    # A msgspec Struct with forbid_unknown_fields; bytes = the body as it came; None = no body.
    body: Any = None
    # The body comes as application/x-www-form-urlencoded.
    form: bool = False
    # The Struct of the answer, for the document.
    answer: Any = None
    # Every POST that changes something: needs an Idempotency-Key, and answers the same again.
    is_idempotent: bool = False
    only_sandbox: bool = False
    # Names may come twice in the query: the handler reads ``raw_query`` itself.
    reads_raw_query: bool = False
    max_body: int = MEBIBYTE
    # Of the key in Redis that the admission shall read on its way.
    look_up: Callable[[Call], str] | None = None
    # Codes of refusals beside those of every call, for the document.
    refusals: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path
