"""The tour's steps about the open platform, continued: identity, liveness, the secure keyboard."""

from __future__ import annotations

import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from demo.browsing import Page
from demo.guide import CUSTOMER, GATEWAY_BANK, Tour, say
from demo.partner import Partner, key, told
from demo.stage import check
from demo.tour_partner import PRODUCTION, SANDBOX
from openapi_gateway.upstream.zone_keys import ZoneKeyName, zone_keys

IDENTITY, LIVENESS, PINPAD = (
    "/gw/v1/identity", "/gw/v1/liveness/sessions", "/gw/v1/pinpad/sessions"
)  # fmt: skip
RESULTS = "/gw/v1/liveness/results:verify"
WORDING = sha256("同意校园缴费小程序使用我的身份信息。".encode()).hexdigest()
# Of the simulated core; the account 6200000000000001 has this PIN.
ACCOUNT, PIN, WRONG_PIN = "6200000000000001", "123456", "135790"
PAN, TYPED = "6217001234567890123", "580239"
GLYPHS = ("qv", "tn", "hk", "wz", "bx", "mp", "rd", "jf", "lc", "yg")
PNG = b"\x89PNG\r\n\x1a\n"
REPLAYS, JUDGING_SECONDS = 20, 20


# --- identity -------------------------------------------------------------------------------------
def sign_in(tour: Tour) -> None:
    """A customer consents and takes a ticket in the app; the partner's server exchanges it"""
    partner, consent = tour.partners[PRODUCTION], _agree(tour, "profile")
    stolen = _ticket(tour, consent)
    first = told(_exchange(partner, stolen), 200)
    told(_exchange(partner, stolen), 410, "GW.TICKET.EXPIRED")
    found = told(_introspect(partner, first["access_token"]), 200)
    check(found == {"active": False}, f"the token of a ticket used twice: {found}")
    say("a ticket that comes twice: refused, and the token that it gave is ended")
    session = told(_exchange(partner, _ticket(tour, consent)), 200)
    check(session["openid"] == first["openid"], "the same person has two openids")
    tour.notes["token"], tour.notes["openid"] = session["access_token"], session["openid"]
    found = told(_introspect(partner, session["access_token"]), 200)
    check(found["active"] and found["sub"] == session["openid"], f"introspection says {found}")
    say(f"the next ticket: openid {session['openid'][:12]}…, {session['acr']}; its token is active")
    person = told(partner.call("GET", f"{IDENTITY}/userinfo", bearer=session["access_token"]), 200)
    check("*" in person["name"] and "****" in person["phone"], f"userinfo is not masked: {person}")
    say(f"userinfo, from the bank's core: {person['name']}, {person['phone']}")


