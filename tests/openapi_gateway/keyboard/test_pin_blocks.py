from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openapi_gateway.upstream import pin_blocks
from openapi_gateway.upstream.pin_blocks import BadBlock, BadPan, BadPin
from openapi_gateway.upstream.zone_keys import (
    SoftwareZoneKeys,
    UnknownZoneKey,
    WrongFormat,
    ZoneKeyName,
    _check_value,
    _derived,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "gm_pin_vectors.json").read_text("utf-8")
)
PAN = "6217001234567890123"
KEYS = SoftwareZoneKeys({"m1": bytes(range(32)), "m2": bytes(range(1, 33))})


def digits(text: str) -> bytearray:
    return bytearray(int(each) for each in text)


def name(key_id: str, bank: str = "changsha", environment: str = "sandbox") -> ZoneKeyName:
    return ZoneKeyName(bank, environment, key_id)


@pytest.mark.parametrize("vector", VECTORS["ISO9564_format0"], ids=lambda each: each["pin"])
def test_format_0_is_as_the_outside_vectors_have_it(vector: dict[str, str]) -> None:
    field = pin_blocks.pin_field(digits(vector["pin"]), 0)
    pin_blocks._xor(field, pin_blocks.pan_field(vector["pan"], 0))
    assert field.hex().upper() == vector["block"]


def test_the_account_field_of_format_4_is_as_the_outside_vector_has_it() -> None:
    vector = VECTORS["ISO9564_format4_pan_field"]
    assert pin_blocks.pan_field(vector["pan"], 4).hex() == vector["field"]


def test_the_pin_field_of_format_4_is_as_the_outside_vector_has_it() -> None:
    vector = VECTORS["ISO9564_format4_AES"]
    random = bytes.fromhex(vector["pin_field"])[8:]
    field = pin_blocks.pin_field(digits(vector["pin"]), 4, random)
    assert field.hex().upper() == vector["pin_field"]


def test_format_4_enciphers_as_the_outside_vector_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    vector = VECTORS["ISO9564_format4_AES"]
    key, random = bytes.fromhex(vector["key"]), bytes.fromhex(vector["pin_field"])[8:]
    monkeypatch.setattr(pin_blocks.os, "urandom", lambda _count: random)

    block = pin_blocks.encipher(key, 4, digits(vector["pin"]), vector["pan"])

    assert block.hex().upper() == vector["enciphered"]
    assert pin_blocks.decipher(key, 4, block, vector["pan"]) == digits(vector["pin"])


@pytest.mark.parametrize("key_id", ["m1.aes128", "m1.tdes2", "m1.tdes3"])
@pytest.mark.parametrize("pin", ["1234", "000000", "123456789012"])
def test_what_is_sealed_opens_under_the_same_key_and_account_only(key_id: str, pin: str) -> None:
    block_format = 4 if key_id.endswith("aes128") else 0
    block = KEYS.seal(name(key_id), block_format, digits(pin), PAN)

    assert KEYS.open(name(key_id), block_format, block, PAN) == digits(pin)
    for other in (name(key_id, bank="yueyang"), name(key_id, environment="production")):
        with pytest.raises(BadBlock):
            KEYS.open(other, block_format, block, PAN)
    with pytest.raises(BadBlock):
        KEYS.open(name(key_id.replace("m1", "m2")), block_format, block, PAN)


def test_format_4_of_another_account_does_not_open() -> None:
    block = KEYS.seal(name("m1.aes128"), 4, digits("135790"), PAN)
    with pytest.raises(BadBlock):
        KEYS.open(name("m1.aes128"), 4, block, "6217001234567890131")


def test_format_4_of_the_same_pin_differs_each_time() -> None:
    blocks = {KEYS.seal(name("m1.aes128"), 4, digits("135790"), PAN) for _ in range(50)}
    assert len(blocks) == 50


@pytest.mark.parametrize(
    ("key_id", "block_format"), [("m1.aes128", 0), ("m1.tdes2", 4), ("m1.tdes3", 4)]
)
def test_aes_keys_serve_format_4_alone_and_tdes_keys_format_0(
    key_id: str, block_format: int
) -> None:
    with pytest.raises(WrongFormat):
        KEYS.check_value(name(key_id), block_format)
    with pytest.raises(WrongFormat):
        KEYS.seal(name(key_id), block_format, digits("135790"), PAN)


@pytest.mark.parametrize("key_id", ["", "aes128", "m9.aes128", "m1.aes", "m1.", ".aes128", "m1"])
def test_an_unknown_zone_key_is_refused(key_id: str) -> None:
    with pytest.raises(UnknownZoneKey):
        KEYS.check_value(name(key_id), 4)


def test_check_values_tell_keys_apart_and_are_those_of_the_standards() -> None:
    values = {
        KEYS.check_value(name(f"m1.{algorithm}", bank), block_format)
        for bank in ("changsha", "yueyang")
        for algorithm, block_format in (("aes128", 4), ("tdes2", 0), ("tdes3", 0))
    }
    assert len(values) == 6
    # The one that every HSM's manual prints for its test key.
    assert _check_value(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), is_aes=False) == "08D7B4"


def test_tdes_keys_have_odd_parity() -> None:
    key = _derived(bytes(range(32)), name("m1.tdes3"), "tdes3")
    assert all(byte.bit_count() % 2 for byte in key)
    assert len({key[:8], key[8:16], key[16:]}) == 3


@pytest.mark.parametrize("pin", ["", "123", "1234567890123"])
def test_a_pin_has_4_to_12_digits(pin: str) -> None:
    with pytest.raises(BadPin):
        KEYS.seal(name("m1.aes128"), 4, digits(pin), PAN)


def test_a_pin_of_something_else_than_digits_is_refused() -> None:
    with pytest.raises(BadPin):
        KEYS.seal(name("m1.aes128"), 4, bytearray([1, 2, 3, 10]), PAN)


@pytest.mark.parametrize(
    "pan", ["", "12345678901", "1" * 20, "62170012345678９0", "6217-001-23456"]
)
@pytest.mark.parametrize(("key_id", "block_format"), [("m1.aes128", 4), ("m1.tdes2", 0)])
def test_an_account_number_that_is_none_is_refused(
    key_id: str, block_format: int, pan: str
) -> None:
    with pytest.raises(BadPan):
        KEYS.seal(name(key_id), block_format, digits("135790"), pan)


@pytest.mark.parametrize("block", [b"", bytes(8), bytes(17)])
def test_a_block_of_another_length_does_not_open(block: bytes) -> None:
    with pytest.raises(BadBlock):
        KEYS.open(name("m1.aes128"), 4, block, PAN)


def test_a_reference_stands_for_the_same_digits_always() -> None:
    assert pin_blocks.digits_of_reference(PAN) == PAN
    bound = pin_blocks.digits_of_reference("acct_7Qx")
    assert bound == pin_blocks.digits_of_reference("acct_7Qx") != "acct_7Qy"
    assert len(bound) == 16
    assert bound.isdigit()


def test_sealing_leaves_no_digits_in_the_buffers_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytearray] = []
    real = pin_blocks.pin_field

    def kept(*arguments: Any) -> bytearray:
        made.append(real(*arguments))
        return made[-1]

    monkeypatch.setattr(pin_blocks, "pin_field", kept)
    KEYS.seal(name("m1.aes128"), 4, digits("135790"), PAN)
    KEYS.seal(name("m1.tdes2"), 0, digits("135790"), PAN)
    assert made == [bytearray(16), bytearray(8)]
