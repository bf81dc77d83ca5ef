"""The tour's steps about coupons, continued: the counter, freezing, grants, and the books."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from demo import codes
from demo.browsing import Page
from demo.guide import COUPON_BANK, Tour, say
from demo.stage import Console, check, command, wait_for
from demo.tour_coupons import BATCH, BATCHES, JOB_SECONDS, finished_job, template_of
from demo.tour_wallet import FACE, KEEPER, RUSH, TOPUP, act, claim, done, refused
from tenants.models import Bank

GIFT, GIFT_BATCH, GIFTS = "GIFT-RICE", "大米礼品券（演示）", 30
GUEST, LATE = "D0000003", "D0000004"
GRANT, GROUP = "社保客户感谢券（演示）", "social"
COUNTER = "/admin/coupons/counter/"
GRANTS = "/admin/coupons/grant/"


# --- the counter ----------------------------------------------------------------------------------
def serve_at_the_counter(tour: Tour) -> None:
    """Gift coupons are generated and approved; a branch redeems one at its counter and reverses"""
    _generate_gifts(tour)
    guest = tour.phone(COUPON_BANK, GUEST)
    coupon = done(claim(guest, GIFT, "gift"), "claimed")["id"]
    say(refused(act(guest, coupon, "redeem", "in-app"), "wrong_channel"))
    code = guest.get(f"coupons/{coupon}").json["code"]
    teller = tour.console(COUPON_BANK, "branch")
    say(f"a mistyped code: {_refusal(_look_up(teller, 'A' * len(code)))}")
    page = _look_up(teller, code)
    form = page.form("business", "reference", "manager", "key")
    receipt = teller.browser.submit(
        page, form, business="card", reference="KH20260001", manager="演示支行员"
    )
    check("/receipt/" in receipt.address, f"redeeming shows no receipt: {_refusal(receipt)}")
    again = teller.browser.submit(
        page, form, business="card", reference="KH20260001", manager="演示支行员"
    )
    check(again.address == receipt.address, f"pressed twice, it leads to {again.address}")
    check(_state_of(guest, coupon) == "redeemed", "the wallet does not know")
    say("redeemed for a new bank card; pressed twice, it is the same receipt")
    back = teller.browser.submit(
        receipt, receipt.form("reason", "key"), reason="客户改办其他业务，礼品已收回"
    )
    check(back.address != receipt.address, f"the reversal was refused: {_refusal(back)}")
    check(_state_of(guest, coupon) == "usable", "the customer does not have it back")
    say("reversed with a reason: the customer has it again")


def _generate_gifts(tour: Tour) -> None:
    maker, checker = (tour.console(COUPON_BANK, name) for name in ("maker", "checker"))
    page = maker.open("/admin/coupons/batch/generate/")
    form = page.form("template", "count", "length")
    page = maker.browser.submit(
        page, form, template=template_of(page, GIFT), count=str(GIFTS), name=GIFT_BATCH
    )
    finished_job(maker, page)
    maker.press(maker.find(BATCHES, GIFT_BATCH), "submit")
    checker.answer(checker.review(GIFT_BATCH, "waiting"), "approve")
    say(f"{GIFTS} codes generated and approved; customer {GUEST} claims one")


def _look_up(teller: Console, code: str) -> Page:
    page = teller.open(COUNTER)
    return teller.browser.submit(page, page.form("text"), text=code)


def _refusal(page: Page) -> str:
    """What the counter says instead: above the page, or beside the form."""
    found = re.search(
        r'(?:bg-red-100 text-red-700|"fx-refusal)[^>]*>\s*([^<]*[^<\s])\s*<', page.text
    )
    return found[1] if found else f"{page.status} at {page.address}"


def _state_of(guest: Any, coupon: int) -> str:
    return str(guest.get(f"coupons/{coupon}").json["state"])


# --- freezing -------------------------------------------------------------------------------------
def freeze_the_batch(tour: Tour) -> None:
    """The checker freezes a batch: nothing of it can be claimed or used from that moment"""
    checker, phone = tour.console(COUPON_BANK, "checker"), tour.phone(COUPON_BANK, LATE)
    checker.press(checker.open(tour.notes["batch"]), "freeze", reason="供应商通知券码可能泄露")
    say(refused(claim(phone, TOPUP, "frozen"), "frozen"))
    keeper, kept = tour.phone(COUPON_BANK, KEEPER), int(tour.notes["kept"])
    paid = {"amount_cents": 5_000, "scene": "top_up"}
    say(refused(act(keeper, kept, "lock", "frozen", **paid), "frozen"))
    maker = tour.console(COUPON_BANK, "maker")
    maker.press(maker.open(tour.notes["batch"]), "unfreeze", reason="供应商确认无泄露")
    checker.answer(checker.review(BATCH, "waiting"), "approve")
    check(checker.open(tour.notes["batch"]).links("/freeze/"), "it is frozen still")
    done(claim(phone, TOPUP, "thawed"), "claimed")
    say("unfrozen by two people: the next claim is served")


# --- a grant --------------------------------------------------------------------------------------
def grant_to_an_audience(tour: Tour) -> None:
    """All customers of a group are given a coupon, after a second person has agreed"""
    maker, checker = (tour.console(COUPON_BANK, name) for name in ("maker", "checker"))
    page = maker.open(f"{GRANTS}add/")
    saved = maker.browser.submit(
        page, page.form("template", "per_customer"), template=template_of(page, TOPUP), name=GRANT,
        to_whom="rule", **{"audience-groups_any": GROUP},
    )  # fmt: skip
    check("/add/" not in saved.address, f"the grant was not saved: {saved.refusal()}")
    maker.press(maker.find("coupons/grant", GRANT), "submit")
    review = checker.review(GRANT, "waiting")
    checker.answer(review, "approve")
    sentence = "the worker does not grant the coupons"
    wait_for(lambda: _is_done(checker), JOB_SECONDS, sentence)
    rows = _results(checker)
    given = [row for row in rows if row["coupon"]]
    check(given and len(given) == len(rows), f"{len(given)} of {len(rows)} have a coupon")
    tour.notes["granted"] = str(len(given))
    numbers = sorted(row["number"] for row in given)
    wallet = tour.phone(COUPON_BANK, numbers[0]).get("coupons").json
    held = sum(group["total"] for group in wallet["groups"])
    check(held >= 1, f"customer {numbers[0]} has no coupon: {wallet}")
    say(f"{len(given)} customers of the group have one each, limits of claims aside")


def _is_done(checker: Console) -> bool:
    return 'fx-label success"' in checker.find("coupons/grant", GRANT).text


def _results(checker: Console) -> list[dict[str, str]]:
    page = checker.find("coupons/grant", GRANT)
    text = checker.open(page.links("/results.csv")[0]).text.removeprefix("\ufeff")
    lines = list(csv.reader(io.StringIO(text)))[1:]
    return [{"number": line[0], "coupon": line[-1]} for line in lines]


# --- the books ------------------------------------------------------------------------------------
def tie_out(tour: Tour) -> None:
    """The day is reconciled: files with digests, stock and ledger equal to the cent"""
    with tempfile.TemporaryDirectory() as folder:
        code, told = _export(Path(folder))
        check(code == 0 and told["state"] == "tied_out", f"it does not tie out: {told['breaks']}")
        for file in told["files"]:
            digest = sha256(Path(file["path"]).read_bytes()).hexdigest()
            check(digest == file["sha256"], f"{file['name']} has another digest")
            say(f"{file['name']}: {file['rows']:,} rows, {digest[:16]}…")
        _check_manifest(Path(folder))
        _check_lines(Path(folder), told["totals"]["end"])
    _check_end(tour, told["totals"]["end"])


def _export(folder: Path) -> tuple[int, dict[str, Any]]:
    words = ("--bank", COUPON_BANK, "--date", timezone.localdate().isoformat(), "--out", folder)
    ran = command("export_reconciliation", *map(str, words), "--json", quiet=True)
    check(ran.stdout, f"export_reconciliation says nothing: {ran.stderr}")
    return ran.returncode, json.loads(ran.stdout)


def _check_manifest(folder: Path) -> None:
    manifest = next(folder.glob("*.sha256")).read_text("utf-8")
    for line in manifest.splitlines():
        digest, name = line.split("  ")
        check(sha256((folder / name).read_bytes()).hexdigest() == digest, f"{name} does not fit")


def _check_lines(folder: Path, end: dict[str, Any]) -> None:
    """Redemptions less reversals, line by line, against the ledger's sum."""
    text = next(folder.glob("*-redemptions.csv")).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    spent = sum(Decimal(row["金额（元）"]) for row in rows)
    shares = sum(
        Decimal(row[f"{bearer}承担（元）"]) for row in rows for bearer in ("省联社", "银行", "商户")
    )
    check(spent == shares == Decimal(end["spent_cents"]) / 100, f"{spent}, {shares}, {end}")
    say(f"{len(rows)} redemptions and reversals come to {spent} yuan, and so do the three shares")