def _ticket(tour: Tour, consent: str) -> dict[str, str]:
    """With the verifier that the partner's server keeps."""
    verifier = secrets.token_urlsafe(32)
    wish = {
        "app_id": tour.notes["app_id"], "device": "demo-device-0001", "consent_id": consent,
        "scopes": ["identity.login", "identity.profile", "identity.phone"],
        "code_challenge": _base64(sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }  # fmt: skip
    ticket = _done(_post(tour, "identity/tickets", wish))["ticket"]
    return {"ticket": ticket, "code_verifier": verifier}


def _exchange(partner: Partner, body: dict[str, str]) -> Any:
    return partner.call("POST", f"{IDENTITY}/tickets:exchange", body, idempotency_key=key())


def _agree(tour: Tour, purpose: str) -> str:
    body = {
        "purpose": purpose, "app_id": tour.notes["app_id"], "wording_version": "2026-1",
        "wording_digest": WORDING,
    }  # fmt: skip
    return str(_done(_post(tour, "consents", body))["consent_id"])


def _post(tour: Tour, path: str, body: dict[str, Any]) -> Page:
    phone = tour.phone(GATEWAY_BANK, CUSTOMER)
    return phone.send("POST", path, body, **{"Idempotency-Key": f"tour-{key()}"})


def _done(page: Page) -> dict[str, Any]:
    check(page.status == 201, f"{page.address} answers {page.status}: {page.text[:300]}")
    document: dict[str, Any] = page.json
    return document


def _introspect(partner: Partner, token: str) -> Any:
    return partner.call("POST", f"{IDENTITY}/token:introspect", form=f"token={token}")


def replay(tour: Tour) -> None:
    """A recorded call is sent again; then twenty copies of one call arrive in the same moment"""
    partner = tour.partners[PRODUCTION]
    path, form = f"{IDENTITY}/token:introspect", f"token={tour.notes['token']}"
    call = partner.signed("POST", path, form=form)
    told(partner.send(call), 200)
    told(partner.send(call), 401, "GW.SIG.NONCE_REPLAYED")
    call = partner.signed("POST", path, form=form)
    with ThreadPoolExecutor(REPLAYS) as pool:
        answers = list(pool.map(partner.send, [call] * REPLAYS))
    codes = sorted(answer.status_code for answer in answers)
    check(codes == [200] + [401] * (REPLAYS - 1), f"{REPLAYS} copies of one call: {codes}")
    changed = partner.signed("POST", path, form=form)
    forged = type(changed)(changed.method, changed.path, b"token=x", changed.headers)
    told(partner.send(forged), 401, "GW.SIG.DIGEST_MISMATCH")
    say(f"401 GW.SIG.NONCE_REPLAYED; of {REPLAYS} copies exactly one was served")
    say("a changed body under the old signature: 401 GW.SIG.DIGEST_MISMATCH")


# --- liveness -------------------------------------------------------------------------------------
def show_a_face(tour: Tour) -> None:
    """Liveness: the phone sends a capture, the result token is good once; a photo is found out"""
    partner, consent = tour.partners[SANDBOX], _agree(tour, "liveness")
    seen = _looked_at(tour, partner, consent, "live")
    check((seen["status"], seen["decision"]) == ("passed", "live"), f"a live face: {seen}")
    body = {"result_token": seen["result_token"], "biz_no": seen["biz_no"]}
    first = told(partner.call("POST", RESULTS, body, idempotency_key=key()), 200)
    second = told(partner.call("POST", RESULTS, body, idempotency_key=key()), 200)
    check((first["valid"], second["valid"]) == (True, False), f"{first}, then {second}")
    say(f"sandbox, SM2: passed with {seen['score']}; its token is valid once, then not")
    seen = _looked_at(tour, tour.partners[PRODUCTION], consent, "spoof-photo")
    check((seen["status"], seen["decision"]) == ("failed", "spoof"), f"a photo: {seen}")
    say(f"production, P-256: a photo is a spoof, {seen['failure_code']}")


def _looked_at(tour: Tour, partner: Partner, consent: str, words: str) -> dict[str, Any]:
    """The simulated engine reads at the end of the picture what it shall find."""
    wish = {
        "biz_no": key(), "scene": "payment", "mode": "silent", "risk_level": "low",
        "consent_id": consent, "openid": tour.notes["openid"], "fallback_method": "sms_code",
    }  # fmt: skip
    begun = told(partner.call("POST", LIVENESS, wish, idempotency_key=key()), 201)
    path, token = f"{LIVENESS}/{begun['session_id']}", begun["client_token"]
    told(partner.of_phone("POST", f"{path}/start", token), 200)
    picture = PNG + secrets.token_bytes(40) + f"SIM:{words}".encode()
    told(partner.of_phone("PUT", f"{path}/capture", token, picture, "image/png"), 202)
    view = told(partner.of_phone("GET", f"{path}/progress", token), 200)
    check("decision" not in view, f"the phone is told the decision: {view}")
    # The verdict is a line of its own in the log: it is what is billed.
    partner.calls += 1
    return _result(partner, path)


def _result(partner: Partner, path: str) -> dict[str, Any]:
    until = time.monotonic() + JUDGING_SECONDS
    while True:
        found: dict[str, Any] = told(partner.call("GET", path), 200)
        if found["status"] in ("passed", "failed", "uncertain"):
            return found
        check(time.monotonic() < until, f"the engine does not answer: {found}")
        time.sleep(0.3)


# --- the keyboard ---------------------------------------------------------------------------------
def type_a_pin(tour: Tour) -> None:
    """The keyboard's encrypted positions become a PIN block of the bank's, or are verified there"""
    partner = tour.partners[PRODUCTION]
    target = zone_keys().default_key_id()
    offer = _keyboard(partner)
    body = {"ciphertext": _pressed(offer, TYPED), "target_key_id": target, "pan": PAN}
    path = f"{PINPAD}/{offer['session_id']}"
    block = told(partner.call("POST", f"{path}:translate", body, idempotency_key=key()), 200)
    name = ZoneKeyName(GATEWAY_BANK, PRODUCTION, target)
    digits = zone_keys().open(name, 4, bytes.fromhex(block["pin_block"]), PAN)
    check("".join(map(str, digits)) == TYPED, "the bank opens another PIN")
    say(f"format 4 under {target} (check value {block['kcv']}): the bank's side opens the PIN")
    again = partner.call("POST", f"{path}:translate", body, idempotency_key=key())
    told(again, 409, "GW.STATE.CONFLICT")
    right, wrong = (_verified(partner, pin) for pin in (PIN, WRONG_PIN))
    check((right["matched"], wrong["matched"]) == (True, False), f"{right}, {wrong}")
    say(f"a session works once; the core verifies: right, then wrong with {wrong['attempts_left']}"
        " attempts left")  # fmt: skip


def _keyboard(partner: Partner) -> dict[str, Any]:
    """As the page gets it: with the session's token."""
    wish = {"purpose": "txn", "length": 6, "device_fp": "demo-device-0001"}
    begun = told(partner.call("POST", PINPAD, wish, idempotency_key=key()), 201)
    path = f"{PINPAD}/{begun['session_id']}/layout"
    offer: dict[str, Any] = told(partner.of_phone("GET", path, begun["client_token"]), 200)
    check(sorted(offer["layout"]) == sorted(GLYPHS), f"the keypad has {offer['layout']}")
    return offer


def _verified(partner: Partner, pin: str) -> dict[str, Any]:
    offer = _keyboard(partner)
    body = {"ciphertext": _pressed(offer, pin), "account_ref": ACCOUNT}
    path = f"{PINPAD}/{offer['session_id']}:verify"
    found: dict[str, Any] = told(partner.call("POST", path, body, idempotency_key=key()), 200)
    return found


def _pressed(offer: dict[str, Any], pin: str) -> dict[str, str]:
    """As the page does it: positions, encrypted for this session's key alone."""
    positions = bytes(offer["layout"].index(GLYPHS[int(digit)]) for digit in pin)
    mine, theirs = ec.generate_private_key(ec.SECP256R1()), _unbase64(offer["enc_key"]["pub"])
    eph_pub = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    salt, info = offer["server_random"].encode(), b"rcb-pinpad-1" + eph_pub + theirs
    agreed = HKDF(SHA256(), 32, salt=salt, info=info).derive(mine.exchange(ec.ECDH(), peer))
    bound = [offer[name] for name in ("session_id", "app_id", "server_random", "purpose")]
    iv = os.urandom(12)
    out = AESGCM(agreed).encrypt(iv, positions, "".join(bound).encode())
    parts = {"eph_pub": eph_pub, "iv": iv, "ct": out[:-16], "tag": out[-16:]}
    return {name: _base64(part) for name, part in parts.items()}


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


STEPS: list[Callable[[Tour], None]] = [sign_in, show_a_face, type_a_pin, replay]
