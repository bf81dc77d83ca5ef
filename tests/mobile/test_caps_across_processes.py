"""Display caps are soft, by one show at most: two real processes, no pause between the calls."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.mobile.phones import HOME, key_set, token
from tests.province import Province, free_port, migrated_database, web_server

CAP, ROUNDS = 3, 24
TOUCHPOINTS = "/api/channel/v1/touchpoints"
FILL = f"""
from django_tenants.utils import tenant_context
from tenants.services import provision_bank
from tests.announcements.ads import make_ad, make_placements
from tests.approvals.people import make_operator, publish
make_placements()
bank = provision_bank(slug="alpha", name="Alpha")
with tenant_context(bank):
    maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
    publish(maker, checker, make_ad(maker, daily_cap={CAP}))
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[list[int]]:
    with migrated_database("caps") as env:
        one = Province(free_port(), {**env, "CHANNEL_JWT_KEYS": key_set()})
        other = replace(one, port=free_port())
        one.manage("shell", "-c", FILL)
        with web_server(one), web_server(other):
            yield [one.port, other.port]


def call(port: int, method: str, path: str, bearer: str, body: Any = None) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": f"alpha.localhost:{port}", "Authorization": f"Bearer {bearer}"}
    if body is not None:
        body, headers["Content-Type"] = json.dumps(body), "application/json"
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status == 200, text
    return json.loads(text)


def event(uid: str) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()), "kind": "impression", "item": uid, "item_kind": "ad",
        "version": 1, "placement": "home_banner",
        "occurred_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip


def shows(servers: list[int], number: str) -> int:
    """Opens the app many times in a row, each time at the other process; reports what it shows."""
    bearer, found = token(sub=number), 0
    for turn in range(ROUNDS):
        home = call(servers[turn % 2], "GET", HOME, bearer)
        events = [event(each["id"]) for each in home["placements"]["home_banner"]]
        if events:
            found += 1
            call(servers[(turn // 2) % 2], "POST", TOUCHPOINTS, bearer, {"events": events})
    return found


def test_a_cap_is_passed_by_one_show_at_most(servers: list[int]) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: shows(servers, f"C{n}"), range(12)))

    assert min(found) >= CAP
    assert max(found) <= CAP + 1


def test_the_cap_holds_for_a_customer_who_was_seen_by_both(servers: list[int]) -> None:
    """Both processes hold the customer in memory when another one reports the last shows."""
    bearer = token(sub="SEEN")
    homes = [call(port, "GET", HOME, bearer) for port in servers for _time in range(3)]
    uid = homes[0]["placements"]["home_banner"][0]["id"]
    events = [event(uid) for _show in range(CAP)]

    call(servers[0], "POST", TOUCHPOINTS, bearer, {"events": events})
    late = [call(port, "GET", HOME, bearer) for port in servers]

    assert sum(bool(home["placements"]["home_banner"]) for home in late) <= 1
    assert [call(port, "GET", HOME, bearer)["placements"]["home_banner"] for port in servers] == [
        [],
        [],
    ]