def _check_end(tour: Tour, end: dict[str, Any]) -> None:
    """Against what the tour itself did."""
    states = {state: each["count"] for state, each in end["states"].items() if each["count"]}
    # The keeper's, the rush's, the guest's gift, the one after the thaw, and what was granted.
    held = 1 + len(RUSH) + 1 + 1 + int(tour.notes["granted"])
    stocked = codes.GOOD + codes.VOUCHERS + GIFTS
    wanted = {"stocked": stocked - held - 2, "claimed": held, "redeemed": 2}
    check(states == wanted, f"the states are {states}, not {wanted}")
    check(end["stocked"] == sum(states.values()), f"{end['stocked']} were stocked: {states}")
    spent = FACE + codes.VOUCHER_CENTS
    check(end["spent_cents"] == spent, f"{end['spent_cents']} cents were spent, not {spent}")
    shown = " + ".join(f"{number:,} {state}" for state, number in states.items())
    say(f"{end['stocked']:,} coupons = {shown}; stock and ledger tie out")


def break_the_books(tour: Tour) -> None:
    """One coupon is changed behind the product's back: reconciliation names its batch"""
    _tamper("redeemed", "claimed")
    with tempfile.TemporaryDirectory() as folder:
        code, told = _export(Path(folder))
    check(code == 1 and told["breaks"], f"nobody noticed: {code}, {told['state']}")
    batches = {each["batch"] for each in told["breaks"]}
    say(f"exit {code}: {len(told['breaks'])} breaks, all of batch #{batches.pop()}")
    _tamper("claimed", "redeemed")
    with tempfile.TemporaryDirectory() as folder:
        code, told = _export(Path(folder))
    check(code == 0, f"put right, it does not tie out: {told['breaks']}")
    say("put right: it ties out again")


def _tamper(before: str, after: str) -> None:
    """The coupon that was used; by SQL, as no service would."""
    schema = connection.ops.quote_name(Bank.objects.get(slug=COUPON_BANK).schema_name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {schema}.coupons_coupon SET state = %s WHERE state = %s"  # noqa: S608
            " AND redeemed_cents = %s",
            [after, before, FACE],
        )
        check(cursor.rowcount == 1, f"{cursor.rowcount} coupons are {before}")


STEPS: list[Callable[[Tour], None]] = [
    serve_at_the_counter, freeze_the_batch, grant_to_an_audience, tie_out, break_the_books,
]  # fmt: skip
