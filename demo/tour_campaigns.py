"""The tour's steps about campaigns: the province designs one, opens it to pilot banks, a bank joins
with its own coupons."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from django.utils import timezone

from demo.browsing import Page
from demo.campaigns import JOINED, SAVE, WAITING, WITHOUT_COUPONS, code_rows
from demo.guide import FEED_SECONDS, Tour, say
from demo.province import BankRow, banks
from demo.stage import Console, Phone, check, local, wait_for
from demo.tour_coupons import BATCHES, WIZARD, columns_form, finished_job, template_of

DESIGNS, CAMPAIGNS = "campaigns_province/provincecampaign", "campaigns/campaign"
OFFERED = "/admin/campaigns/province/"
TITLE, FORBIDDEN = "开学季充话费立减5元", "最优惠"
WORDS = "领券充话费，50元只付45元"
RULES = "每位客户每月限领1张，单笔话费充值满50元立减5元。\n预算用完即止。咨询电话 0731-96518。"
BATCH, FILE, CODES = "开学季话费券码（演示）", "开学季话费券码.csv", 200
ABLE = [row for row in banks() if row.slug != WITHOUT_COUPONS]
# They run the province's 话费充值满50减5; the others have not joined anything yet.
TWELVE = [row.slug for row in ABLE[:JOINED]]
JOINER, FOLLOWER, THIRD = ABLE[JOINED : JOINED + WAITING]
CUSTOMER = "D0000004"


# --- the province ---------------------------------------------------------------------------------
def design(tour: Tour) -> None:
    """The platform designs a campaign for all banks; a forbidden word stops it before any review"""
    operator = tour.console("console", "operator")
    page = operator.open(f"/admin/{DESIGNS}/add/?kind=spend_and_save")
    now = local(timezone.now())
    saved = operator.browser.submit(
        page, page.form("value__title", "lock__title"), value__title=TITLE,
        starts_at=_minute(now), ends_at=_minute(now + timedelta(days=30)),
        value__summary=f"全省{FORBIDDEN}的话费券", value__rules_text="在此写明本行的活动规则",
        lock__period="default", lock__rules_text="must_fill", lock__button="locked",
        lock__limits="locked",
        **{"value__bearers-province": "30", "value__bearers-bank": "50",
           "value__bearers-merchant": "20", "value__bearers-merchant_name": "话费服务商（演示）"},
    )  # fmt: skip
    check("/add/" not in saved.address, f"the design was not saved: {saved.refusal()}")
    draft = operator.find(DESIGNS, TITLE)
    say(f"saved; the check on its page: {_refused_submit(operator, draft)}")
    form = draft.form("value__title", "opened_version")
    saved = operator.browser.submit(draft, form, value__summary=WORDS)
    check(not saved.refusal(), f"the change was not saved: {saved.refusal()}")
    operator.press(operator.find(DESIGNS, TITLE), "submit")
    reviewer = tour.console("console", "compliance_reviewer")
    reviewer.answer(reviewer.review(TITLE, "waiting"), "approve", comment="同意")
    say(f"put right, submitted, approved by a second person: “{TITLE}” is published")


def _minute(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def _refused_submit(operator: Console, draft: Page) -> str:
    dialog = operator.browser.get(draft.links("/submit/")[0], **{"HX-Request": "true"})
    answer = operator.browser.submit(dialog, dialog.form("csrfmiddlewaretoken"))
    found = re.search(rf">\s*([^<>]*{FORBIDDEN}[^<>]*)<", answer.text)
    told = f"{answer.address} answers {answer.status} {answer.refusal()} and names no word"
    check("/submit/" in answer.address and found, told)
    assert found is not None
    return unescape(found[1]).strip()


def open_pilot(tour: Tour) -> None:
    """It is opened to three pilot banks: only they see it"""
    operator = tour.console("console", "operator")
    maker, other = tour.console(JOINER.slug, "maker"), tour.console(TWELVE[2], "maker")
    check(TITLE not in maker.open(OFFERED).text, "it is offered before its wave is open")
    page = operator.open(_board(operator).links("/plan/")[0])
    form = page.form("name", "csrfmiddlewaretoken")
    pilots = [each.slug for each in (JOINER, FOLLOWER, THIRD)]
    board = operator.browser.submit(page, form, banks=pilots, name="试点行")
    check("/board/" in board.address, f"the wave was not planned: {board.refusal()}")
    board = operator.browser.submit(board, board.form(action="/open/"))
    check(maker.open(OFFERED).text.count(TITLE), f"{JOINER.slug} does not see it")
    check(TITLE not in other.open(OFFERED).text, f"{TWELVE[2]} stands in no wave and sees it")
    say(f"wave 1 open: {', '.join(pilots)} see it in their consoles, {TWELVE[2]} does not")
    tour.notes["board"] = board.address


def _board(operator: Console) -> Page:
    return operator.open(operator.find(DESIGNS, TITLE).links("/board/")[0])


# --- the bank -------------------------------------------------------------------------------------
def bring_coupons(tour: Tour) -> None:
    """A pilot bank imports its supplier's file of coupon codes; a second person approves it"""
    import_coupons(tour, JOINER)
    say(f"{CODES} codes of {JOINER.name}'s own are in stock")


def import_coupons(tour: Tour, row: BankRow) -> None:
    maker, checker = (tour.console(row.slug, name) for name in ("maker", "checker"))
    page = maker.open(WIZARD)
    values = {"template": template_of(page, SAVE), "name": BATCH}
    fields = dict(page.form("template", "policy").filled(values))
    page = maker.browser.upload(WIZARD, fields, FILE, _file_of(row))
    check(page.status == 200, f"the upload answers {page.status}: {page.refusal()}")
    job = finished_job(maker, maker.browser.submit(page, columns_form(page)))
    batch = next(link for link in job.links(f"/admin/{BATCHES}/") if link.endswith("/change/"))
    maker.press(maker.open(batch), "submit", note="请复核")
    checker.answer(checker.review(BATCH, "waiting"), "approve", comment="同意")


