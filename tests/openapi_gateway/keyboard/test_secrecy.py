"""Where a PIN must not be: looked for in everything that a real call leaves behind."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.views.debug import ExceptionReporter

from openapi_gateway.base_services.keyboard import using
from openapi_gateway.base_services.keyboard.messages import Begun
from openapi_gateway.base_services.keyboard.operations import SESSIONS
from openapi_gateway.metering import outcomes
from openapi_gateway.upstream import zone_keys
from openapi_gateway.upstream.core import PinAnswer
from tests.openapi_gateway.keyboard.phones import (
    a_client,
    begin,
    call,
    positions_of,
    pressed,
    translation,
)
from tests.openapi_gateway.making import Partner

pytestmark = pytest.mark.django_db

# Twelve digits that nothing else here would hold by chance.
PIN = "907152638441"
WISH = {"purpose": "txn", "length": 12, "device_fp": "device-0001"}


class Everything(logging.Handler):
    """What any handler could write: each record whole, with its trace."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__!r}")
        if record.exc_info:
            self.lines += traceback.TracebackException(
                *record.exc_info, capture_locals=True
            ).format()  # type: ignore[arg-type]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    root, handler = logging.getLogger(), Everything()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.setLevel(before)
    root.removeHandler(handler)


def needles(*positions: bytes) -> list[bytes]:
    """The PIN in every form in which somebody could have written it down."""
    found = [PIN.encode(), bytes.fromhex(PIN)]
    for raw in (bytes(int(digit) for digit in PIN), *positions):
        text = str(list(raw))[1:-1]
        found += [
            raw, raw.hex().encode(), text.encode(), text.replace(" ", "").encode(),
            repr(bytearray(raw)).encode(), b64encode(raw), urlsafe_b64encode(raw),
        ]  # fmt: skip
    return [*found, b64encode(PIN.encode())]


def is_in(hay: bytes | str, wanted: list[bytes]) -> list[bytes]:
    data = hay if isinstance(hay, bytes) else hay.encode(errors="replace")
    return [needle for needle in wanted if needle in data]


def in_redis() -> Iterator[bytes]:
    store = redis.Redis.from_url(settings.REDIS_URL)
    readers: dict[bytes, Any] = {
        b"string": store.get, b"hash": store.hgetall, b"set": store.smembers,
        b"list": lambda key: store.lrange(key, 0, -1),
        b"zset": lambda key: store.zrange(key, 0, -1),
        b"stream": lambda key: store.xrevrange(key, count=1000),
    }  # fmt: skip
    for key in store.scan_iter(match="gw:*", count=1000):
        kind = store.type(key)
        value = readers[kind](key) if kind in readers else b""
        yield key + b" " + (value if isinstance(value, bytes) else repr(value).encode())


