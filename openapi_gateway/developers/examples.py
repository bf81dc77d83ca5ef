"""Values for the reference's examples, by the member's name; what has none follows its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VALUES: Mapping[str, Any] = {
    "ticket": "tk_pW8v0Qb1Y3sK5nR7uX9zA2cE4gI6kM8o", "acr": "loa2", "amr": ["pwd"],
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "client_ip": "203.0.113.7",
    "openid": "o_mzxw6ytboi5dcmrtgq3tmnzygeztqobq", "unionid": "u_nb2hi4dthixs6ylcmfxgk2dborsxg5a",
    "access_token": "at_9dGh2pXcQ0…", "token": "at_9dGh2pXcQ0…", "token_type": "Signed",
    "expires_in": 7200, "scope": "identity.login identity.phone", "session_ref": "s_8fK2…",
    "auth_time": 1795341500, "iat": 1795341600, "exp": 1795348800, "active": True,
    "sub": "o_mzxw6ytboi5dcmrtgq3tmnzygeztqobq", "client_id": "app_mzxw6ytboi5dcmrt",
    "app_id": "app_mzxw6ytboi5dcmrt", "aud": "app_mzxw6ytboi5dcmrt",
    "iss": "https://open.example.com", "keyid": "k_prd_nb2hi4dthixs6ylc", "name": "*三",
    "phone": "138****0000", "required_acr": "loa3", "reason": "转账 50,000 元",
    "callback": "https://partner.example.com/callbacks", "session_id": "lv_7Qm2Xc9TgZ0v",
    "callback_url": "https://partner.example.com/callbacks", "state": "created",
    "challenge_id": "9b2f6c1e-58a4-4d0b-9a57-0c1d6f3b7e21", "method": "liveness",
    "next": "/gw/v1/liveness/sessions", "biz_no": "LOAN-20261122-0001", "scene": "transfer",
    "mode": "action", "risk_level": "medium", "consent_id": "c_20261122_0001",
    "fallback_method": "sms_code", "ttl": 180, "attempts_left": 3, "status": "passed",
    "decision": "live", "score": 0.9873, "threshold": 0.8, "similarity": 0.9416,
    "model_version": "sim-1.0", "pad_level": "simulated", "vendor_ref": "sim-4f0c2a91",
    "client_token": "ct_2Vd8…", "result_token": "eyJhbGciOiJFUzI1NiJ9…", "valid": True,
    "ref": "photo-2f81c0", "device_id": "dev-51ac02", "device_fp": "dev-51ac02f7",
    "capture_path": "/gw/v1/liveness/sessions/lv_7Qm2Xc9TgZ0v/capture", "page": "/liveness/",
    "max_bytes": 8388608, "content_types": ["image/jpeg", "image/png", "video/mp4"],
    "steps": [{"action": "blink"}, {"action": "turn_left"}], "step": 1, "next_step": 1,
    "length": 6, "layout": ["g7", "g2", "g9", "g0", "g4", "g1", "g8", "g5", "g3", "g6"],
    "server_random": "q1vT0m8RkZ…", "pub": "BGsX0fLhLEJH…", "kid": "g1-p256",
    "signed_by": "g1-p256",
    "alg": "ECDH-P256+A256GCM", "signature": "MEuX0f…", "eph_pub": "BFq3Vt…", "iv": "8mTq0v2xQ1u7",
    "ct": "p0Xc9T…", "tag": "0v5mPpQx1u7A…", "target_key_id": "zpk-2026", "format": 4,
    "pin_block": "6F1A2B3C4D5E6F708192A3B4C5D6E7F8", "kcv": "A1B2C3", "matched": True,
    "account_ref": "acct-62000001", "pan": "6200000000000001", "pan_token": "pt_51ac02",
    "origins": ["https://partner.example.com"], "purpose": "txn", "month": "2026-11",
    "day": "2026-11-22", "service": "identity", "operation": "identity.introspect",
    "environment": "sandbox", "calls": 1280, "answered": 1264, "refused": 14,
    "failed": 2, "billable": 1264, "limit": 200000, "used": 1280, "left": 198720,
    "rate_per_second": 50, "burst": 100, "day_quota": 200000, "month_quota": 4000000,
    "code": "identity", "level": "A2", "version": "v1", "api_id": "FX-GW-A2-IDN-001",
    "data_level": "C2", "summary": "…", "run_id": "run_51ac02f7", "case": "get_plain",
    "title": "…", "asked": "…", "verdict": "passed", "path": "/gw/v1/quota", "payload": "eyJzZWVk…",
    "sha256": "9f86d081884c7d65…", "kty": "EC", "crv": "P-256", "use": "sig", "x": "f83OJ3D2xF1B…",
    "y": "x_FEzRu9m36H…", "thumbprint": "Kc6mP0…", "server_time": 1795341600, "verified": False,
    "signature_base": '"@method": GET\n…', "signature_base_sha256": "9f86d081884c7d65…",
    "content_digest": "sha-256=:X48E9q…:", "components": ["@method", "@authority", "@path", "…"],
    "detail": "…", "body": '{"mode":"silent"}',
    "headers": {"Rcb-App-Id": "app_…", "Signature": "…"},
    "completed_at": "2026-11-22T10:00:08+08:00",
    "Compare.type": "bank_photo", "Finding.code": "GW.SIG.COMPONENTS",
    "Described.method": "GET", "TaskAnswer.method": "GET", "RunAnswer.state": "running",
    "PublicKey.state": "current", "CatalogueVersion.state": "published",
    "ResultAnswer.billable": True,
    "SessionAnswer.client_token": "ct_2Vd8…", "Challenge.state": "created",
    "CaptureAnswer.status": "processing", "PhoneView.status": "started",
    "UsageAnswer.month": "2026-11",
    "Begun.session_id": "pk_4cE7gI9kM", "Shown.session_id": "pk_4cE7gI9kM",
}  # fmt: skip
# Left out of examples: what is rarely there, and would only lengthen them.
RARE = {
    "failure_code", "hint", "purged_at", "consumed_at", "locked_until", "replacement", "sunset_on",
    "body_base64", "pem", "not_before", "pan_token", "charset", "token_type_hint", "language",
}  # fmt: skip
# Instead of each other.
INSTEAD = {
    "Translate": {"pan_token"},
    "Begin": {"challenge_id", "openid"},
    "SessionBody": {"challenge_id"},
}
TIME = "2026-11-22T10:03:00+08:00"


def value_of(name: str, schemas: Mapping[str, Any]) -> Any:
    """An example of a Struct."""
    schema = schemas[name]
    return {
        member: _member(name, member, about, schemas)
        for member, about in schema.get("properties", {}).items()
        if member in schema.get("required", ())
        or (member not in RARE and member not in INSTEAD.get(name, ()))
    }


def _member(name: str, member: str, about: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    variants = [each for each in about.get("anyOf", [about]) if each.get("type") != "null"]
    first = variants[0]
    reference = first.get("$ref") or first.get("items", {}).get("$ref", "")
    known = VALUES.get(f"{name}.{member}", VALUES.get(member, ...))
    if reference:
        value = value_of(reference.rpartition("/")[2], schemas)
        return [value] if "items" in first else value
    return known if known is not ... else _of_type(first)


def _of_type(about: Mapping[str, Any]) -> Any:
    if "enum" in about:
        return about["enum"][0]
    if about.get("format") == "date-time":
        return TIME
    return {"integer": 1, "number": 0.5, "boolean": True, "array": [], "object": {}}.get(
        about.get("type", ""), TIME if about.get("type") is None else "…"
    )
