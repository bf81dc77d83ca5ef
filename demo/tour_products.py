"""The tour's steps about products of the zone: a deposit and its rates, who may buy wealth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.models import Customer
from demo.browsing import Filling, Page
from demo.guide import CUSTOMER, FEED_SECONDS, Tour, say
from demo.stage import Console, Phone, check, local, wait_for
from tenants.models import Bank

PRODUCTS, ROOM = "/admin/fuxiang_zone/zoneproduct/", "fuxiang_zone/zoneproduct"
DEPOSIT, RISKY = "大额存单抢购专享（导览）", "福祥进取365天（导览）"
QUOTA, EACH = 300, 5
# Term, its unit, from, to, rate: of the deposit, and what is wrong with others.
RATES = (
    ("6", "month", "200000", "", "1.3375"), ("3", "year", "200000", "500000", "1.85"),
    ("3", "year", "500000", "", "1.9"),
)  # fmt: skip
# With what the refusal names.
WRONG: Mapping[str, tuple[tuple[tuple[str, ...], ...], str]] = {
    "above the platform's cap": ((("3", "year", "200000", "", "2.35"),), "1.95"),
    "tiers that overlap": ((RATES[1], ("3", "year", "400000", "", "1.9")), "400,000.00"),
    "a gap between tiers": ((RATES[1], ("3", "year", "600000", "", "1.9")), "600,000.00"),
}
# Yuan, term, unit, rate, and the years that it is.
RECKONED = (
    ("200000", 3, "year", "1.85", Decimal(3)), ("888888.88", 3, "year", "1.90", Decimal(3)),
    ("333333.33", 6, "month", "1.3375", Decimal("0.5")),
)  # fmt: skip
DISCLOSED = {
    "deposit_insurance": "本存款受存款保险保护。", "early_withdrawal": "提前支取按活期计息。",
    "risk": "理财非存款，产品有风险，投资须谨慎，本金可能损失。",
    "suitability": "适合风险承受能力为C5的客户。",
}  # fmt: skip


# --- what the steps share -------------------------------------------------------------------------
def draft(maker: Console, code: str, title: str, **values: Filling) -> Page:
    """A new product on sale from now on for a month; the page that answers."""
    page = maker.open(f"{PRODUCTS}add/?type={code}")
    form = page.form("title", "rules")
    now = local(timezone.now())
    told = {f"disclosure_{name}": words for name, words in DISCLOSED.items()}
    return maker.browser.submit(
        page, form, title=title, summary="导览用产品，以网点公示为准",
        starts_at=now.strftime("%Y-%m-%dT%H:%M"),
        ends_at=(now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"),
        rules="先到先得，约满即止。",
        **{name: words for name, words in told.items() if name in form.fields}, **values,
    )  # fmt: skip


def submit(maker: Console, title: str) -> None:
    maker.press(maker.find(ROOM, title), "submit")


def approve(checker: Console, title: str, *confirmed: str) -> None:
    values: dict[str, Filling] = {"confirmed": confirmed} if confirmed else {}
    checker.answer(checker.review(title, "waiting"), "approve", status=200, **values)


def product_named(phone: Phone, title: str) -> dict[str, Any]:
    """As it stands in the zone's list; empty = it does not."""
    rows = [row for kind in phone.get("zone").json["types"] for row in kind["products"]]
    return next((row for row in rows if row["title"] == title), {})


def reserve(phone: Phone, product: str, key: str) -> Page:
    return phone.send("POST", f"zone/{product}/reservations", {}, **{"Idempotency-Key": key})


def rows_of(rates: tuple[tuple[str, ...], ...]) -> dict[str, Filling]:
    cells = ("term", "unit", "from", "to", "rate")
    return {
        f"rates-{number}-{cell}": text
        for number, row in enumerate(rates)
        for cell, text in zip(cells, row, strict=True)
    }


