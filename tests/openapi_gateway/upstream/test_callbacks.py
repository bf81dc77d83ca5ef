"""What the engine says of its own accord: only what it signed, once, in whatever order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.test import Client

from openapi_gateway.upstream import callbacks
from openapi_gateway.upstream import liveness_engine as engine
from openapi_gateway.upstream.callbacks import EngineReport
from openapi_gateway.upstream.models import Vendor
from openapi_gateway.upstream.signatures import signed_headers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("simulators")]

PATH = "/vendor-callbacks/liveness/liveness"
LIVE = {
    "state": "done", "vendor_ref": "v-1", "code": "0", "decision": "live", "score": 0.98,
    "model_version": "m1",
}  # fmt: skip


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[EngineReport]:
    taken: list[EngineReport] = []
    monkeypatch.setattr(callbacks, "_handlers", [taken.append])
    return taken


def posted(
    notice: Any, *, secret: str = "", at: float | None = None, path: str = PATH, **changes: Any
) -> int:
    """The status. ``changes``: {"body": …} sends another body than the one that is signed."""
    body = notice if isinstance(notice, bytes) else msgspec.json.encode(notice)
    moment = int(time.time() if at is None else at)
    key = (secret or settings.LIVENESS_SECRET).encode()
    signed = signed_headers(key, "POST", path, body, moment)
    return Client(enforce_csrf_checks=True).post(
        path, data=changes.get("body", body), content_type="application/json",
        headers={**signed, "Host": f"open.{settings.BASE_DOMAIN}"},
    ).status_code  # fmt: skip


def notice(result: dict[str, Any] | None = None, session: str = "s1") -> dict[str, Any]:
    return {
        "session": session, "session_ref": "ls_1.1", "sequence": 1, "result": result or LIVE
    }  # fmt: skip


def test_a_signed_result_is_handed_on_as_an_answer(reports: list[EngineReport]) -> None:
    assert posted(notice()) == 204

    (report,) = reports
    assert (report.engine_ref, report.session_ref) == ("liveness.s1", "ls_1.1")
    assert (report.answer.decision, report.answer.code) == ("live", "LIVE.PASSED")


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "somebody else's secret"},
        {"at": 1},
        {"at": 4_000_000_000},
        {"body": msgspec.json.encode(notice(session="s2"))},
    ],
    ids=["another secret", "long ago", "in future", "another body"],
)
def test_what_the_vendor_did_not_sign_is_401_and_goes_nowhere(
    changes: dict[str, Any], reports: list[EngineReport]
) -> None:
    assert posted(notice(), **changes) == 401
    assert reports == []


def test_a_callback_of_a_vendor_that_nobody_knows_is_401(reports: list[EngineReport]) -> None:
    assert posted(notice(), path="/vendor-callbacks/liveness/nobody") == 401
    assert posted(notice(), path="/vendor-callbacks/liveness/core") == 401
    Vendor.objects.filter(code="liveness").update(is_active=False)
    assert posted(notice()) == 401
    assert reports == []


def test_a_vendor_without_a_secret_signs_nothing(reports: list[EngineReport]) -> None:
    Vendor.objects.filter(code="liveness").update(base_url="https://engine.example")

    assert posted(notice(), secret=settings.LIVENESS_SECRET) == 401
    assert reports == []


def test_progress_is_no_result(reports: list[EngineReport]) -> None:
    assert posted(notice({"state": "processing", "vendor_ref": "v-1"})) == 204
    assert reports == []


@pytest.mark.parametrize(
    "result",
    [
        {**LIVE, "code": "1001"},
        {**LIVE, "code": "9999"},
        {**LIVE, "score": None},
        {**LIVE, "decision": None},
    ],
    ids=["a photo's code", "no such code", "no score", "no decision"],
)
def test_a_result_that_contradicts_itself_goes_nowhere(
    result: dict[str, Any], reports: list[EngineReport]
) -> None:
    assert posted(notice(result)) == 204
    assert reports == []


def test_bodies_that_cannot_be_read_are_refused(reports: list[EngineReport]) -> None:
    assert posted(b"<html>") == 400
    assert posted(b'{"session": "\xff"}') == 400
    assert posted(b"[" * 60_000) == 400
    assert posted(msgspec.json.encode(notice()).replace(b"0.98", b"NaN")) == 400
    assert posted({**notice(), "passed": True}) == 400
    assert posted(b" " * (callbacks.MAX_BODY + 1)) == 413
    assert reports == []


def test_only_posts_on_the_open_host_are_taken() -> None:
    browser = Client()
    assert browser.get(PATH, headers={"Host": f"open.{settings.BASE_DOMAIN}"}).status_code == 405
    assert browser.post(PATH, headers={"Host": settings.PLATFORM_HOST}).status_code == 404


def test_a_handler_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "_handlers", [])
    for _ in range(2):
        callbacks.register(print)

    assert callbacks._handlers == [print]


# --- From the simulator's own mouth ---------------------------------------------------------------
@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An address for callbacks, and what arrived there."""
    arrived: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.append((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", arrived
        server.shutdown()
        thread.join()


def replayed(words: str, count: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses with which we meet what the engine sends after a capture of these words."""
    with listening() as (address, arrived):
        monkeypatch.setattr(settings, "VENDOR_CALLBACK_URL", address)
        ref = engine.begin(
            environment="sandbox", session_ref=f"ls_{token_hex(8)}.1", mode="silent"
        ).engine_ref
        media = token_hex(50).encode() + f"SIM:{words}".encode()
        answer = engine.submit(
            environment="sandbox", engine_ref=ref, media=media, sha256=sha256(media).hexdigest()
        )
        assert (answer.state, answer.decision) == ("processing", None)
        end = time.monotonic() + 10
        while len(arrived) < count and time.monotonic() < end:
            time.sleep(0.02)
    browser = Client()
    return [
        browser.post(
            PATH, data=body, content_type="application/json",
            headers={**headers, "Host": f"open.{settings.BASE_DOMAIN}"},
        ).status_code
        for headers, body in arrived
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "statuses", "taken"),
    [
        ("live+async", [204], 1),
        ("spoof-mask+duplicate-callback", [204] * 3, 3),
        ("live+out-of-order-callback", [204] * 3, 2),
        ("live+forged-callback", [401], 0),
        ("live+late-callback", [401], 0),
    ],
)
def test_the_simulated_engine_calls_back(
    words: str,
    statuses: list[int],
    taken: int,
    reports: list[EngineReport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert replayed(words, len(statuses), monkeypatch) == statuses
    assert len(reports) == taken
    assert len({report.answer for report in reports}) <= 1
