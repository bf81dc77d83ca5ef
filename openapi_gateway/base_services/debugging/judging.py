"""What is wrong with a signature, in words, under the codes that the gateway would refuse it with.

Every judge yields all that it finds, so that a partner mends everything at once.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator

from django.utils.translation import gettext as _

from openapi_gateway import errors
from openapi_gateway.base_services.debugging.asked import Asked
from openapi_gateway.choices import Environment
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.records import KeyRecord
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.signing import profile
from openapi_gateway.signing.algorithms import RAW_BYTES
from openapi_gateway.signing.digests import content_digest, is_digest_of

Found = Iterator[tuple[str, str]]
_KEY_ID = re.compile(r"k_(sbx|prd)_[a-z2-7]{16}")
_NONCE = re.compile(r"[A-Za-z0-9_+/=-]+")
_KNOWN = ("created", "expires", "nonce", "keyid", "tag")
SHORTEST_NONCE, LONGEST_NONCE = 22, 88


def headers(asked: Asked) -> Found:
    for name in ("signature-input", "signature", "rcb-app-id"):
        if not asked.header(name):
            told = _("There is no %(name)s header.") % {"name": name}
            yield (errors.SIG_MISSING if name != "rcb-app-id" else errors.SIG_COMPONENTS, told)
    for name, value in asked.message.headers.items():
        if not value.isascii():
            told = _("%(name)s holds characters that are not ASCII. Encode them before signing.")
            yield errors.SIG_MALFORMED, told % {"name": name}
    given, label = asked.header("signature-input"), asked.label
    if len(given) > profile.MAX_HEADER or len(asked.header("signature")) > profile.MAX_HEADER:
        yield errors.SIG_MALFORMED, _("A signature header is longer than 2048 characters.")
    if given and not asked.components:
        told = _('Signature-Input is not of the form sig1=("@method" …);created=…;…')
        yield errors.SIG_MALFORMED, told
    if given.count("=(") > 1:
        yield errors.SIG_MALFORMED, _("There is more than one signature. Send exactly one.")
    if label and asked.signature_label and label != asked.signature_label:
        told = _("Signature-Input names the signature “%(one)s”, Signature names it “%(other)s”.")
        yield errors.SIG_MALFORMED, told % {"one": label, "other": asked.signature_label}


def components(asked: Asked) -> Found:
    given, required = asked.components, asked.required
    if not given or given == required:
        return
    missing = [name for name in required if name not in given]
    surplus = [name for name in given if name not in required]
    if missing:
        told = _("These components are not signed: %(names)s.")
        yield errors.SIG_COMPONENTS, told % {"names": ", ".join(missing)}
    if surplus:
        told = _("These components must not be signed here: %(names)s.")
        yield errors.SIG_COMPONENTS, told % {"names": ", ".join(surplus)}
    if not asked.body and {"content-digest", "content-type"} & set(given):
        told = _("A request without a body has neither Content-Digest nor Content-Type.")
        yield errors.SIG_COMPONENTS, told
    if len(given) != len(set(given)):
        yield errors.SIG_COMPONENTS, _("A component is named twice.")
    if not missing and not surplus:
        told = _("The components are signed in another order. Required: %(names)s.")
        yield errors.SIG_COMPONENTS, told % {"names": ", ".join(required)}


def parameters(asked: Asked, now: float) -> Found:
    if not asked.components:
        return
    names = [name for name, _value in asked.parameters]
    if "alg" in names:
        told = _("“alg” is forbidden: the algorithm follows from the key's record.")
        yield errors.SIG_MALFORMED, told
    for name in sorted({name for name in names if name not in (*_KNOWN, "alg")}):
        told = _("The parameter “%(name)s” is not understood here.") % {"name": name}
        yield errors.SIG_MALFORMED, told
    for name in _KNOWN:
        if names.count(name) != 1:
            told = _("The parameter “%(name)s” is missing.")
            told = told if name not in names else _("The parameter “%(name)s” is there twice.")
            yield errors.SIG_MALFORMED, told % {"name": name}
    yield from _forms(asked)
    yield from _times(asked, now)


def _forms(asked: Asked) -> Found:
    for name, value in asked.parameters:
        if name in ("created", "expires") and not _is_number(value):
            told = _("“%(name)s” is a number of seconds since 1970, without quotes.")
            yield errors.SIG_MALFORMED, told % {"name": name}
        if name in ("nonce", "keyid", "tag") and not value.startswith('"'):
            told = _("“%(name)s” stands in quotes.") % {"name": name}
            yield errors.SIG_MALFORMED, told
    tag, nonce = asked.parameter("tag"), asked.parameter("nonce")
    if tag and tag != profile.REQUEST_TAG:
        told = _("“tag” is “%(given)s”, not “%(wanted)s”.")
        yield errors.SIG_MALFORMED, told % {"given": tag, "wanted": profile.REQUEST_TAG}
    if nonce and len(nonce) < SHORTEST_NONCE:
        told = _(
            "The nonce has %(count)s characters; 128 random bits have 22 in Base64url and 32 in"
            " hexadecimal."
        )
        yield errors.SIG_MALFORMED, told % {"count": len(nonce)}
    if nonce and (len(nonce) > LONGEST_NONCE or not _NONCE.fullmatch(nonce)):
        told = _("The nonce has at most 88 characters, of Base64, Base64url or hexadecimal.")
        yield errors.SIG_MALFORMED, told


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 15


def _times(asked: Asked, now: float) -> Found:
    created, expires = asked.parameter("created"), asked.parameter("expires")
    if not (_is_number(created) and _is_number(expires)):
        return
    made, until = int(created), int(expires)
    if made > now * 100:
        yield errors.SIG_EXPIRED, _("“created” counts milliseconds; seconds are wanted.")
        return
    if abs(now - made) > profile.SKEW_SECONDS:
        told = _("“created” is %(seconds)s seconds away from our clock; 300 are allowed.")
        yield errors.SIG_EXPIRED, told % {"seconds": abs(int(now - made))}
    if not 0 < until - made <= profile.MAX_VALIDITY_SECONDS:
        yield errors.SIG_EXPIRED, _("“expires” is 1 to 300 seconds after “created”.")
    elif now > until:
        yield errors.SIG_EXPIRED, _("The signature has expired.")


def digest(asked: Asked) -> Found:
    given = asked.header("content-digest")
    if not asked.body:
        if given or asked.header("content-type"):
            told = _("Send no Content-Digest and no Content-Type without a body.")
            yield errors.SIG_COMPONENTS, told
        return
    if not asked.header("content-type"):
        yield errors.SIG_COMPONENTS, _("A body needs a Content-Type, which is signed.")
    if not given:
        yield errors.SIG_COMPONENTS, _("A body needs a Content-Digest, which is signed.")
    elif "sha-256=:" not in given:
        told = _("Content-Digest has no member sha-256=:…:, in Base64 between colons.")
        yield errors.SIG_DIGEST, told
    elif not is_digest_of(given, asked.body):
        told = _("Content-Digest is not the digest of this body; right would be %(right)s.")
        yield errors.SIG_DIGEST, told % {"right": content_digest(asked.body)}
        if re.search(r"sha-256=:[0-9a-f]{64}:", given):
            yield errors.SIG_DIGEST, _("It looks like hexadecimal; Base64 of the bytes is wanted.")


def key(asked: Asked, environment: str, address: str, now: float) -> Found:
    """Says of a key no more than its owner knows: the client id must be right."""
    key_id = asked.parameter("keyid")
    if not key_id:
        return
    if not _KEY_ID.fullmatch(key_id):
        yield errors.KEY_UNKNOWN, _("“keyid” is not of the form k_sbx_… with 16 characters.")
    elif key_id.split("_")[1] != Environment(environment).tag:
        told = _("The key belongs to the other environment; here keys begin with k_%(tag)s_.")
        yield errors.KEY_WRONG_ENV, told % {"tag": Environment(environment).tag}
    elif (record := key_of(asked, environment)) is None:
        told = _("No client of this id has a key of this id. Compare Rcb-App-Id and keyid.")
        yield errors.KEY_UNKNOWN, told
    else:
        yield from _usable(record, address, now)


def _usable(record: KeyRecord, address: str, now: float) -> Found:
    if record.state == KeyState.REVOKED:
        yield errors.KEY_REVOKED, _("The key was revoked. Make a new one in the bank's console.")
    elif record.state not in KeyState.usable():
        yield errors.KEY_EXPIRED, _("The key is not active (yet, or any more).")
    elif record.ends_at <= now:
        yield errors.KEY_EXPIRED, _("The key has expired. Make a new one in the bank's console.")
    if not directory.is_allowed(address, record.networks):
        told = _("The key may not be used from %(address)s.") % {"address": address}
        yield errors.IP_DENIED, told


def key_of(asked: Asked, environment: str) -> KeyRecord | None:
    key_id = asked.parameter("keyid")
    record = directory.key_of(key_id) if _KEY_ID.fullmatch(key_id) else None
    if record is None or record.client.app_id != asked.header("rcb-app-id"):
        return None
    return record if record.environment == environment else None


def signature(asked: Asked, record: KeyRecord | None) -> Found:
    if not asked.header("signature"):
        return
    raw = decoded(asked)
    if raw is None:
        told = _("Signature is not of the form %(label)s=:…:, with Base64 between the colons.")
        yield errors.SIG_MALFORMED, told % {"label": asked.label or "sig1"}
    elif is_der(raw):
        told = _(
            "The signature is ASN.1 (DER). Send r and s as 32 bytes each, padded with zeros on the"
            " left: 64 bytes."
        )
        yield errors.SIG_INVALID, told
    elif record is not None and len(raw) != (wanted := 32 if record.sign else RAW_BYTES):
        told = _("The signature has %(count)s bytes; with this key it has %(wanted)s.")
        yield errors.SIG_INVALID, told % {"count": len(raw), "wanted": wanted}


def decoded(asked: Asked) -> bytes | None:
    text = asked.signature
    if len(text) < 3 or text[0] != ":" or text[-1] != ":":
        return None
    try:
        return b64decode(text[1:-1], validate=True)
    except (Error, ValueError):
        return None


def is_der(raw: bytes) -> bool:
    return 66 <= len(raw) <= 72 and raw[0] == 0x30 and raw[1] == len(raw) - 2 and raw[2] == 2


def strictly(asked: Asked) -> Found:
    """Nothing that the gateway would refuse may be called right here."""
    try:
        profile.parse(asked.header("signature-input"), asked.header("signature"))
    except GatewayRefused as refusal:
        yield refusal.problem.code, str(refusal.message)
