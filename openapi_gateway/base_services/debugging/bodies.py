"""A request as its sender describes it, and what the gateway makes of its signature."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Header = Annotated[str, Meta(max_length=4096)]


class Described(Struct, forbid_unknown_fields=True):
    method: Annotated[str, Meta(pattern=r"\A[A-Z]{1,10}\Z")]
    path: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\A/[^?#]*\Z")]
    headers: Annotated[dict[str, Header], Meta(max_length=40)]
    query: Annotated[str, Meta(max_length=4000)] = ""
    # The body as text, or else as Base64: its bytes are what is digested.
    body: Annotated[str, Meta(max_length=200_000)] = ""
    body_base64: Annotated[str, Meta(max_length=300_000)] = ""
    language: Literal["zh", "en"] = "zh"


class Finding(Struct):
    # The code with which the gateway would refuse the request.
    code: str
    detail: str


class Debugged(Struct):
    # What the gateway would verify the signature over; null when it cannot be built.
    signature_base: str | None
    signature_base_sha256: str | None
    # What this request must sign, in this order.
    components: list[str]
    # Of the body that was described; null without one.
    content_digest: str | None
    findings: list[Finding]
    # Null: the key is not known, or the base cannot be built.
    verified: bool | None
    server_time: int
