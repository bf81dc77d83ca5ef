"""A bank's core that holds no customers: ``python -m …simulators.core --port N``.

It speaks the protocol of ``core``, for every bank.

* Customers: every number is somebody. The name begins with 演示, the phone with 100, which no
  mobile phone's number does; both follow from bank and number. ``GONE…`` is nobody.
* Accounts: any reference. Its PIN is 246810, unless it is one of these:
  ``6200000000000001`` 123456 · ``6200000000000002`` 888888 · ``6200000000000003`` 1234 (four
  digits) · ``6200000000000004`` is locked already. ``GONE…`` is no account.
  Three wrong PINs lock an account for five minutes; a right one sets the count back. All of it is
  kept in memory.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from openapi_gateway.upstream.pin_blocks import BadBlock, BadPan, digits_of_reference, wiped
from openapi_gateway.upstream.simulators.serving import Asked, Simulator, Told, refusal, run
from openapi_gateway.upstream.zone_keys import UnknownZoneKey, WrongFormat, ZoneKeyName, zone_keys

TRIES, LOCK = 3, timedelta(minutes=5)
USUAL_PIN = "246810"
PINS = {
    "6200000000000001": "123456", "6200000000000002": "888888", "6200000000000003": "1234",
}  # fmt: skip
LOCKED = {"6200000000000004"}
FOREVER = datetime(2099, 12, 31, tzinfo=UTC)
NAMES = "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸"
GONE = "GONE"


class AskedClaims(msgspec.Struct, forbid_unknown_fields=True):
    bank: str
    schema: str
    environment: str
    customer: str
    claims: list[str]


class AskedPin(msgspec.Struct, forbid_unknown_fields=True):
    bank: str
    environment: str
    account_ref: str
    pin_block: str
    format: int
    key_id: str


@dataclass
class Account:
    failures: int = 0
    locked_until: datetime | None = None


class CoreSimulator(Simulator):
    name = "core"

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        self._accounts: dict[tuple[str, str, str], Account] = {}
        self._zone_keys = zone_keys()

    def answer(self, asked: Asked) -> Told:
        try:
            if asked.path == "/v1/customers:claims":
                return _claims(msgspec.json.decode(asked.body, type=AskedClaims))
            if asked.path == "/v1/pins:verify":
                return self._verify(msgspec.json.decode(asked.body, type=AskedPin))
        except msgspec.DecodeError:
            return refusal(400, "B400")
        return refusal(404, "N404")

    def _verify(self, asked: AskedPin) -> Told:
        if asked.account_ref.startswith(GONE):
            return refusal(404, "A404")
        with self.lock:
            account = self._account(asked)
            if account.locked_until and account.locked_until > datetime.now(UTC):
                return _told(account, is_right=False)
            try:
                is_right = self._is_right(asked)
            except (BadBlock, BadPan, UnknownZoneKey, WrongFormat, ValueError):
                return refusal(422, "P400")
            _count(account, is_right=is_right)
            return _told(account, is_right=is_right)

    def _account(self, asked: AskedPin) -> Account:
        key = (asked.bank, asked.environment, asked.account_ref)
        if key not in self._accounts:
            is_locked = asked.account_ref in LOCKED
            self._accounts[key] = Account(TRIES if is_locked else 0, FOREVER if is_locked else None)
        return self._accounts[key]

    def _is_right(self, asked: AskedPin) -> bool:
        name = ZoneKeyName(asked.bank, asked.environment, asked.key_id)
        pan = digits_of_reference(asked.account_ref)
        block = bytes.fromhex(asked.pin_block)
        pin = self._zone_keys.open(name, asked.format, block, pan)
        wanted = bytes(int(digit) for digit in PINS.get(asked.account_ref, USUAL_PIN))
        with wiped(pin):
            return hmac.compare_digest(pin, wanted)


def _count(account: Account, *, is_right: bool) -> None:
    if account.locked_until:  # its time is over
        account.failures, account.locked_until = 0, None
    account.failures = 0 if is_right else account.failures + 1
    if account.failures >= TRIES:
        account.locked_until = datetime.now(UTC) + LOCK


def _told(account: Account, *, is_right: bool) -> Told:
    until = account.locked_until
    body = {
        "matched": is_right, "attempts_left": max(0, TRIES - account.failures),
        "locked_until": until.isoformat() if until else None,
    }  # fmt: skip
    return Told(200, body)


def _claims(asked: AskedClaims) -> Told:
    if asked.customer.startswith(GONE):
        return refusal(404, "C404")
    known = person(asked.bank, asked.customer)
    return Told(200, {"claims": {name: known[name] for name in asked.claims if name in known}})


def person(bank: str, customer: str) -> dict[str, str]:
    draw = int.from_bytes(sha256(f"{bank}:{customer}".encode()).digest()[:8])
    name = NAMES[draw % len(NAMES)]
    return {"name": f"演示{name}", "phone": f"100{draw // 100 % 10**8:08d}"}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    run(CoreSimulator, "CORE_SECRET")
