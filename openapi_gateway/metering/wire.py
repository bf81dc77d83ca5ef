"""Entries of the stream of calls as the drain reads them.

Field ``a``: one call that was let in, written before its answer. Field ``b``: calls that have
ended. Both are JSON arrays, so that whoever writes them spends next to nothing on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from openapi_gateway.metering.choices import UNKNOWN
from openapi_gateway.metering.months import first_kept_month, midnight

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# A server's clock may be ahead of ours.
AHEAD = timedelta(days=1)
MOST_US = 2**31 - 1
MOST_STATUS = 999
_LENGTHS = {
    "request_id": 40, "app_id": 20, "key_id": 24, "environment": 10, "operation": 60,
    "service": 20, "code": 40, "address": 45, "subject": 64,
}  # fmt: skip


class Admitted(msgspec.Struct, array_like=True, frozen=True):
    request_id: str
    at_ms: int
    bank_id: int
    app_id: str
    key_id: str
    environment: str
    operation: str
    service: str
    address: str


class Finished(msgspec.Struct, array_like=True, frozen=True):
    request_id: str
    at_ms: int
    bank_id: int
    app_id: str
    key_id: str
    environment: str
    operation: str
    service: str
    status: int
    code: str
    latency_us: int
    billable: bool
    address: str
    subject: str

    @property
    def at(self) -> datetime:
        return moment(self.at_ms)


@dataclass(slots=True)
class Spoilt:
    entry_id: str
    raw: bytes
    reason: str


@dataclass(slots=True)
class Batch:
    """What a stretch of the stream says, each call once."""

    admitted: dict[str, Admitted] = field(default_factory=dict)
    finished: dict[str, Finished] = field(default_factory=dict)
    spoilt: list[Spoilt] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.admitted) + len(self.finished)


Call = TypeVar("Call", Admitted, Finished)
_ADMITTED = msgspec.json.Decoder(Admitted)
_FINISHED = msgspec.json.Decoder(list[Finished])


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Reader:
    """Reads entries into one batch. What cannot be read is kept aside; the rest goes on."""

    def __init__(self, now: datetime) -> None:
        self.batch = Batch()
        self._earliest = midnight(first_kept_month(now)).timestamp() * 1000
        self._latest = (now + AHEAD).timestamp() * 1000

    def read(self, entry_id: str, fields: Mapping[bytes, bytes]) -> None:
        try:
            admitted, finished = self._calls_of(fields)
        except (msgspec.DecodeError, ValueError) as error:
            raw = b"\n".join(b"%s %s" % pair for pair in fields.items())
            self.batch.spoilt.append(Spoilt(entry_id, raw, str(error)[:200]))
            return
        for each in map(_clean, admitted):
            self.batch.admitted[each.request_id] = each
        for call in map(_clean, finished):
            self.batch.finished.setdefault(call.request_id, call)

    def _calls_of(self, fields: Mapping[bytes, bytes]) -> tuple[list[Admitted], list[Finished]]:
        if not fields.keys() & {b"a", b"b"}:
            raise ValueError("neither a nor b")
        admitted = [_ADMITTED.decode(fields[b"a"])] if b"a" in fields else []
        finished = _FINISHED.decode(fields[b"b"]) if b"b" in fields else []
        for each in (*admitted, *finished):
            if not each.request_id or not self._earliest <= each.at_ms <= self._latest:
                raise ValueError(f"no call of this time: {each.at_ms}")
        return admitted, finished


def unheard_of(call: Admitted) -> Finished:
    """The end of a call that never came."""
    return Finished(
        call.request_id, call.at_ms, call.bank_id, call.app_id, call.key_id, call.environment,
        call.operation, call.service, 0, UNKNOWN, 0, False, call.address, "",
    )  # fmt: skip


def _clean(call: Call) -> Call:
    """What callers claim comes here as it came: nothing of it may break a line, a list or a
    column."""
    changes: dict[str, Any] = {}
    for name, length in _LENGTHS.items():
        text = getattr(call, name, None)
        if text is not None and (len(text) > length or not text.isprintable()):
            changes[name] = _harmless(text)[:length]
    if isinstance(call, Finished) and not 0 <= call.latency_us <= MOST_US:
        changes["latency_us"] = min(max(call.latency_us, 0), MOST_US)
    if isinstance(call, Finished) and not 0 <= call.status <= MOST_STATUS:
        changes["status"] = 0
    return msgspec.structs.replace(call, **changes) if changes else call


def _harmless(text: str) -> str:
    return "".join(each if each.isprintable() else REPLACEMENT for each in text)
