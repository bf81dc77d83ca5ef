"""The tour's steps about campaigns, continued: customers take part, systems report events."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from demo.browsing import Page
from demo.campaigns import OWN
from demo.campaigns import TITLE as TWELVE_TITLE
from demo.guide import BANK, OTHER, Tour, say
from demo.stage import Phone, check, local, wait_for
from demo.tokens import system_token
from demo.tour_campaigns import CUSTOMER, JOINER, TWELVE, uid_of
from demo.tour_coupons import facts_of, finished_job
from demo.tour_wallet import act, done, refused

FACE, ORDER = 500, 5_000
GIFT = str(OWN[1]["title"])
SYSTEM, COPIES, APPLY_SECONDS = "mobile-core", 20, 20
# Customers of the large bank who have not been given anything yet.
NEWCOMERS = tuple(f"D{number:07d}" for number in range(401, 420))
IMPORT, FILE = "/admin/campaigns/event/import/", "手机银行激活.csv"
HEADERS = ("事件号", "事件类型", "客户号", "发生时间")
DAY = timedelta(days=1)


# --- customers ------------------------------------------------------------------------------------
def take(phone: Phone, uid: str, key: str = "take") -> Page:
    headers = {"Idempotency-Key": f"tour-{phone.customer}-{key}"}
    return phone.send("POST", f"campaigns/{uid}/participations", {}, **headers)


def taken(page: Page) -> int:
    """Id of the coupon that it brought."""
    check(page.status == 200, f"{page.address} answers {page.status}: {page.text[:300]}")
    coupons = [each["coupon"] for each in page.json["rewards"] if each["coupon"]]
    check(len(coupons) == 1, f"taking part brought {page.json['rewards']}")
    return int(coupons[0])


def save_five(tour: Tour) -> None:
    """话费充值满50减5: a customer takes the coupon, sees 50.00, pays 45.00; a refund undoes it"""
    phone = tour.phone(JOINER.slug, CUSTOMER)
    uid = uid_of(phone)
    assert uid is not None
    first, again = take(phone, uid), take(phone, uid)
    coupon = taken(first)
    check(first.text == again.text, "the same key gives another answer")
    say(f"taken on the campaign's page; the same key again: the same coupon {coupon}")
    say(refused(take(phone, uid, "once-more"), "limit"))
    _use(phone, coupon)
    back = done(act(phone, coupon, "reverse", "refund"), "claimed")
    check(back["redeemed_cents"] == 0, f"after the refund: {back}")
    say("the top-up is refunded: the coupon is back in the wallet")
    _use(phone, coupon, "again")


def _use(phone: Phone, coupon: int, key: str = "first", *, aloud: bool = True) -> None:
    usable = phone.get("coupons/usable?scene=top_up&amount=50.00").json
    ids = [each["id"] for each in usable["usable"]]
    check(coupon in ids, f"usable for 50.00 at {phone.bank}: {usable}")
    check(usable["best"]["pay_cents"] == ORDER - FACE, f"quote for 50.00: {usable['best']}")
    paid = {"amount_cents": ORDER, "scene": "top_up", "reference": f"HD{coupon:08d}"}
    done(act(phone, coupon, "lock", f"lock-{key}", **paid), "locked")
    used = done(act(phone, coupon, "redeem", f"redeem-{key}", **paid), "redeemed")
    found = (used["discount_cents"], used["pay_cents"])
    check(found == (FACE, ORDER - FACE), f"redeemed: {used}")
    if aloud:
        say(f"50.00 − {FACE / 100:.2f} = {used['pay_cents'] / 100:.2f} yuan paid")


def in_twelve_banks(tour: Tour) -> None:
    """The province's 话费充值满50减5 runs in twelve banks: in each a customer takes and uses one"""
    for slug in TWELVE:
        phone = tour.phone(slug, CUSTOMER)
        uid = uid_of(phone, TWELVE_TITLE)
        check(uid, f"{slug} does not show {TWELVE_TITLE}")
        assert uid is not None
        _use(phone, taken(take(phone, uid, "twelve")), "twelve", aloud=False)
    say(f"{len(TWELVE)} banks: 50.00 → 45.00 yuan each, three of them with codes of their own")


# --- systems --------------------------------------------------------------------------------------
def system_of(tour: Tour, bank: str, token_of: str = "") -> Phone:
    """A system of the bank, which reports what happened."""
    caller = tour.phone(bank)
    caller.token = system_token(token_of or bank, SYSTEM)
    return caller


def activation(customer: str, name: str, at: datetime, **more: str) -> dict[str, Any]:
    return {
        "event_id": f"TOUR-{name}", "kind": "activation", "customer": customer,
        "occurred_at": at.isoformat(), **more,
    }  # fmt: skip


