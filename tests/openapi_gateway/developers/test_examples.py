"""The examples of the signing guide call a real server process."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.openapi_gateway.conformance.driving import example as conformance
from tests.province import ROOT, Province, free_port, migrated_database, web_server

EXAMPLES = ROOT / "docs" / "examples"
HOST = "sandbox.open.localhost"
INTROSPECT, FORM = "/gw/v1/identity/token:introspect", "application/x-www-form-urlencoded"
KINDS = ("secret", "p256", "ed25519")


def _loaded(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuxiang = _loaded("fuxiang_gateway")


class ToThisMachine(httpx.HTTPTransport):
    """Names below localhost are resolved by few machines; and lets a test spoil what comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[httpx.Request] = []
        self.spoil: Any = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        request.url = request.url.copy_with(host="127.0.0.1")
        answer = super().handle_request(request)
        answer.read()
        if self.spoil and request.url.path != fuxiang.PLATFORM_KEYS:
            return self.spoil(answer)
        return answer


@dataclass(frozen=True)
class Place:
    port: int
    holders: dict[str, dict[str, str]]
    folder: Path

    @property
    def base(self) -> str:
        return f"http://{HOST}:{self.port}"

    def client(self, kind: str) -> Any:
        holder = self.holders[kind]
        made = fuxiang.of_secret if kind == "secret" else fuxiang.of_private_key
        material = holder["secret"] if kind == "secret" else holder["secret"].encode()
        http = httpx.Client(transport=ToThisMachine())
        return fuxiang.Client(self.base, holder["app_id"], holder["key_id"], made(material), http)

    def environment(self, kind: str) -> dict[str, str]:
        holder = self.holders[kind]
        file = self.folder / kind
        file.write_text(holder["secret"])
        name = "SECRET_FILE" if kind == "secret" else "KEY_FILE"
        return {
            **os.environ, "APP_ID": holder["app_id"], "KEY_ID": holder["key_id"], name: str(file),
            "CONNECT_TO": f"{HOST}:{self.port}:127.0.0.1:{self.port}",
        }  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with migrated_database("examples") as env:
        port = free_port()
        province = Province(port, {**env, "SANDBOX_CALLS_PER_SECOND": "5000"})
        made = subprocess.run(
            [sys.executable, "-m", "tests.openapi_gateway.developers.partner_with_keys", "exbank"],
            cwd=ROOT, env=province.env, check=True, capture_output=True, text=True,
        )  # fmt: skip
        holders = json.loads(made.stdout.strip().splitlines()[-1])
        with web_server(province):
            yield Place(port, holders, tmp_path_factory.mktemp("keys"))


# --- Python --------------------------------------------------------------------------------------
def test_the_client_is_as_short_as_it_is_said_to_be() -> None:
    assert len((EXAMPLES / "fuxiang_gateway.py").read_text().splitlines()) < 200


@pytest.mark.parametrize("kind", KINDS)
def test_the_client_calls_and_believes(place: Place, kind: str) -> None:
    client = place.client(kind)
    assert client.form(INTROSPECT, token="nobody-knows-it") == {"active": False}
    assert client.get("/gw/v1/quota")["app_id"] == client.app_id
    assert client.get("/gw/v1/usage", query="month=2026-01")["month"] == "2026-01"


@pytest.mark.parametrize("kind", ["secret", "p256"])
def test_the_client_passes_the_conformance_suite(place: Place, kind: str) -> None:
    client = place.client(kind)
    driver = conformance.Driver(_Driven(client))
    conformance.WrongAnswer, ours = fuxiang.WrongAnswer, conformance.WrongAnswer
    try:
        closed = driver.run()
    finally:
        conformance.WrongAnswer = ours
    wrong = [each for each in closed["verdicts"] if each["verdict"] != "passed"]
    assert (closed["state"], wrong) == ("passed", [])


class _Driven(SimpleNamespace):
    """What the suite's driver asks of a client beside calls."""

    encode, query = conformance.Client.encode, conformance.Client.query

    def __init__(self, client: Any) -> None:
        super().__init__(call=client.call)