def _file_of(row: BankRow) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(code_rows(row, CODES))
    return text.getvalue().encode("gb18030")


def join(tour: Tour) -> None:
    """It joins: what the province locked cannot be changed, what it must fill in is its own"""
    maker, checker = (tour.console(JOINER.slug, name) for name in ("maker", "checker"))
    page = maker.open(_offer(maker))
    form = page.form("budget_cents", "rules_text", action="/join/")
    say(f"without its own rules: {_not_joined(maker, page, budget_cents='500', rules_text='')}")
    template = next(iter(_others(maker)))
    fields = [*form.filled({"budget_cents": "500", "rules_text": RULES})]
    forged = [(name, template if name == "coupon0" else value) for name, value in fields]
    if not any(name == "coupon0" for name, _value in fields):
        forged.append(("coupon0", template))
    answer = maker.browser.post(form.action, forged)
    check(answer.status == 400, f"another coupon, sent by hand: {answer.status}")
    say(f"a coupon of another kind, sent by hand: {answer.status} {sentence_of(answer)}")
    draft = _joined(maker, page, budget_cents="500", rules_text=RULES)
    _keep_locks(maker, draft)
    maker.press(maker.find(CAMPAIGNS, TITLE), "submit")
    phone = tour.phone(JOINER.slug, CUSTOMER)
    check(uid_of(phone) is None, "customers see it before it is approved")
    checker.answer(checker.review(TITLE, "waiting"), "approve", comment="同意")
    seconds = wait_for(lambda: uid_of(phone), FEED_SECONDS, "customers do not see it")
    check(uid_of(tour.phone(FOLLOWER.slug, CUSTOMER)) is None, "another bank's customers see it")
    say(f"approved: customers of {JOINER.slug} see it after {seconds:.1f} s, others do not")
    follow(tour)


def _offer(maker: Console) -> str:
    page = maker.open(OFFERED)
    links = [link for link in page.links(OFFERED) if TITLE in maker.open(link).text]
    return next(link for link in links if link != OFFERED)


def _others(maker: Console) -> list[str]:
    """Templates that are not what the province asks for, as the batch wizard names them."""
    return [template_of(maker.open(WIZARD), code) for code in ("TOPUP50-5", "VOUCHER-ANY")]


def _not_joined(maker: Console, page: Page, **values: str) -> str:
    answer = _answered(maker, page, values)
    check(answer.status == 400, f"joining with {values} answers {answer.status}")
    return f"{answer.status} {sentence_of(answer)}"


def sentence_of(page: Page) -> str:
    """What is wrong, above the form or below one of its fields."""
    places = r"(?:text-red-600[^>]*>\s*<ul>\s*<li>|errornote[^>]*>)"
    found = re.findall(rf"{places}\s*([^<]*[^<\s])", page.text)
    # The first one only says that there are others.
    return unescape(found[-1]) if found else page.refusal()


def _joined(maker: Console, page: Page, **values: str) -> Page:
    draft = _answered(maker, page, values)
    told = f"joining leads to {draft.address}: {draft.status} {draft.refusal()}"
    check(f"/{CAMPAIGNS}/" in draft.address, told)
    return draft


def _answered(maker: Console, page: Page, values: dict[str, str]) -> Page:
    form = page.form("budget_cents", "rules_text", action="/join/")
    return maker.browser.submit(page, form, **values)


def _keep_locks(maker: Console, draft: Page) -> None:
    """Two fields sent by hand: one that is locked, and a period longer than the province's."""
    form = draft.form("opened_version")
    check("button" not in form.fields, "the form offers the locked word on the button")
    fields = [*form.filled({}), ("button", "免费领取")]
    maker.browser.post(draft.address, fields)
    draft = maker.open(draft.address)
    check("免费领取" not in draft.text, "a locked field was changed by hand")
    say("the locked word on the button, sent by hand: it stays as the province says")
    form = draft.form("opened_version", "ends_at")
    later = _minute(local(timezone.now()) + timedelta(days=60))
    answer = maker.browser.submit(draft, form, ends_at=later)
    told = f"a period longer than the province's: {answer.status} at {answer.address}"
    check(sentence_of(answer), told)
    say(f"a longer period: {sentence_of(answer)}")


def follow(tour: Tour) -> None:
    """A second pilot bank does the same."""
    import_coupons(tour, FOLLOWER)
    maker, checker = (tour.console(FOLLOWER.slug, name) for name in ("maker", "checker"))
    _joined(maker, maker.open(_offer(maker)), budget_cents="300", rules_text=RULES)
    maker.press(maker.find(CAMPAIGNS, TITLE), "submit")
    checker.answer(checker.review(TITLE, "waiting"), "approve", comment="同意")
    phone = tour.phone(FOLLOWER.slug, CUSTOMER)
    wait_for(lambda: uid_of(phone), FEED_SECONDS, f"customers of {FOLLOWER.slug} do not see it")
    say(f"{FOLLOWER.slug} joins as well; {THIRD.slug} has not answered")


def uid_of(phone: Phone, title: str = TITLE) -> str | None:
    """Of the live campaign of this name; None = the customer is not shown it."""
    page = phone.get("campaigns")
    check(page.status == 200, f"campaigns of {phone.bank}: {page.status} {page.text[:200]}")
    found = [each["id"] for each in page.json["campaigns"] if each["title"] == title]
    return found[0] if found else None


STEPS: list[Callable[[Tour], None]] = [design, open_pilot, bring_coupons, join]