def in_tables() -> Iterator[str]:
    """Every row of every table of the public schema, the audit's, the log's, the answers' too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM public.{table} t LIMIT 5000")  # noqa: S608
            yield from (row[0] for row in cursor.fetchall())


def test_no_trace_of_a_pin_is_left_by_real_calls(
    partner: Partner, simulators: Any, logged: list[str]
) -> None:
    answers: list[Any] = []
    positions: list[bytes] = []
    for verb in ("translate", "verify", "translate"):
        begun = partner.post(SESSIONS, WISH)
        session = msgspec.json.decode(begun.content, type=Begun)
        body = translation(session, PIN)
        if verb == "verify":
            body = {"ciphertext": pressed(session, PIN), "account_ref": f"acct_{partner.app_id}"}
        if len(positions) == 2:
            # A partner's mistake that is found out with the PIN in hand.
            body["ciphertext"] = pressed(session, PIN[:-1])
        positions.append(positions_of(session, PIN))
        answers.append(partner.post(f"{SESSIONS}/{session.session_id}:{verb}", body))
    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert answers[1].json()["matched"] is False

    wanted = needles(*positions)
    outcomes.flush()
    places = {
        "answers": [answer.content + repr(answer.headers).encode() for answer in answers],
        "log": logged, "redis": list(in_redis()), "tables": list(in_tables()),
    }  # fmt: skip
    found = {
        name: [is_in(each, wanted) for each in place if is_in(each, wanted)]
        for name, place in places.items()
    }
    assert found == {name: [] for name in places}
    assert len(logged) > 10
    assert len(places["redis"]) > 2
    assert any("gw:calls" in repr(each) for each in places["redis"])


def test_the_search_would_find_it(logged: list[str]) -> None:
    logging.getLogger("planted").debug("a pin: %s", PIN)
    assert any(is_in(line, needles()) for line in logged)
    planted = [json.dumps([int(digit) for digit in PIN]), repr(bytearray(map(int, PIN)))]
    assert all(is_in(each, needles()) for each in planted)


class Planted(RuntimeError):
    pass


def planted(*_given: Any, **_named: Any) -> Any:
    raise Planted("no digits here")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (zone_keys, "encipher"), (using, "weakness_of"), (using, "_to_digits"),
        (using.core, "verify_pin"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
@pytest.mark.parametrize("debug", [False, True])
def test_a_failing_call_carries_no_pin_in_its_traces(
    alpha: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, owner: Any, name: str, debug: bool
) -> None:
    settings.DEBUG = debug
    client = a_client(alpha)
    is_check = name == "verify_pin"
    session = begin(client, length=12, purpose="txn" if is_check else "set")
    body: dict[str, Any] = translation(session, PIN)
    if is_check:
        body = {"ciphertext": body["ciphertext"], "account_ref": "acct_7Qx2aZ"}
    wanted = needles(positions_of(session, PIN))
    monkeypatch.setattr(owner, name, planted)

    verb = "verify" if is_check else "translate"
    with pytest.raises(Planted) as caught:
        call(client, verb, body, session_id=session.session_id)

    trace = caught.value.__traceback__
    lines = list(
        traceback.TracebackException(Planted, caught.value, trace, capture_locals=True).format()
    )
    own = [line for line in lines if "openapi_gateway/" in line and "tests/" not in line]
    assert len(own) >= 2
    assert [line for line in own if is_in(line, wanted)] == []
    report = ExceptionReporter(None, Planted, caught.value, _of_ours(trace))
    frames = report.get_traceback_frames()
    assert len(frames) >= 2
    assert is_in(repr([frame["vars"] for frame in frames]), wanted) == []
    if not debug and not is_check:
        # The second line: production's reports hide what these functions hold anyway.
        assert any("********************" in repr(frame["vars"]) for frame in frames)


def _of_ours(trace: Any) -> Any:
    """Without the test's own frame, which of course knows the PIN."""
    while trace is not None and "/tests/" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return trace


def test_what_opens_a_session_is_encrypted_in_redis(alpha: Any) -> None:
    session = begin(a_client(alpha))
    store = redis.Redis.from_url(settings.REDIS_URL)
    key = f"gw:pin:{session.session_id}"

    cell: Any = store.get(key)

    layout = bytes(using.stash.look(session.session_id).layout)
    assert layout not in cell
    assert 0 < store.ttl(key) <= 120
    assert using.stash.take(session.session_id) is not None
    assert store.get(key) is None
    # Moved under another session's name, it does not open.
    other = begin(a_client(alpha))
    store.set(f"gw:pin:{other.session_id}", cell, ex=60)
    with pytest.raises(ValueError, match="does not open"):
        using.stash.take(other.session_id)


def test_secrets_say_nothing_of_themselves(alpha: Any) -> None:
    session = begin(a_client(alpha))
    found = using.stash.take(session.session_id)
    assert str(list(found.layout)) not in repr(found)
    assert "layout=" not in repr(found)


def test_no_pin_is_left_in_the_call_that_ended(alpha: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every buffer that the call made of it has been overwritten."""
    client, held = a_client(alpha), []
    real = using.open_positions

    def kept(*given: Any) -> bytearray:
        held.append(real(*given))
        return held[-1]

    monkeypatch.setattr(using, "open_positions", kept)
    monkeypatch.setattr(using.core, "verify_pin", lambda **_given: PinAnswer(True, 3))
    first, second = begin(client, length=12), begin(client, length=12)
    call(client, "translate", translation(first, PIN), session_id=first.session_id)
    body = {"ciphertext": pressed(second, PIN), "account_ref": "acct_7Qx2aZ"}
    call(client, "verify", body, session_id=second.session_id)

    assert held == [bytearray(12), bytearray(12)]
    assert sys.getrefcount(held[0]) <= 3
