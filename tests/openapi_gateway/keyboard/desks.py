"""The gateway as a real web server with one bank and one client, for the page in a browser."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec
from django.db import connection

from openapi_gateway.access.models import GrantedService, Plan, Scope, Service, ServiceVersion
from openapi_gateway.base_services.keyboard.messages import Begun
from openapi_gateway.base_services.keyboard.models import PinSession
from openapi_gateway.base_services.keyboard.operations import SESSIONS
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.models import KeptAnswer
from openapi_gateway.upstream.zone_keys import ZoneKeyName, zone_keys
from tenants.models import Bank
from tests.openapi_gateway.keyboard.phones import ORIGIN, PAN
from tests.openapi_gateway.making import Partner, a_client, a_grant, a_partner
from tests.province import Province, free_port, web_server

BANK = "alpha"
# What ``making`` adds to it; from the dependent to the independent.
CATALOGUE: tuple[Any, ...] = (Plan, ServiceVersion, Scope, Service)


class Shop(ThreadingHTTPServer):
    """A partner's page, really served: a browser judges by the address where it comes from."""

    body = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ShopPage)
        self.origin = f"http://shop.localhost:{self.server_port}"


class _ShopPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.server.body
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: Any) -> None:
        pass


@contextmanager
def open_shop() -> Iterator[Shop]:
    with Shop() as shop:
        thread = Thread(target=shop.serve_forever, daemon=True)
        thread.start()
        yield shop
        shop.shutdown()


@dataclass(frozen=True)
class Desk:
    province: Province
    partner: Partner
    shop: Shop

    @property
    def app_id(self) -> str:
        return self.partner.app_id

    def post(self, path: str, body: Any) -> httpx.Response:
        raw = json.dumps(body).encode()
        key = secrets.token_hex(8)
        headers = self.partner.headers("POST", path, raw, idempotency_key=key)
        address = f"http://127.0.0.1:{self.province.port}{path}"
        return httpx.post(address, content=raw, headers=headers)

    def get(self, path: str, **headers: str) -> httpx.Response:
        host = {"Host": self.partner.host}
        return httpx.get(
            f"http://127.0.0.1:{self.province.port}{path}", headers={**host, **headers}
        )

    def begin(self, **fields: Any) -> Begun:
        wish = {"purpose": "txn", "length": 6, "device_fp": "device-0001", **fields}
        answer = self.post(SESSIONS, wish)
        assert answer.status_code == 201, answer.text
        return msgspec.json.decode(answer.content, type=Begun)

    def address(self, session: Begun | None, *, with_client: bool = True, more: str = "") -> str:
        path = f"/keyboard/{self.app_id}/" if with_client else "/keyboard/"
        fragment = (
            f"#session_id={session.session_id}&client_token={session.client_token}"
            if session
            else ""
        )
        return self.province.address("sandbox.open", path + more + fragment)

    def translated(self, session_id: str, ciphertext: dict[str, str]) -> bytearray:
        """What the bank's core finds in the block."""
        key_id = zone_keys().default_key_id()
        body = {"ciphertext": ciphertext, "target_key_id": key_id, "format": 4, "pan": PAN}
        answer = self.post(f"{SESSIONS}/{session_id}:translate", body)
        assert answer.status_code == 200, answer.text
        name = ZoneKeyName(BANK, "sandbox", key_id)
        return zone_keys().open(name, 4, bytes.fromhex(answer.json()["pin_block"]), PAN)


@contextmanager
def running_desk() -> Iterator[Desk]:
    """On the tests' own database, with rows that are committed now and removed at the end: a
    database of its own would take a minute."""
    with open_shop() as shop, furnished(shop.origin) as (client, partner):
        port = free_port()
        with web_server(Province(port, {**os.environ, **_environment(port)})):
            yield Desk(Province(port, {}), replace(partner, client=client), shop)
        _wait_until_alone()


@contextmanager
def furnished(origin: str) -> Iterator[tuple[Any, Partner]]:
    known = {model: set(model.objects.values_list("pk", flat=True)) for model in CATALOGUE}
    bank = Bank.objects.get(slug=BANK)
    client = a_client(bank, name="星城商城")
    Client.objects.filter(pk=client.pk).update(origins=[ORIGIN, origin])
    grant = a_grant(client, ("keyboard",))
    partner = a_partner(client)
    try:
        yield SimpleNamespace(app_id=client.app_id), partner
    finally:
        for model in (PinSession, KeptAnswer):
            model.objects.filter(app_id=client.app_id).delete()
        GrantedService.objects.filter(grant=grant).delete()
        application = grant.application
        grant.delete()
        application.delete()
        Key.objects.filter(client=client).delete()
        client.delete()
        for model in CATALOGUE:
            model.objects.exclude(pk__in=known[model]).delete()


def _environment(port: int) -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return {
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}")), "PORT": str(port),
        "DEBUG": "1", "BASE_DOMAIN": "localhost", "CHANGE_READER": "thread",
    }  # fmt: skip


def _wait_until_alone() -> None:
    """The server's sessions end a moment after it; until then the database cannot be dropped."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(others, [connection.settings_dict["NAME"]])
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.1)
