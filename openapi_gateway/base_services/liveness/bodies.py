"""What partners and phones send and get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Word = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\A[A-Za-z0-9._-]+\Z")]
Number = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\A[\x21-\x7e]+\Z")]


class Compare(Struct, forbid_unknown_fields=True):
    type: Literal["id_photo", "bank_photo"]
    # What the engine knows the picture by; never the picture itself.
    ref: Number


class SessionBody(Struct, forbid_unknown_fields=True):
    # Yours; one session each.
    biz_no: Number
    scene: Word
    mode: Literal["silent", "action", "flash", "multi"]
    risk_level: Literal["low", "medium", "high"]
    consent_id: Annotated[str, Meta(min_length=1, max_length=64)]
    # What you offer to whom cannot or will not show their face.
    fallback_method: Literal["sms_code", "password", "id_card", "video", "counter"]
    openid: Annotated[str, Meta(max_length=40)] | None = None
    compare: Compare | None = None
    # One of those that the grant lists.
    callback_url: Annotated[str, Meta(max_length=300)] | None = None
    # Of a step-up that this session shall settle.
    challenge_id: Annotated[str, Meta(max_length=64)] | None = None
    device_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    # Seconds.
    ttl: Annotated[int, Meta(ge=30, le=180)] = 180


class SdkParams(Struct):
    mode: str
    steps: list[dict[str, Any]]
    capture_path: str
    page: str
    max_bytes: int
    content_types: list[str]


class SessionAnswer(Struct):
    session_id: str
    # For the phone, once; the page takes it after the # of its address.
    client_token: str
    sdk_params: SdkParams
    expires_at: datetime
    attempts_left: int


class PhoneView(Struct):
    """What the phone may know: never the decision."""

    session_id: str
    status: Literal["created", "started", "processing", "finished", "expired"]
    mode: str
    steps: list[dict[str, Any]]
    next_step: int
    attempts_left: int
    expires_at: datetime
    # Why the last capture was no use, when it may be repeated.
    hint: str | None = None


class CaptureAnswer(Struct):
    session_id: str
    status: str
    step: int
    attempts_left: int


class EvidenceRef(Struct):
    ref: str
    expires_at: datetime


class ResultAnswer(Struct):
    session_id: str
    biz_no: str
    status: str
    attempts_left: int
    expires_at: datetime
    decision: str | None = None
    score: float | None = None
    threshold: float | None = None
    similarity: float | None = None
    model_version: str | None = None
    pad_level: str | None = None
    vendor_ref: str | None = None
    failure_code: str | None = None
    retryable: bool = False
    billable: bool = False
    completed_at: datetime | None = None
    result_token: str | None = None
    evidence_ref: EvidenceRef | None = None
    purged_at: datetime | None = None


class VerifyBody(Struct, forbid_unknown_fields=True):
    result_token: Annotated[str, Meta(min_length=1, max_length=2048)]
    biz_no: Number


class VerifyAnswer(Struct):
    valid: bool
    decision: str | None = None
    consumed_at: datetime | None = None
