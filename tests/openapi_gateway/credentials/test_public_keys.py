from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import edwards
from openapi_gateway.credentials.errors import BadKey, PrivateKeyUploaded
from openapi_gateway.credentials.possession import WAYS_TO_MAKE
from openapi_gateway.credentials.public_keys import read_der, read_upload
from tests.openapi_gateway.credentials.pairs import FAMILIES, openssl, shell
from tests.openapi_gateway.making import a_key_pair

MAKING = dict(zip(("P-256", "Ed25519", "SM2"), FAMILIES, strict=True))
REQUEST_OPTIONS = {
    "P-256": ("-sha256",), "Ed25519": (), "SM2": ("-sm3", "-sigopt", "distid:1234567812345678"),
}  # fmt: skip
# Points of small order on edwards25519, canonical encodings.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]


@pytest.mark.parametrize("algorithm", FAMILIES)
def test_each_family_is_known_by_its_key_alone(algorithm: Algorithm) -> None:
    _sign, pem = a_key_pair(algorithm)

    found = read_upload(pem)

    assert found.algorithm is algorithm
    assert found.pem == pem


@pytest.mark.parametrize("name", list(MAKING))
def test_the_command_lines_of_the_page_make_a_pair_that_is_taken(name: str, tmp_path: Path) -> None:
    way = next(each for each in WAYS_TO_MAKE if each.name == name)

    shell(tmp_path, way.lines)

    assert read_upload((tmp_path / "public.pem").read_text()).algorithm is MAKING[name]
    with pytest.raises(PrivateKeyUploaded, match="PRIVATE key"):
        read_upload((tmp_path / "private.pem").read_text())


@pytest.mark.parametrize("name", list(MAKING))
def test_a_certificate_request_brings_its_key(name: str, tmp_path: Path) -> None:
    way = next(each for each in WAYS_TO_MAKE if each.name == name)
    shell(tmp_path, way.lines)

    options = REQUEST_OPTIONS[name]
    openssl(tmp_path, "req", "-new", "-key", "private.pem", "-subj", "/CN=partner", *options,
            "-out", "request.pem")  # fmt: skip

    found = read_upload((tmp_path / "request.pem").read_text())
    assert found.pem == (tmp_path / "public.pem").read_text()


@pytest.mark.parametrize("name", list(MAKING))
def test_a_request_whose_signature_does_not_fit_is_refused(name: str, tmp_path: Path) -> None:
    way = next(each for each in WAYS_TO_MAKE if each.name == name)
    shell(tmp_path, way.lines)
    openssl(tmp_path, "req", "-new", "-key", "private.pem", "-subj", "/CN=partner",
            *REQUEST_OPTIONS[name], "-outform", "DER", "-out", "request.der")  # fmt: skip
    der = (tmp_path / "request.der").read_bytes().replace(b"partner", b"another")

    with pytest.raises(BadKey, match="not signed by its own key"):
        read_upload(armoured("CERTIFICATE REQUEST", der))


def test_a_request_of_no_known_version_is_refused(tmp_path: Path) -> None:
    openssl(tmp_path, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "private.pem")
    openssl(tmp_path, "req", "-new", "-key", "private.pem", "-subj", "/CN=partner",
            "-outform", "DER", "-out", "request.der")  # fmt: skip
    der = (tmp_path / "request.der").read_bytes().replace(b"\2\1\0", b"\2\1\2", 1)

    with pytest.raises(BadKey, match="cannot be read"):
        read_upload(armoured("CERTIFICATE REQUEST", der))


@pytest.mark.parametrize("algorithm", [Algorithm.P256, Algorithm.SM2])
def test_a_point_off_its_curve_is_refused(algorithm: Algorithm) -> None:
    der = bytearray(read_upload(a_key_pair(algorithm)[1]).der)
    der[-1] ^= 1

    with pytest.raises(BadKey):
        read_der(bytes(der))


@pytest.mark.parametrize("form", ["compressed", "hybrid"])
@pytest.mark.parametrize("curve", ["prime256v1", "SM2"])
def test_one_point_in_another_form_is_the_same_key(curve: str, form: str, tmp_path: Path) -> None:
    openssl(tmp_path, "ecparam", "-name", curve, "-genkey", "-noout", "-out", "private.pem")
    plain = openssl(tmp_path, "ec", "-in", "private.pem", "-pubout")

    other = openssl(tmp_path, "ec", "-in", "private.pem", "-pubout", "-conv_form", form)

    assert other != plain
    try:
        digest = read_upload(other).digest
    except BadKey:
        return  # a library that refuses the form is as good
    assert digest == read_upload(plain).digest


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_an_ed25519_point_of_small_order_is_refused(point: str) -> None:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(point))
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(BadKey, match="no sound Ed25519 key"):
        read_der(der)


