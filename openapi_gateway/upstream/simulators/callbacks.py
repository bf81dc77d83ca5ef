"""How the simulated engine calls back: once, twice, forged, too late, in the wrong order."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from openapi_gateway.upstream.signatures import TOLERANCE_SECONDS, signed_headers

WORK_SECONDS, BETWEEN_SECONDS = 0.3, 0.1
TRIES, RETRY_SECONDS, TIMEOUT_SECONDS = 5, 1.0, 5


class Caller:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def plan(
        self,
        about: dict[str, Any],
        session: str,
        words: set[str],
        result: dict[str, Any],
        finish: Callable[[], None],
    ) -> None:
        """``finish`` runs when the engine has made up its mind."""
        notices = [
            {"session": session, "session_ref": about["session_ref"], "sequence": sequence,
             "result": each}
            for sequence, each in enumerate(_sequence(words, result), start=1)
        ]  # fmt: skip
        secret = b"somebody else's secret" if "forged-callback" in words else self._secret
        lateness = 2 * TOLERANCE_SECONDS if "late-callback" in words else 0

        def work() -> None:
            time.sleep(WORK_SECONDS)
            finish()
            for notice in notices:
                self._deliver(about.get("callback_url") or "", notice, secret, lateness)
                time.sleep(BETWEEN_SECONDS)

        threading.Thread(target=work, daemon=True).start()

    def _deliver(self, url: str, notice: dict[str, Any], secret: bytes, lateness: int) -> None:
        for _ in range(TRIES):
            if _post(url, msgspec.json.encode(notice), secret, lateness) not in (0, 503):
                return
            time.sleep(RETRY_SECONDS)


def _sequence(words: set[str], result: dict[str, Any]) -> list[dict[str, Any]]:
    if "no-callback" in words:
        return []
    processing = {"state": "processing", "vendor_ref": result["vendor_ref"]}
    if "out-of-order-callback" in words:
        return [result, processing, result]
    return [result] * (3 if "duplicate-callback" in words else 1)


def _post(url: str, body: bytes, secret: bytes, lateness: int) -> int:
    """The status; 0 when nobody answered. Names under .localhost are this machine."""
    parts = urlsplit(url)
    if not parts.hostname:
        return 0
    host = "127.0.0.1" if parts.hostname.endswith("localhost") else parts.hostname
    is_tls = parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
    connection = kind(host, parts.port, timeout=TIMEOUT_SECONDS)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        **signed_headers(secret, "POST", parts.path, body, int(time.time()) - lateness),
    }
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