def report(system: Phone, *events: dict[str, Any]) -> list[dict[str, Any]]:
    page = system.send("POST", "events", {"events": list(events)})
    check(page.status == 200, f"events answers {page.status}: {page.text[:300]}")
    results: list[dict[str, Any]] = page.json["results"]
    return results


def coupons_of(tour: Tour, customer: str, bank: str = BANK) -> int:
    wallet = tour.phone(bank, customer).get("coupons").json
    return sum(int(group["total"]) for group in wallet["groups"])


def report_events(tour: Tour) -> None:
    """A system reports activations: twenty copies in the same moment pay once, a customer cannot"""
    now, system = timezone.now(), system_of(tour, BANK)
    first, late, undone, quick = NEWCOMERS[:4]
    event, before = activation(first, "first", now), coupons_of(tour, first)
    with ThreadPoolExecutor(COPIES) as pool:
        answers = list(pool.map(lambda _each: report(system, event)[0], range(COPIES)))
    counts = Counter(each["status"] for each in answers)
    check(counts == {"taken": 1, "duplicate": COPIES - 1}, f"{COPIES} copies: {counts}")
    wait_for(lambda: coupons_of(tour, first) == before + 1, APPLY_SECONDS, "the gift does not come")
    say(f"{COPIES} copies of one event: taken 1, duplicates {COPIES - 1}; one coupon in the wallet")
    told = report(system, activation(late, "late", now - 3 * DAY))[0]
    check(told["outcome"] == "rewarded", f"an event of three days ago: {told}")
    say(f"one that comes three days late: {told['outcome']}")
    _backward(system, undone, now)
    told = report(system, activation(quick, "future", now + DAY))[0]
    check((told["status"], told["code"]) == ("refused", "future"), f"of tomorrow: {told}")
    say(f"one of tomorrow: {told['detail']}")
    _not_theirs(tour, event)


def _backward(system: Phone, customer: str, now: datetime) -> None:
    undo = activation(customer, "undo", now, reverses="TOUR-undone")
    told = report(system, undo)[0]
    check(told["outcome"] == "waiting", f"a reversal before its event: {told}")
    told = report(system, activation(customer, "undone", now - timedelta(hours=1)))[0]
    check(told["outcome"] == "void", f"the event behind its reversal: {told}")
    say("a reversal before its event waits; the event then pays nothing")


def _not_theirs(tour: Tour, event: dict[str, Any]) -> None:
    page = system_of(tour, OTHER, token_of=BANK).send("POST", "events", {"events": [event]})
    check(page.status == 403, f"a token of {BANK} at {OTHER} answers {page.status}")
    say(f"a system's token of {BANK} at {OTHER}: 403 {page.json['code']}")
    page = tour.phone(BANK, NEWCOMERS[4]).send("POST", "events", {"events": [event]})
    check(page.status == 403, f"a customer's token reports: {page.status}")
    say(f"a customer's own word: 403 {page.json['code']}")


def import_events(tour: Tour) -> None:
    """A file of events in GB18030: good rows are taken, a bad one comes back with its reason"""
    maker = tour.console(BANK, "maker")
    page = maker.open(IMPORT)
    token = page.form("csrfmiddlewaretoken").fields["csrfmiddlewaretoken"]
    page = maker.browser.upload(IMPORT, {"csrfmiddlewaretoken": token}, FILE, _file())
    job = finished_job(maker, page)
    say(" · ".join(f"{label} {value}" for label, value in facts_of(job)))
    files = [maker.open(link).text for link in job.links("/intake/job/files/")]
    table = next(text for text in files if text.startswith("\ufeff"))
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    check([row["行号"] for row in rows] == ["4"], f"the error file has {rows}")
    say(f"  {rows[0]['行号']}: {rows[0]['错误原因']}")
    for customer in NEWCOMERS[6:8]:
        sentence = f"{customer} gets no gift"
        wait_for(lambda who=customer: coupons_of(tour, who), APPLY_SECONDS, sentence)  # type: ignore[misc]


def _file() -> bytes:
    """The third row names a day that does not exist."""
    when = f"{local(timezone.now() - timedelta(hours=2)):%Y-%m-%d %H:%M}"
    rows = [(f"TOUR-F{place}", "激活", who, when) for place, who in enumerate(NEWCOMERS[6:9])]
    rows[2] = (*rows[2][:3], "2026-02-30 10:00")
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADERS, *rows])
    return text.getvalue().encode("gb18030")


STEPS: list[Callable[[Tour], None]] = [save_five, in_twelve_banks, report_events, import_events]