def test_every_honest_ed25519_key_is_sound_and_none_with_a_part_of_small_order() -> None:
    for _each in range(10):
        raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        assert edwards.is_sound(raw)
        point = edwards._decode(raw)
        tail = edwards._decode(bytes.fromhex(SMALL_ORDER[4]))
        assert point is not None
        assert tail is not None
        assert not edwards._is_identity(edwards._times(edwards._add(point, tail), edwards.ORDER))
    assert not edwards.is_sound((2**255 - 18).to_bytes(32, "little"))


def test_rsa_is_refused_with_the_reason(tmp_path: Path) -> None:
    openssl(tmp_path, "genrsa", "-out", "private.pem", "3072")
    public = openssl(tmp_path, "rsa", "-in", "private.pem", "-pubout")
    traditional = openssl(tmp_path, "rsa", "-in", "private.pem", "-RSAPublicKey_out")

    for text in (public, traditional):
        with pytest.raises(BadKey, match="RSA keys are not accepted"):
            read_upload(text)


@pytest.mark.parametrize("curve", ["secp384r1", "secp256k1", "brainpoolP256r1"])
def test_other_curves_are_refused(curve: str, tmp_path: Path) -> None:
    openssl(tmp_path, "ecparam", "-name", curve, "-genkey", "-noout", "-out", "private.pem")

    with pytest.raises(BadKey):
        read_upload(openssl(tmp_path, "ec", "-in", "private.pem", "-pubout"))


def test_a_curve_like_p256_with_another_base_point_is_refused(tmp_path: Path) -> None:
    """CVE-2020-0601: whoever chooses the base point knows a private key for any public one."""
    openssl(tmp_path, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc",
            "explicit", "-out", "private.pem")  # fmt: skip
    pem = openssl(tmp_path, "ec", "-in", "private.pem", "-pubout")
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    base_point = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f2")
    key = der[-65:]

    assert base_point in der
    with pytest.raises(BadKey):
        read_der(der.replace(der[der.index(base_point) :][:65], key, 1))


@pytest.mark.parametrize("algorithm", ["-algorithm ed25519", "-algorithm SM2"])
@pytest.mark.parametrize("wrap", ["pkcs8", "encrypted", "bare"])
def test_a_private_key_in_any_dress_is_refused_loudly(
    algorithm: str, wrap: str, tmp_path: Path
) -> None:
    openssl(tmp_path, "genpkey", *algorithm.split(), "-out", "private.pem")
    text = (tmp_path / "private.pem").read_text()
    if wrap == "encrypted":
        text = openssl(tmp_path, "pkcs8", "-topk8", "-in", "private.pem", "-passout", "pass:abcd")
    if wrap == "bare":
        text = "".join(text.splitlines()[1:-1])

    with pytest.raises(PrivateKeyUploaded) as refused:
        read_upload(text)

    assert "PRIVATE key" in str(refused.value)
    assert text[40:60] not in str(refused.value)


def test_a_private_key_beside_its_public_key_is_noticed(tmp_path: Path) -> None:
    shell(tmp_path, WAYS_TO_MAKE[0].lines)
    both = (tmp_path / "public.pem").read_text() + (tmp_path / "private.pem").read_text()

    with pytest.raises(PrivateKeyUploaded):
        read_upload(both)


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "x" * 9_000,
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5", "\x00", "-----BEGIN CERTIFICATE-----",
    ],
)  # fmt: skip
def test_what_is_no_public_key_gets_a_sentence(text: str) -> None:
    with pytest.raises(BadKey):
        read_upload(text)


def test_two_keys_at_once_are_refused() -> None:
    with pytest.raises(BadKey, match="not one public key"):
        read_upload(a_key_pair(Algorithm.P256)[1] + a_key_pair(Algorithm.P256)[1])


def test_a_certificate_is_refused_with_the_way_to_its_key(tmp_path: Path) -> None:
    shell(tmp_path, WAYS_TO_MAKE[0].lines)
    openssl(tmp_path, "req", "-new", "-x509", "-key", "private.pem", "-subj", "/CN=x",
            "-out", "certificate.pem")  # fmt: skip

    with pytest.raises(BadKey, match="openssl x509"):
        read_upload((tmp_path / "certificate.pem").read_text())


def armoured(label: str, der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"
