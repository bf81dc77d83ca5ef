"""Vectors from outside: RFC 9421 appendix B.2, RFC 9530, GB/T 32918.5, GB/T 32905."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from tongsuopy.crypto.asymciphers import ec as gm_ec

from openapi_gateway.choices import Algorithm
from openapi_gateway.signing.algorithms import (
    SM2_POINT_HEAD,
    hmac_signer,
    hmac_verifier,
    load_public_key,
    signer,
    verifier,
)
from openapi_gateway.signing.base import Message, signature_base
from openapi_gateway.signing.digests import content_digest, is_digest_of, sm3

FOLDER = Path(__file__).resolve().parent.parent / "vectors"
RFC = json.loads((FOLDER / "rfc9421_b2_vectors.json").read_text())
GM = json.loads((FOLDER / "gm_pin_vectors.json").read_text())
CASES = {case["label"]: case for case in RFC["cases"]}


def _message(document: dict[str, Any]) -> Message:
    path, _mark, query = document.get("target", "/").partition("?")
    headers = {name.lower(): value for name, value in document["headers"].items()}
    return Message(
        headers, document.get("method", ""), headers.get("host", ""), path, query,
        status=document.get("status", 0),
    )  # fmt: skip


@pytest.mark.parametrize("label", CASES)
def test_the_base_is_the_standard_s(label: str) -> None:
    case = CASES[label]
    message = _message(RFC["test_response" if label == "sig-b24" else "test_request"])
    params = case["signature_input"].partition("=")[2]
    assert signature_base(params, message) == case["signature_base"]


@pytest.mark.parametrize(
    ("label", "key"), [("sig-b24", "test-key-ecc-p256"), ("sig-b26", "test-key-ed25519")]
)
def test_the_standard_s_signatures_verify(label: str, key: str) -> None:
    algorithm, public = load_public_key(RFC["keys"][key]["public_pem"])
    base, signature = (
        CASES[label]["signature_base"].encode(),
        b64decode(CASES[label]["signature_b64"]),
    )
    verify = verifier(algorithm, public)
    assert verify(base, signature)
    assert not verify(base + b" ", signature)
    assert not verify(base, signature[:-1] + bytes([signature[-1] ^ 1]))


def test_the_standard_s_hmac_is_ours() -> None:
    secret = b64decode(RFC["keys"]["test-shared-secret"]["b64"])
    base = CASES["sig-b25"]["signature_base"].encode()
    signature = b64decode(CASES["sig-b25"]["signature_b64"])
    assert hmac_signer(secret)(base) == signature
    assert hmac_verifier(secret)(base, signature)
    assert not hmac_verifier(secret)(base, signature[:-1])


def test_sm2_of_the_national_standard_verifies() -> None:
    vector = GM["SM2_sign_GBT32918_5_A2"]
    public = gm_ec.EllipticCurvePublicKey.from_encoded_point(
        gm_ec.SM2(), bytes.fromhex(vector["pub"])
    )
    signature = bytes.fromhex(vector["r"] + vector["s"])
    verify = verifier(Algorithm.SM2, public)
    assert verify(vector["msg_ascii"].encode(), signature)
    assert not verify(b"another digest", signature)
    assert SM2_POINT_HEAD[-1] == 0


def test_what_sm2_signs_a_second_implementation_verifies() -> None:
    """gmalg shares no code with Tongsuo. Short numbers are padded: one of 256 begins with zero."""
    import gmalg

    private = gm_ec.derive_private_key(int(GM["SM2_sign_GBT32918_5_A2"]["d"], 16), gm_ec.SM2())
    sign = signer(Algorithm.SM2, private)
    point = bytes.fromhex(GM["SM2_sign_GBT32918_5_A2"]["pub"])
    other = gmalg.SM2(pk=point, uid=b"1234567812345678")
    lengths, first = set(), set()
    for number in range(600):
        signature = sign(b"%d" % number)
        lengths.add(len(signature))
        first.add(signature[0] == 0 or signature[32] == 0)
        if number < 3:
            assert other.verify(b"%d" % number, signature[:32], signature[32:])
    assert (lengths, first) == ({64}, {True, False})


def test_asn1_is_refused() -> None:
    private = gm_ec.generate_private_key(gm_ec.SM2())
    from tongsuopy.crypto import hashes

    encoded = private.sign(b"message", gm_ec.ECDSA(hashes.SM3()))
    assert not verifier(Algorithm.SM2, private.public_key())(b"message", encoded)


@pytest.mark.parametrize("case", GM["SM3"], ids=lambda case: case["msg_ascii"][:3])
def test_sm3_is_the_national_standard_s(case: dict[str, str]) -> None:
    assert sm3(case["msg_ascii"].encode()).hex() == case["digest"]


def test_sm4_of_our_provider_is_the_national_standard_s() -> None:
    """GB/T 32907, A.1, and RFC 8998, A.1."""
    block = GM["SM4_ECB"]
    key = SM4(bytes.fromhex(block["key"]))
    encryptor = Cipher(key, modes.ECB()).encryptor()  # noqa: S305  (one block, of the standard)
    found = encryptor.update(bytes.fromhex(block["pt"])) + encryptor.finalize()
    assert found.hex() == block["ct"]
    given = {name: bytes.fromhex(text) for name, text in GM["SM4_GCM_RFC8998_A1"].items()}
    sealing = Cipher(SM4(given["key"]), modes.GCM(given["iv"])).encryptor()
    sealing.authenticate_additional_data(given["aad"])
    sealed = sealing.update(given["pt"]) + sealing.finalize()
    assert (sealed, sealing.tag) == (given["ct"], given["tag"])
    opening = Cipher(SM4(given["key"]), modes.GCM(given["iv"], given["tag"])).decryptor()
    opening.authenticate_additional_data(given["aad"])
    assert opening.update(sealed) + opening.finalize() == given["pt"]


def test_the_digest_of_rfc_9530() -> None:
    vector = GM["ContentDigest_RFC9530"]
    body = vector["body"].encode().decode("unicode_escape").encode()
    assert content_digest(body) == f"sha-256=:{vector['expected']}:"


@pytest.mark.parametrize(
    "header",
    [
        "sha-512=:AAAA:", "sha-256=:AAAA:", "", "sha-256=AAAA",
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, sha-256=:AAAA:",
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, sm3=:AAAA:",
    ],
)  # fmt: skip
def test_a_digest_that_is_not_enough_is_none(header: str) -> None:
    assert not is_digest_of(header, b'{"hello": "world"}\n')


def test_an_unknown_digest_beside_the_right_one_is_nothing() -> None:
    body = b'{"hello": "world"}\n'
    assert is_digest_of(f"{content_digest(body)}, id-sha-512=:AAAA:", body)