def test_the_client_raises_what_it_is_refused(place: Place) -> None:
    client = place.client("p256")
    with pytest.raises(fuxiang.Refused) as caught:
        client.get("/gw/v1/liveness/sessions/nobody")
    assert (caught.value.code, caught.value.status) == ("GW.SCOPE.DENIED", 403)
    wrong = place.client("p256")
    wrong.key = place.client("ed25519").key
    with pytest.raises(fuxiang.Refused, match=r"GW\.SIG\.INVALID"):
        wrong.get("/gw/v1/quota")


def test_the_client_fetches_the_platform_s_keys_once(place: Place) -> None:
    client = place.client("p256")
    for _number in range(3):
        client.get("/gw/v1/quota")
    paths = [each.url.path for each in client.http._transport.seen]
    assert paths.count(fuxiang.PLATFORM_KEYS) == 1


def _other_body(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, headers=answer.headers, content=b'{"app_id":"x"}')


def _other_status(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(201, headers=answer.headers, content=answer.content)


def _unsigned(answer: httpx.Response) -> httpx.Response:
    headers = {name: value for name, value in answer.headers.items() if name != "signature-input"}
    return httpx.Response(answer.status_code, headers=headers, content=answer.content)


@pytest.mark.parametrize("spoil", [_other_body, _other_status, _unsigned])
@pytest.mark.parametrize("kind", ["secret", "ed25519"])
def test_the_client_believes_nothing_else(place: Place, kind: str, spoil: Any) -> None:
    client = place.client(kind)
    client.http._transport.spoil = spoil
    with pytest.raises(fuxiang.WrongAnswer):
        client.get("/gw/v1/quota")


def test_another_call_s_answer_is_not_believed(place: Place) -> None:
    client = place.client("secret")
    kept: list[httpx.Response] = []
    client.http._transport.spoil = lambda answer: kept.append(answer) or kept[0]
    client.get("/gw/v1/quota")
    with pytest.raises(fuxiang.WrongAnswer):
        client.get("/gw/v1/quota")


# --- Shell and Java ------------------------------------------------------------------------------
def _sh(place: Place, kind: str, *arguments: str, **more: str) -> str:
    done = subprocess.run(
        ["sh", str(EXAMPLES / "sign.sh"), *arguments], env=place.environment(kind) | more,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["secret", "p256"])
def test_the_shell_example_calls(place: Place, kind: str) -> None:
    told = _sh(place, kind, "POST", place.base + INTROSPECT, "token=nobody-knows-it", FORM)
    assert " 200 " in told.splitlines()[0]
    assert told.endswith('{"active":false}')
    told = _sh(place, kind, "GET", place.base + "/gw/v1/usage?month=2026-01")
    assert '"month":"2026-01"' in told


def test_the_shell_example_pads_short_numbers(place: Place) -> None:
    """One signature in 128 has an r or s that is a byte shorter."""
    url = place.base + "/gw/v1/quota"
    told = [_sh(place, "p256", "GET", url).splitlines()[0] for _number in range(20)]
    assert all(" 200 " in each for each in told)


def test_the_shell_example_signs_the_key_of_an_order(place: Place) -> None:
    url = place.base + "/gw/v1/identity/tickets:exchange"
    told = _sh(place, "p256", "POST", url, '{"ticket":"x"}', IDEMPOTENCY_KEY="order-1")
    assert "GW.REQ.SCHEMA" in told


JAVA = shutil.which("java")


@pytest.mark.skipif(JAVA is None, reason="no java here")
@pytest.mark.parametrize("kind", ["secret", "p256"])
def test_the_java_example_calls(place: Place, kind: str) -> None:
    done = subprocess.run(
        [
            str(JAVA), "-Djdk.net.hosts.file=" + _hosts(place), str(EXAMPLES / "FuxiangSign.java"),
            "POST", place.base + INTROSPECT, "token=nobody-knows-it", FORM,
        ],
        env=place.environment(kind), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("200", '{"active":false}'), done.stderr
    assert lines[1].startswith("req_")


def _hosts(place: Place) -> str:
    file = place.folder / "hosts"
    file.write_text(f"127.0.0.1 {HOST}\n")
    return str(file)
