"""The tour's steps about coupons, continued: what customers do with them on their phones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from demo import codes
from demo.browsing import Page
from demo.guide import COUPON_BANK, Tour, say
from demo.stage import Phone, check

TOPUP, VOUCHER = "TOPUP50-5", "VOUCHER-ANY"
KEEPER, PAYER = "D0000001", "D0000002"
# They claim in the same moment.
RUSH = tuple(f"D{number:07d}" for number in range(21, 33))
FACE, ORDER = 500, 5_000
BILL = 6_800


def claim(phone: Phone, template: str, key: str) -> Page:
    return _post(phone, f"coupon-templates/{template}/claims", key, {})


def act(phone: Phone, coupon: int, verb: str, key: str, **body: Any) -> Page:
    return _post(phone, f"coupons/{coupon}/{verb}", key, body)


def _post(phone: Phone, path: str, key: str, body: dict[str, Any]) -> Page:
    return phone.send("POST", path, body, **{"Idempotency-Key": f"tour-{phone.customer}-{key}"})


def done(page: Page, state: str) -> dict[str, Any]:
    check(page.status == 200, f"{page.address} answers {page.status}: {page.text[:200]}")
    check(page.json["state"] == state, f"{page.address} leaves it {page.json['state']}")
    document: dict[str, Any] = page.json
    return document


def refused(page: Page, code: str, status: int = 409) -> str:
    """The sentence of a refusal."""
    told = f"{page.address} answers {page.status}: {page.text[:200]}"
    check((page.status, page.json.get("code")) == (status, code), told)
    return f"{status} {code}: {page.json['detail']}"


def claim_coupons(tour: Tour) -> None:
    """Customers claim: the same key is the same answer, the limit is named, a rush is exact"""
    phone = tour.phone(COUPON_BANK, KEEPER)
    first, again = claim(phone, TOPUP, "claim"), claim(phone, TOPUP, "claim")
    done(first, "claimed")
    check(first.text == again.text, "the same key gives another answer")
    check(again.headers.get("idempotency-replayed") == "true", "the answer is not marked")
    say(f"{KEEPER} claims one; the same Idempotency-Key again: the same coupon {first.json['id']}")
    say(refused(claim(phone, "VOUCHER-ANY", "claim"), "idempotency_key_reused", 422))
    say(refused(claim(phone, TOPUP, "another"), "limit_reached"))
    with ThreadPoolExecutor(len(RUSH)) as pool:
        phones = [tour.phone(COUPON_BANK, number) for number in RUSH]
        pages = list(pool.map(lambda each: claim(each, TOPUP, "rush"), phones))
    ids = {done(page, "claimed")["id"] for page in pages}
    check(len(ids) == len(RUSH), f"{len(RUSH)} customers share {len(ids)} coupons")
    say(f"{len(RUSH)} customers claim in the same moment: {len(ids)} different coupons")
    tour.notes["kept"] = str(first.json["id"])


def use_a_code(tour: Tour) -> None:
    """A top-up: what is usable, lock, release, redeem, reverse, redeem for the next payment"""
    phone = tour.phone(COUPON_BANK, PAYER)
    coupon = done(claim(phone, TOPUP, "claim"), "claimed")["id"]
    _is_usable(phone, coupon)
    paid = {"amount_cents": ORDER, "scene": "top_up", "reference": "CZ0001"}
    done(act(phone, coupon, "lock", "lock-1", **paid), "locked")
    done(act(phone, coupon, "release", "release"), "claimed")
    done(act(phone, coupon, "lock", "lock-2", **paid), "locked")
    used = done(act(phone, coupon, "redeem", "redeem-1", **paid), "redeemed")
    check(used["redeemed_cents"] == FACE, f"redeemed: {used}")
    say("locked, released, locked for another try, redeemed with its payment: 5.00 yuan")
    say(refused(act(phone, coupon, "redeem", "redeem-2", **paid), "already_redeemed"))
    back = done(act(phone, coupon, "reverse", "reverse"), "claimed")
    check(back["redeemed_cents"] == 0, f"reversed: {back}")
    done(act(phone, coupon, "redeem", "redeem-3", **paid), "redeemed")
    say("the top-up fails: reversed, and used for the next one")
    stranger = tour.phone(COUPON_BANK, KEEPER)
    say(refused(act(stranger, coupon, "reverse", "theirs"), "unknown_coupon", 404))


def _is_usable(phone: Phone, coupon: int) -> None:
    enough = phone.get("coupons/usable?scene=top_up&amount=50").json
    check([each["id"] for each in enough["usable"]] == [coupon], f"usable for 50: {enough}")
    short = phone.get("coupons/usable?scene=top_up&amount=49.90").json
    check([each["id"] for each in short["nearly"]] == [coupon], f"nearly for 49.90: {short}")
    say(f"usable for 50 yuan; nearly for 49.90: {short['nearly'][0]['reason']['detail']}")


def pay_with_a_voucher(tour: Tour) -> None:
    """The voucher that the file gave to a customer pays a bill; reversed in part and as a whole"""
    phone = tour.phone(COUPON_BANK, PAYER)
    usable = phone.get("coupons/usable?scene=bills&amount=68").json
    face, best = codes.VOUCHER_CENTS, usable["best"]
    check(best["pay_cents"] == BILL - face, f"usable for a bill of 68: {usable}")
    coupon = best["coupons"][0]["id"]
    paid = {"amount_cents": BILL, "scene": "bills", "reference": "JF0001"}
    used = done(act(phone, coupon, "redeem", "pay-1", **paid), "redeemed")
    check((used["discount_cents"], used["pay_cents"]) == (face, BILL - face), f"it says {used}")
    say(f"68.00 − {face / 100:.2f} = {used['pay_cents'] / 100:.2f} yuan to pay")
    part = done(act(phone, coupon, "reverse", "back-1", amount_cents=500), "redeemed")
    check(part["redeemed_cents"] == face - 500, f"after a partial reversal: {part}")
    say(refused(act(phone, coupon, "reverse", "back-2", amount_cents=face), "bad_amount"))
    whole = done(act(phone, coupon, "reverse", "back-3"), "claimed")
    check(whole["redeemed_cents"] == 0, f"after the whole reversal: {whole}")
    say("5.00 reversed: the rest stays redeemed; then all of it: the customer has it again")
    done(act(phone, coupon, "redeem", "pay-2", **paid), "redeemed")
    say("used for the next bill")


STEPS: list[Callable[[Tour], None]] = [claim_coupons, use_a_code, pay_with_a_voucher]
