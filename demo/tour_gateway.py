"""The tour's steps about the open platform: from the application to the bill."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from demo import tour_access, tour_partner, tour_services
from demo.browsing import Page
from demo.guide import GATEWAY_BANK, Tour, say
from demo.partner import told
from demo.stage import Console, check
from demo.tour_access import CLIENT
from demo.tour_partner import PRODUCTION, SANDBOX
from tenants.models import Bank

HEARD = ("grant.changed", "liveness.finished")
CALLBACK_SECONDS, DRAIN_SECONDS = 20, 30


def be_called_back(tour: Tour) -> None:
    """The partner's server was called back, and every signature verifies"""
    receiver = tour.receiver
    until = time.monotonic() + CALLBACK_SECONDS
    while missing := [kind for kind in HEARD if not receiver.of_kind(kind)]:
        check(time.monotonic() < until, f"nothing came of {missing}")
        time.sleep(0.2)
    for each in receiver.received:
        check(each.is_signed_with(tour.notes["webhook"]), f"not signed: {each.document}")
        check(not each.is_signed_with("whsec_" + "A" * 43 + "="), "any secret would do")
    kinds = [each.document["type"] for each in receiver.received]
    say(f"{len(kinds)} callbacks: {', '.join(dict.fromkeys(kinds))}")


def read_the_usage(tour: Tour) -> None:
    """The month's usage, in the bank's console and by a signed call, is the calls that were made"""
    made = {environment: partner.calls for environment, partner in tour.partners.items()}
    maker, app_id = tour.console(GATEWAY_BANK, "maker"), tour.notes["app_id"]
    for environment, number in made.items():
        _wait_until_counted(maker, f"client={app_id}&environment={environment}", number)
    found = told(tour.partners[PRODUCTION].call("GET", "/gw/v1/usage"), 200)
    check(found["calls"] == made[PRODUCTION], f"GET usage says {found['calls']}, not {made}")
    total = sum(made.values()) + 1
    page = _wait_until_counted(maker, "", total)
    billable = _figures(page)[1]
    check(billable >= found["billable"] > 0, f"{billable} billable, GET usage {found['billable']}")
    say(f"{made[SANDBOX]} calls in the sandbox, {made[PRODUCTION]} in production: the console and"
        f" GET usage agree; {found['billable']} are billable")  # fmt: skip
    say("calls that nobody could prove to be this client's are on nobody's bill")
    _of_the_platform(tour, total)


def _wait_until_counted(console: Console, query: str, number: int) -> Page:
    """The drain comes by every two seconds."""
    until = time.monotonic() + DRAIN_SECONDS
    while True:
        page = console.open(f"/admin/gateway/usage/?{query}")
        check(page.status == 200, f"the usage page answers {page.status}")
        counted = _figures(page)[0]
        if counted == number:
            return page
        check(
            counted < number and time.monotonic() < until,
            f"{query or 'the bank'}: {counted} calls in the console, {number} were made",
        )
        time.sleep(0.3)


def _figures(page: Page) -> list[int]:
    found = re.search(r'<dl class="fx-delivery">(.*?)</dl>', page.text, re.DOTALL)
    check(found, f"{page.address} tells no figures")
    assert found is not None
    return [int(each.replace(",", "")) for each in re.findall(r"<dd>([\d,]+)</dd>", found[1])]


def _of_the_platform(tour: Tour, total: int) -> None:
    operator, bank = tour.console("console", "operator"), Bank.objects.get(slug=GATEWAY_BANK)
    _wait_until_counted(operator, f"bank={bank.pk}", total)
    page = operator.open(f"/admin/gateway/overview/?bank={bank.pk}&environment=")
    check(page.status == 200 and CLIENT in page.text, "the dashboard does not show the client")
    log = operator.open(f"/admin/gateway_metering/calllog/?q={tour.notes['app_id']}")
    check(log.status == 200, f"the call log answers {log.status} to the platform")
    check("203.0.113.20" not in log.text, "the call log shows a caller's whole address")
    check(tour.notes["token"] not in log.text, "the call log shows a token")
    say("the platform's dashboard and call log show them, addresses masked")


STEPS: list[Callable[[Tour], None]] = [
    *tour_access.STEPS, *tour_partner.STEPS, *tour_services.STEPS, tour_partner.revoke_the_key,
    be_called_back, read_the_usage,
]  # fmt: skip
