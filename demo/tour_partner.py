"""The tour's steps about the open platform, continued: the partner's keys and its conformance."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

from django.conf import settings

from demo.browsing import Page
from demo.guide import GATEWAY_BANK, Tour, say
from demo.partner import KeyPair, Partner, example, key, new_pair, told
from demo.stage import Console, check, wait_for
from demo.tour_access import CLIENT, open_production
from openapi_gateway.choices import Algorithm, Environment

KEY_ID = r"k_(?:sbx|prd)_[a-z2-7]{16}"
SANDBOX, PRODUCTION = Environment.SANDBOX.value, Environment.PRODUCTION.value
BROKEN_CASE = "answer_digest"


def make_a_secret(tour: Tour) -> None:
    """In the console a secret is made and shown once; the sandbox lets its calls in"""
    maker = tour.console(GATEWAY_BANK, "maker")
    page = maker.open(_place(tour, "secret", SANDBOX))
    shown = maker.browser.submit(page, page.form("days", "addresses"), days="90")
    key_id, secret = _text(KEY_ID, shown), _text(r"rcbsk_sbx_[0-9A-Za-z]{49}", shown)
    for address in (shown.address, tour.notes["client"], _key_page(maker, key_id).address):
        check(secret not in maker.open(address).text, f"{address} shows the secret again")
    for environment in (SANDBOX, PRODUCTION):
        host = next(name for name, each in settings.OPEN_HOSTS.items() if each == environment)
        tour.partners[environment] = Partner(
            _bare(host), tour.product.port, tour.notes["app_id"]
        )  # fmt: skip
    partner = tour.partners[SANDBOX]
    partner.use_secret(key_id, secret)
    quota = told(partner.call("GET", "/gw/v1/quota"), 200)
    check(len(quota["services"]) == 3, f"the quota names {quota['services']}")
    say(f"{key_id}: shown once, found on no other page; GET quota answers, signed with it as well")
    _hear_of_it(tour, maker)


def _bare(host: str) -> str:
    return host.partition(":")[0]


def _hear_of_it(tour: Tour, maker: Console) -> None:
    """A secret for the callback address that the grant names."""
    page = maker.open("/admin/gateway_webhooks/endpoint/new/")
    place = re.search(rf'<option value="([^"]*\|{re.escape(tour.receiver.address)})"', page.text)
    check(place, "the callback address of the application is not offered")
    assert place is not None
    shown = maker.browser.submit(page, page.form("place"), place=unescape(place[1]))
    tour.notes["webhook"] = _text(r"whsec_[A-Za-z0-9+/=]{44}", shown)
    say(f"callbacks of the sandbox go to {tour.receiver.address}")


def take_the_suite(tour: Tour) -> None:
    """A client that ignores digests fails exactly that case; the reference client passes all"""
    partner = tour.partners[SANDBOX]
    closed = _driven(partner, _forgetful_client())
    wrong = [each["case"] for each in closed["verdicts"] if each["verdict"] != "passed"]
    check((closed["state"], wrong) == ("failed", [BROKEN_CASE]), f"{closed['state']}: {wrong}")
    reason = next(each for each in closed["verdicts"] if each["case"] == BROKEN_CASE)["reason"]
    total = len(closed["verdicts"])
    say(f"does not verify digests: {total - 1} of {total} passed, not {BROKEN_CASE}: {reason}")
    closed = _driven(partner)
    wrong = [each["case"] for each in closed["verdicts"] if each["verdict"] != "passed"]
    check(closed["state"] == "passed" and not wrong, f"the reference client fails {wrong}")
    maker = tour.console(GATEWAY_BANK, "maker")
    page = maker.open(f"/admin/gateway_conformance/run/?q={CLIENT}")
    check(f"{total} / {total}" in page.text, "the console does not show the passed run")
    say(f"the reference client: {total} of {total} passed, and the console shows both runs")


def _driven(partner: Partner, client_class: Any = None) -> dict[str, Any]:
    """The driver of the documentation; the cases side by side, because some of them wait."""
    driver = example().Driver(partner.client(client_class))
    run = told(partner.call("POST", example().RUNS), 201)
    driver.place = f"{example().RUNS}/{run['run_id']}"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(driver.attempt, run["tasks"]))
    closed: dict[str, Any] = driver.client.call("POST", f"{driver.place}:finish").json()
    check("verdicts" in closed, f"the run is not closed: {closed}")
    return closed


def _forgetful_client() -> Any:
    return type("Forgetful", (example().Client,), {"require_digest": lambda *_answer: None})


# --- key pairs ------------------------------------------------------------------------------------
def upload_keys(tour: Tour) -> None:
    """Public keys go up with proof of possession: P-256 for production, SM2 for the sandbox"""
    maker = tour.console(GATEWAY_BANK, "maker")
    other = new_pair(Algorithm.P256)
    first = upload(tour, maker, PRODUCTION, new_pair(Algorithm.P256), forged_by=other)
    say(f"{first}: another key's proof is refused, its own is taken")
    told(tour.partners[PRODUCTION].call("GET", "/gw/v1/quota"), 200)
    partner = tour.partners[SANDBOX]
    before = partner.signed("GET", "/gw/v1/quota")
    second = upload(tour, maker, SANDBOX, new_pair(Algorithm.SM2))
    told(partner.call("GET", "/gw/v1/quota"), 200)
    told(partner.send(before), 200)
    say(f"{second}: SM2; the secret that it replaces is accepted for seven more days")


def upload(
    tour: Tour, maker: Console, environment: str, pair: KeyPair, forged_by: KeyPair | None = None
) -> str:
    """Its key id; the partner signs with it from now on."""
    page = maker.open(_place(tour, "public-key", environment))
    page = maker.browser.submit(page, page.form("pem", "days"), pem=pair.pem, days="365")
    check(page.address.endswith("/proof/"), f"the key was not taken: {page.refusal()}")
    message = _text(r"rcb-key-possession:[A-Za-z0-9_:-]+", page)
    if forged_by is not None:
        wrong = maker.browser.submit(
            page, page.form("signature"), signature=forged_by.proof(message)
        )
        check(wrong.form("signature"), "a forged proof was taken")
    done = maker.browser.submit(page, page.form("signature"), signature=pair.proof(message))
    check("/proof/" not in done.address, f"the proof was refused: {done.refusal()}")
    key_id = _text(KEY_ID, done)
    tour.partners[environment].use(key_id, pair)
    return key_id


def _place(tour: Tour, kind: str, environment: str) -> str:
    return f"{tour.notes['client'].partition('change/')[0]}{kind}/{environment}/"


def _key_page(maker: Console, key_id: str) -> Page:
    return maker.find("gateway_credentials/key", key_id)


def _text(pattern: str, page: Page) -> str:
    found = re.search(pattern, unescape(page.text))
    check(found, f"{page.address} shows no {pattern}: {page.status} {page.refusal()}")
    assert found is not None
    return found[0]


# --- its end --------------------------------------------------------------------------------------
def revoke_the_key(tour: Tour) -> None:
    """The production key is revoked in the console: the next call is refused, in every process"""
    maker, partner = tour.console(GATEWAY_BANK, "maker"), tour.partners[PRODUCTION]
    told(partner.call("GET", "/gw/v1/quota"), 200)
    page = _key_page(maker, partner.key_id)
    revoked = partner.key_id
    maker.press(page, "revoke", reason="私钥所在服务器退役")
    seconds = wait_for(
        lambda: partner.call("GET", "/gw/v1/quota").status_code == 401, 5, "it still calls"
    )
    told(partner.call("GET", "/gw/v1/quota"), 401, "GW.KEY.UNKNOWN")
    fresh = upload(tour, maker, PRODUCTION, new_pair(Algorithm.P256))
    told(partner.call("GET", "/gw/v1/quota"), 200)
    say(f"{revoked}: 401 GW.KEY.UNKNOWN after {seconds:.1f} s; {fresh} takes its place")


def elsewhere(tour: Tour) -> None:
    """A call from another address than applied for, and one of the sandbox's key, are refused"""
    partner = tour.partners[PRODUCTION]
    thief = Partner(
        partner.host, partner.port, partner.app_id, partner.key_id, partner.sign,
        address="198.51.100.7", keys=partner.keys,
    )  # fmt: skip
    told(thief.call("GET", "/gw/v1/quota"), 403, "GW.IP.DENIED")
    # Whose key it was can see it.
    partner.calls += thief.calls
    sandbox = tour.partners[SANDBOX]
    mixed = Partner(
        partner.host, partner.port, sandbox.app_id, sandbox.key_id, sandbox.sign, keys=sandbox.keys
    )
    told(mixed.call("GET", "/gw/v1/quota", idempotency_key=key()), 401, "GW.KEY.WRONG_ENV")
    say("403 GW.IP.DENIED, although the signature is right; 401 GW.KEY.WRONG_ENV")


STEPS: list[Callable[[Tour], None]] = [
    make_a_secret, take_the_suite, open_production, upload_keys, elsewhere,
]  # fmt: skip
