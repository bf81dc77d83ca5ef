"""Two processes of the real web server: replays, revocation, a kill, an independent client."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import http_message_signatures as hms
import httpx
import psutil
import psycopg
import pytest
import redis

from openapi_gateway.signing.algorithms import hmac_signer
from tests.openapi_gateway.making import SANDBOX, Partner
from tests.province import ROOT, Province, free_port, migrated_database, web_server

INTROSPECT = "/gw/v1/identity/token:introspect"
HOST = "sandbox.open.localhost"
FORM = "application/x-www-form-urlencoded"
BODY = b"token=nobody-knows-this-token"


@dataclass(frozen=True)
class Place:
    province: Province
    app_id: str
    key_id: str
    secret: str
    master: int

    def partner(self) -> Partner:
        partner = Partner(None, self.key_id, SANDBOX, None, hmac_signer(self.secret.encode()))  # type: ignore[arg-type]
        partner.__class__ = type("Remote", (Partner,), {"app_id": self.app_id})
        return partner

    def headers(self) -> dict[str, str]:
        return self.partner().headers("POST", INTROSPECT, BODY, content_type=FORM)

    def send(self, headers: dict[str, str] | None = None) -> httpx.Response:
        address = f"http://127.0.0.1:{self.province.port}{INTROSPECT}"
        return httpx.post(address, content=BODY, headers=headers or self.headers(), timeout=30)

    def run(self, code: str) -> None:
        setup = "import os, django; django.setup()\n"
        subprocess.run(
            [sys.executable, "-c", setup + code], cwd=ROOT, env=self.province.env, check=True
        )

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.province.env["REDIS_URL"])


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with migrated_database("gateway") as env:
        province = Province(free_port(), {**env, "PORT": "0", "SANDBOX_CALLS_PER_SECOND": "5000"})
        made = subprocess.run(
            [sys.executable, "-m", "tests.openapi_gateway.pipeline.partner_maker", "gatebank"],
            cwd=ROOT, env=province.env, check=True, capture_output=True, text=True,
        )  # fmt: skip
        app_id, key_id, secret = json.loads(made.stdout.strip().splitlines()[-1])
        with web_server(province, workers=2) as process:
            yield Place(province, app_id, key_id, secret, process.pid)


def _workers(place: Place) -> list[psutil.Process]:
    return psutil.Process(place.master).children(recursive=True)


def test_of_fifty_replays_at_once_one_is_answered(place: Place) -> None:
    headers = place.headers()
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _number: place.send(headers), range(50)))
    told = sorted(each.status_code for each in found)
    assert told == [200] + [401] * 49
    codes = {each.json()["code"] for each in found if each.status_code == 401}
    assert codes == {"GW.SIG.NONCE_REPLAYED"}


def test_an_independent_client_is_understood_and_understands(place: Place) -> None:
    """http-message-signatures signs the request and verifies the answer."""
    secret = place.secret.encode()

    class Keys(hms.HTTPSignatureKeyResolver):
        def resolve_public_key(self, key_id: str) -> bytes:
            assert key_id == place.key_id
            return secret

        def resolve_private_key(self, key_id: str) -> bytes:
            return secret

    address = f"http://{HOST}:{place.province.port}{INTROSPECT}"
    digest = f"sha-256=:{b64encode(sha256(BODY).digest()).decode()}:"
    request = httpx.Request(
        "POST", address, content=BODY,
        headers={
            "Content-Type": FORM, "Content-Digest": digest, "Rcb-App-Id": place.app_id,
        },
    )  # fmt: skip
    signer = hms.HTTPMessageSigner(
        signature_algorithm=hms.algorithms.HMAC_SHA256, key_resolver=Keys()
    )
    now = datetime.now(UTC)
    signer.sign(
        request, key_id=place.key_id, created=now, expires=now + timedelta(seconds=120),
        nonce=token_urlsafe(16), tag="rcb-gw-1", include_alg=False, label="theirs",
            use_existing_digest=True,
        covered_component_ids=(
            "@method", "@authority", "@path", "@query", "content-digest", "content-type",
            "rcb-app-id",
        ),
    )  # fmt: skip
    to_loopback = httpx.Request(
        "POST", address.replace(HOST, "127.0.0.1"), content=BODY, headers=request.headers
    )
    with httpx.Client() as client:
        answer = client.send(to_loopback)
    assert (answer.status_code, answer.json()) == (200, {"active": False})
    answer.request = request
    verifier = hms.HTTPMessageVerifier(
        signature_algorithm=hms.algorithms.HMAC_SHA256, key_resolver=Keys()
    )
    verified = verifier.verify(answer, max_age=timedelta(minutes=1), body=answer.content)
    covered = set(verified[0].covered_components)
    assert '"signature";req;key="theirs"' in covered


def _told(place: Place, head: list[str], body: bytes = b"") -> bytes:
    """The status of what is written on a socket as it is."""
    text = "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1")
    with socket.create_connection(("127.0.0.1", place.province.port), timeout=10) as connection:
        connection.sendall(text + body)
        return connection.makefile("rb").readline().split()[1]


CHUNKED = b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (BODY[:5], len(BODY) - 5, BODY[5:])
LENGTH = f"Content-Length: {len(BODY)}"


@pytest.mark.parametrize(
    ("more", "body", "status"),
    [
        ([LENGTH], BODY, b"200"),
        (["Transfer-Encoding: chunked"], CHUNKED, b"200"),
        ([LENGTH, "Content-Length: 3"], BODY, b"400"),
        ([LENGTH, "Rcb-App-Id: app_aaaaaaaaaaaaaaaa"], BODY, b"401"),
        ([LENGTH, "Content-Digest: sha-256=:AAAA:"], BODY, b"401"),
        ([LENGTH, "Idempotency-Key: added-on-the-way"], BODY, b"401"),
        ([LENGTH, 'Signature-Input: sig2=("@method")', "Signature: sig2=:AAAA:"], BODY, b"400"),
        ([LENGTH, "signature_input: of-another-name"], BODY, b"400"),
        ([LENGTH, "X-Folded: one", "\ttwo"], BODY, b"400"),
        ([LENGTH, *(f"X-{number}: 1" for number in range(300))], BODY, b"431"),
        ([LENGTH, "X-Any: \xe4\xb8\xad", "X-Forwarded-For: 192.0.2.1"], BODY, b"200"),
    ],
    ids=lambda each: each[-1][:40] if isinstance(each, list) else "",
)  # fmt: skip
def test_odd_ways_of_sending_are_understood_or_refused(
    place: Place, more: list[str], body: bytes, status: bytes
) -> None:
    head = [f"{name}: {value}" for name, value in place.headers().items()]
    assert _told(place, [f"POST {INTROSPECT} HTTP/1.1", *head, *more], body) == status


def test_an_address_of_chinese_letters_is_nothing_and_no_failure(place: Place) -> None:
    head = ["GET /gw/v1/%E4%B8%AD%E6%96%87 HTTP/1.1", f"Host: {HOST}"]
    assert _told(place, head) == b"404"


def test_after_a_revocation_no_process_answers(place: Place) -> None:
    extra = subprocess.run(
        [sys.executable, "-c", _SECOND_KEY.format(app_id=place.app_id)],
        cwd=ROOT, env=place.province.env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    key_id, secret = json.loads(extra.stdout.strip().splitlines()[-1])
    other = Place(place.province, place.app_id, key_id, secret, place.master)
    with ThreadPoolExecutor(8) as pool:
        warm = list(pool.map(lambda _number: other.send().status_code, range(60)))
        assert set(warm) == {200}
        place.run(_REVOKE.format(key_id=key_id, app_id=place.app_id))
        found = list(pool.map(lambda _number: other.send().status_code, range(60)))
    assert set(found) == {401}
    assert place.send().status_code == 200


_SECOND_KEY = """
import json, django; django.setup()
from openapi_gateway.credentials.models import Client
from tests.openapi_gateway.making import a_client, a_partner
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.models import Key
Key.objects.filter(client__app_id="{app_id}").update(state="retiring")
made = a_partner(Client.objects.get(app_id="{app_id}"), Environment.SANDBOX)
print(json.dumps([made.key_id, made.secret]))
"""
_REVOKE = """
from django.db import transaction
from openapi_gateway.changes import client_changed
from openapi_gateway.credentials.models import Key
with transaction.atomic():
    Key.objects.filter(key_id="{key_id}").update(state="revoked")
    client_changed("{app_id}")
"""


def test_every_answered_call_is_in_the_log_though_the_server_was_killed(place: Place) -> None:
    """kill -9 while calls are under way; then the stream is drained."""
    place.redis.delete("gw:calls")
    answered: list[str] = []

    def call(_number: int) -> None:
        for _time in range(200):
            try:
                answered.append(place.send().headers["Rcb-Request-Id"])
            except httpx.HTTPError:
                return

    master = psutil.Process(place.master)
    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(call, number) for number in range(6)]
        while len(answered) < 150:
            time.sleep(0.01)
        for process in [master, *_workers(place)]:
            os.kill(process.pid, signal.SIGKILL)
        for each in running:
            each.result()
    place.run(_DRAIN)
    assert len(answered) >= 150
    assert not set(answered) - _logged(place)


_DRAIN = """
from openapi_gateway.metering.draining import drain
drain()
"""


def _logged(place: Place) -> set[str]:
    with psycopg.connect(place.province.env["DATABASE_URL"]) as connection:
        rows: Any = connection.execute("SELECT request_id FROM gateway_metering_calllog")
        return {row[0] for row in rows}
