"""The tour's steps about the Fuxiang zone: who opened what, applying, a thirteenth type."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from django.utils import timezone

from demo import province, tour_campus, tour_products, tour_rush
from demo.browsing import Filling, Form, Page
from demo.guide import CUSTOMER, FEED_SECONDS, Tour, say
from demo.stage import Console, check, wait_for
from demo.tour_products import PRODUCTS, approve, draft, product_named, submit

ADOPTION = "/admin/zone-adoption/"
APPLICATIONS = "fuxiang_zone_catalogue/activationapplication"
TYPES, ACTIVATIONS = "fuxiang_zone_catalogue/producttype", "fuxiang_zone_catalogue/activation"
# Has three types, and no application under way.
APPLICANT, WANTED = "lukou", "smart_mortgage"
ADVICE = "请补充业务负责人和开办日期。"
CODE, NAME, PRODUCT = "village_post", "助农驿站", "东门助农驿站"
# Name on the form, type, what else its row says; then what a bank fills in, and customers read.
FIELDS: tuple[tuple[str, str, dict[str, str], Filling, str], ...] = (
    ("驿站名称", "text", {}, "东门驿站", "东门驿站"),
    ("取款限额", "money", {"least": "100", "most": "2000"}, "1,000", "1,000 元"),
    ("服务天数", "integer", {"unit": "天", "most": "7"}, "7", "7 天"),
    ("服务项目", "choices", {"options": "小额取款\n生活缴费\n社保查询"},
     ["小额取款", "生活缴费"], "小额取款、生活缴费"),
    ("开业日期", "date", {"compliance_note": "不得早于审批日期"}, "2026-12-01", "2026-12-01"),
)  # fmt: skip


# --- who opened what ------------------------------------------------------------------------------
def count_adoption(tour: Tour) -> None:
    """The platform counts who opened which product type: 12 types over the whole province, exact"""
    page = _adoption(tour)
    wanted = [(row.name, row.banks_opened) for row in province.product_types()]
    check(_counted(page) == wanted, f"the page says {_counted(page)}, not {wanted}")
    operator = tour.console("console", "operator")
    form = page.form("prefecture", action="/export/")
    file = press(operator, page, form, "format", "csv")
    head, *rows, sums = csv.reader(io.StringIO(file.text.removeprefix("\ufeff")))
    banks = len(province.banks())
    check(len(rows) == banks, f"the file has {len(rows)} banks, not {banks}")
    numbers = [number for _name, number in wanted]
    check([int(cell) for cell in sums[2:-1]] == numbers, f"the file's last row says {sums}")
    for place, kind in enumerate(province.product_types(), start=2):
        check(head[place] == kind.name, f"column {place} of the file is {head[place]}")
        opened = {row[0] for row in rows if row[place]}
        check(len(opened) == kind.banks_opened, f"{len(opened)} days under {kind.name}")
        slugs = [bank.slug for bank in province.banks() if bank.name in opened]
        tour.notes[f"opened {kind.code}"] = ",".join(slugs)
    say(" · ".join(f"{name} {number}" for name, number in wanted))
    say(f"{sum(numbers)} openings among {banks} banks; the exported file counts the same")


def _adoption(tour: Tour) -> Page:
    page = tour.console("console", "operator").open(ADOPTION)
    check(page.status == 200, f"the adoption page answers {page.status}")
    return page


def _counted(page: Page) -> list[tuple[str, int]]:
    row = r'<tr data-value="\d+"><td>([^<]+)</td><td class="fx-number">([\d,]+)</td>'
    found = re.findall(row, page.text)
    return [(unescape(name), int(number.replace(",", ""))) for name, number in found]


def press(console: Console, page: Page, form: Form, button: str, value: str = "") -> Page:
    """Send a form as it stands by one of its named buttons."""
    return console.browser.post(form.action or page.address, [*form.filled({}), (button, value)])


# --- applying -------------------------------------------------------------------------------------
def apply_for_a_type(tour: Tour) -> None:
    """A bank applies for a type; the platform sends it back with a comment, then approves it"""
    maker = tour.console(APPLICANT, "maker")
    check(not _offers(maker, WANTED), "it can be drafted before it is open")
    refused = _apply(maker, WANTED, reason="")
    check("fx-error" in refused.text, "an application without a reason was taken")
    _apply(maker, WANTED)
    _decide(tour, "return", ADVICE)
    page = maker.open(f"/admin/zone-types/{WANTED}/")
    check(ADVICE in page.text, "the bank does not read why it came back")
    say(f"sent back: {ADVICE}")
    _apply(maker, WANTED, person_in_charge="李四（演示）")
    _decide(tour, "approve")
    steps = re.search(r'<ol class="fx-trail">(.*?)</ol>', maker.open(page.address).text, re.S)
    check(steps and steps[1].count("<li>") == 5, "the history does not have five steps")
    found = dict(_counted(_adoption(tour)))
    kind = next(row for row in province.product_types() if row.code == WANTED)
    check(found[kind.name] == kind.banks_opened + 1, f"{kind.name}: {found[kind.name]} banks")
    check(_offers(maker, WANTED), "the bank cannot draft a product of it")
    say(f"approved: {kind.name} is open in {found[kind.name]} banks, and can be drafted at once")
    _close_again(tour, kind)


def _apply(maker: Console, code: str, **words: str) -> Page:
    page = maker.open(f"/admin/zone-types/{code}/")
    form = page.form("reason", "planned_on")
    said = {
        "reason": "乡镇客户需要就近服务", "person_in_charge": "张三（演示）", "phone": "0731-96518",
        "planned_on": f"{timezone.localdate() + timedelta(days=14):%Y-%m-%d}", **words,
    }  # fmt: skip
    fields = [*form.filled(said), ("submit", "")]
    return maker.browser.post(form.action, fields)


def _decide(tour: Tour, verdict: str, comment: str = "", bank: str = APPLICANT) -> None:
    operator = tour.console("console", "operator")
    page = operator.find(APPLICATIONS, bank, "submitted")
    form = page.form("comment", action="/decide/")
    done = operator.browser.submit(page, form, verdict=verdict, comment=comment)
    check(done.status == 200, f"deciding answers {done.status}")
    check("verb-decide" not in done.text, "the application still waits for a decision")


def _offers(maker: Console, code: str) -> bool:
    return f"type={code}" in maker.open(f"{PRODUCTS}add/").text


def _close_again(tour: Tour, kind: province.TypeRow) -> None:
    operator = tour.console("console", "operator")
    listed = operator.open(f"/admin/{ACTIVATIONS}/?q={APPLICANT}")
    pages = [operator.open(link) for link in listed.links("/change/") if ACTIVATIONS in link]
    page = next((each for each in pages if kind.name in each.text), None)
    check(page, f"{kind.name} is not in the list of what {APPLICANT} has opened")
    assert page is not None
    operator.press(page, "close-for-bank", reason="演练结束")
    counted = dict(_counted(_adoption(tour)))
    check(counted[kind.name] == kind.banks_opened, f"{kind.name} is not closed again")
    check(not _offers(tour.console(APPLICANT, "maker"), kind.code), "it can still be drafted")
    say(f"closed for {APPLICANT} again, with a reason: {counted[kind.name]} banks, as before")


# --- a thirteenth type ----------------------------------------------------------------------------
def add_a_type(tour: Tour) -> None:
    """A thirteenth type is configuration: five fields in the console, and a product on the phone"""
    operator, maker = tour.console("console", "operator"), tour.console(APPLICANT, "maker")
    page = operator.open(f"/admin/{TYPES}/add/")
    form = page.form("code", "category")
    values: dict[str, Filling] = {
        "code": CODE, "name": NAME, "category": "benefit", "icon": "storefront",
        "position": "13",
    }  # fmt: skip
    saved = operator.browser.post(page.address, [*form.filled(values), *_rows()])
    check("/add/" not in saved.address, f"the type was not saved: {saved.refusal()}")
    page = operator.find(TYPES, CODE)
    operator.press(page, f"{page.address.split('/')[-3]}/offer")
    _apply(maker, CODE)
    _decide(tour, "approve")
    say(f"“{NAME}” with {len(FIELDS)} fields: offered to banks, and open in {APPLICANT}")
    filled = {f"value_field_{place}": each[3] for place, each in enumerate(FIELDS, start=1)}
    wrong = draft(maker, CODE, PRODUCT, **{**filled, "value_field_2": "5,000"})
    check("/add/" in wrong.address, "a value above the field's range was saved")
    say(f"5,000 yuan where at most 2,000 are allowed: {wrong.refusal()}")
    draft(maker, CODE, PRODUCT, **filled)
    submit(maker, PRODUCT)
    approve(tour.console(APPLICANT, "checker"), PRODUCT)
    phone = tour.phone(APPLICANT, CUSTOMER)
    wait_for(lambda: product_named(phone, PRODUCT), FEED_SECONDS, "it is not on the phone")
    shown = phone.get(f"zone/{product_named(phone, PRODUCT)['id']}").json["fields"]
    found = [(each["label"], each["value"]) for each in shown]
    wanted = [(label, text) for label, _kind, _cells, _filled, text in FIELDS]
    check(found == wanted, f"the phone shows {found}, not {wanted}")
    say("on the phone: " + "，".join(f"{label} {text}" for label, text in found))
    counted = _counted(_adoption(tour))
    check(counted[-1] == (NAME, 1) and len(counted) == 13, f"the adoption page: {counted}")


def _rows() -> list[tuple[str, str]]:
    """Of the editor of fields, as a browser would send them."""
    sent = []
    for number, (label, kind, cells, _filled, _text) in enumerate(FIELDS, start=1):
        name = f"fields_of_type-r{number}"
        typed = {"label": label, "type": kind, "required": "on", "is_shown": "on", **cells}
        sent.append(("fields_of_type-row", f"r{number}"))
        sent += [(f"{name}-{cell}", text) for cell, text in typed.items()]
    return sent


STEPS: list[Callable[[Tour], None]] = [
    apply_for_a_type, *tour_products.STEPS, *tour_rush.STEPS, add_a_type, *tour_campus.STEPS,
]  # fmt: skip