# --- a deposit ------------------------------------------------------------------------------------
def sell_a_deposit(tour: Tour) -> None:
    """A large CD: wrong rate tables are refused, a right one is checked, the phone reckons it"""
    bank = tour.notes["cd bank"] = tour.notes["opened large_cd"].split(",")[0]
    maker, phone = tour.console(bank, "maker"), tour.phone(bank, CUSTOMER)
    values: dict[str, Filling] = {
        "value_issue": "导览第1期", "value_least_amount": "200000", "value_step": "10000",
        "value_interest_paid": "maturity", "value_early": "true", "value_transferable": "false",
        "quota": str(QUOTA), "unit_cents": "200000",
        "most_per_customer": str(EACH),
    }  # fmt: skip
    for what, (rates, named) in WRONG.items():
        page = draft(maker, "large_cd", DEPOSIT, **values, **rows_of(rates))
        told = f"{what}: {page.refusal()}"
        check("/add/" in page.address and named in page.refusal(), told)
        say(told)
    listed = maker.open(f"{PRODUCTS}?q={DEPOSIT}&tab=all")
    check(not listed.links("/change/?"), "a refused draft was stored")
    draft(maker, "large_cd", DEPOSIT, **values, **rows_of(RATES))
    submit(maker, DEPOSIT)
    check(not product_named(phone, DEPOSIT), "customers see it before it is approved")
    approve(tour.console(bank, "checker"), DEPOSIT, "rates")
    sentence = "the deposit is not on the phone"
    seconds = wait_for(lambda: product_named(phone, DEPOSIT), FEED_SECONDS, sentence)
    found = product_named(phone, DEPOSIT)
    tour.notes["cd"] = found["id"]
    check((found["left"], found["can_reserve"]) == (QUOTA, True), f"the phone says {found}")
    say(f"approved: {QUOTA} units of 200,000 yuan on the phones of {bank} after {seconds:.1f} s")
    _reckon(phone, found["id"])


def _reckon(phone: Phone, product: str) -> None:
    for amount, term, unit, rate, years in RECKONED:
        page = phone.get(f"zone/{product}/interest?amount={amount}&term={term}&unit={unit}")
        exact = Decimal(amount) * Decimal(rate) / 100 * years
        wanted = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
        check(page.status == 200, f"the calculator answers {page.status}: {page.text[:200]}")
        found = page.json
        told = f"the calculator says {found}, not {wanted}"
        check((found["interest_cents"], found["rate"]) == (wanted * 100, rate), told)
        say(f"{Decimal(amount):,.2f} yuan, {term} {unit} at {rate}%: {wanted:,.2f} yuan")
    little = phone.get(f"zone/{product}/interest?amount=100000&term=3&unit=year")
    check(little.status == 409, f"100,000 yuan: {little.status}")
    say(f"100,000 yuan: {little.status} {little.json['detail']}")


# --- wealth ---------------------------------------------------------------------------------------
def refuse_what_does_not_suit(tour: Tour) -> None:
    """An R5 wealth product: a C1 customer is offered nothing to buy, and a hand-made call fails"""
    bank = tour.notes["opened wealth"].split(",")[0]
    maker = tour.console(bank, "maker")
    draft(
        maker, "wealth", RISKY, risk_level="5", value_registration="Z7000826000009",
        value_issuer="理财子公司（演示）", value_operation="closed", value_benchmark="3.80",
        value_days="365", value_least_amount="10000", quota="100", unit_cents="10000",
    )  # fmt: skip
    submit(maker, RISKY)
    approve(tour.console(bank, "checker"), RISKY, "risk_level")
    careful, bold = (tour.phone(bank, _assessed(bank, level)) for level in ("C1", "C5"))
    wait_for(lambda: product_named(careful, RISKY), FEED_SECONDS, "it is not on the phone")
    found = product_named(careful, RISKY)
    check((found["suitable"], found["can_reserve"]) == (False, False), f"a C1 sees {found}")
    say(f"C1 customer {careful.customer}: {found['unsuitable']['detail']}")
    page = reserve(careful, found["id"], "by-hand")
    check((page.status, page.json["code"]) == (409, "not_suitable"), f"by hand: {page.text[:200]}")
    check(careful.get("zone/reservations").json["reservations"] == [], "it was reserved")
    say(f"the request made by hand: {page.status} {page.json['code']}, nothing is reserved")
    check(product_named(bold, RISKY)["can_reserve"], "a C5 cannot reserve it")
    page = reserve(bold, found["id"], "wanted")
    check(page.status < 300, f"a C5's reservation answers {page.status}: {page.text[:200]}")
    say(f"C5 customer {bold.customer} reserves it: {page.json['amount_cents'] / 100:,.2f} yuan")


def _assessed(bank: str, level: str) -> str:
    """Number of a customer whose assessment of this outcome is still good."""
    since = timezone.localdate() - timedelta(days=300)
    with tenant_context(Bank.objects.get(slug=bank)):
        found = Customer.objects.filter(risk_level=level, risk_assessed_on__gt=since)
        return found.order_by("number").values_list("number", flat=True)[0]


STEPS: list[Callable[[Tour], None]] = [sell_a_deposit, refuse_what_does_not_suit]
