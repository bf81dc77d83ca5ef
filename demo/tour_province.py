"""The tour's steps about the province and its banks: the template, copies, and taking down."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.models import Customer
from demo.browsing import Page
from demo.guide import BANK, FEED_SECONDS, OTHER, Tour, at_once, say
from demo.stage import Console, Phone, check, wait_for
from demo.tour_faces import ADS, ALT, TITLE
from tenants.models import Bank

TEMPLATES, SETTINGS = "publishing/provincetemplate", "publishing/banksettings"
RECEIVED = "publishing/receivedoffer"
FRAUD, OURS = "守护您的钱袋子", "守护您的钱袋子（长沙版）"
EVENT = "秋季活动"
NOTICES = (f"{EVENT}：周末延时服务", f"{EVENT}：社保卡换发")
OLD_AGE, NEW_AGE = 65, 60
TASK_SECONDS = 20


# --- the province's template ----------------------------------------------------------------------
def change_the_template(tour: Tour) -> None:
    """The platform changes the appearance template: what it locks holds at once, in all banks"""
    phones = [tour.phone(slug) for slug in tour.slugs]
    check(all(at_once(phones, _may_choose_skin)), "customers may not choose the skin")
    operator = tour.console("console", "operator")
    page = _group_page(operator, TEMPLATES)
    form = page.form("opened_version", "lock__customer_skin")
    saved = operator.browser.submit(
        page, form, lock__customer_skin="locked", value__customer_skin=None,
        value__senior_from_age=str(NEW_AGE),
    )  # fmt: skip
    check(not saved.refusal(), f"the template was not saved: {saved.refusal()}")
    asked = operator.press(_group_page(operator, TEMPLATES), "submit")
    check(all(at_once(phones, _may_choose_skin)), "it held before it was approved")
    reviewer = tour.console("console", "compliance_reviewer")
    reviewer.answer(reviewer.open(_review_of(asked)), "approve")
    sentence = "the locked setting does not hold everywhere"
    seconds = wait_for(lambda: not any(at_once(phones, _may_choose_skin)), FEED_SECONDS, sentence)
    say(
        f"“customers choose their skin” locked to no: holds in {len(phones)} banks, {seconds:.1f} s"
    )


def _may_choose_skin(phone: Phone) -> bool:
    return bool(phone.home()["choices"]["skin"])


def _group_page(console: Console, room: str) -> Page:
    """Of the appearance settings: the page whose form has their fields."""
    for link in console.open(f"/admin/{room}/").links("/change/"):
        page = console.open(link)
        if "senior_from_age" in page.text:
            return page
    raise LookupError(f"/admin/{room}/ has no page of the appearance settings")


def _review_of(page: Page) -> str:
    links = [link for link in page.links("/change/") if "/approvals/request/" in link]
    check(links, f"{page.address} leads to no review")
    return links[0]


def accept_the_template(tour: Tour) -> None:
    """A bank sees the difference setting by setting and accepts it; its checker approves"""
    phone = tour.phone(BANK, _aged_between(tour))
    check(phone.home()["mode"] == "standard", "what is not locked did not wait for the bank")
    maker = tour.console(BANK, "maker")
    page = _group_page(maker, SETTINGS)
    check(f"<del>{OLD_AGE}" in page.text, "the page does not show the difference")
    say(f"senior mode from {OLD_AGE} → {NEW_AGE}: shown as a difference, and not in effect yet")
    asked = maker.press(page, "accept")
    checker = tour.console(BANK, "checker")
    checker.answer(checker.open(_review_of(asked)), "approve")
    sentence = f"a customer between {NEW_AGE} and {OLD_AGE} does not start in senior mode"
    seconds = wait_for(lambda: phone.home()["mode"] == "senior", FEED_SECONDS, sentence)
    page = _group_page(maker, SETTINGS)
    check(f"<del>{OLD_AGE}" not in page.text, "the difference still stands there")
    say(f"accepted and approved: customers from {NEW_AGE} on start in senior mode, {seconds:.1f} s")


def _aged_between(tour: Tour) -> str:
    """Number of a customer whom the new age makes a senior."""
    year = timezone.localdate().year
    with tenant_context(Bank.objects.get(slug=BANK)):
        born = Customer.objects.filter(
            birth_year__gt=year - OLD_AGE, birth_year__lte=year - NEW_AGE
        )
        return born.order_by("number").values_list("number", flat=True)[0]


# --- copies to banks ------------------------------------------------------------------------------
def offer_to_banks(tour: Tour) -> None:
    """The platform offers an ad to two banks: one makes it its own, the other declines"""
    operator = tour.console("console", "operator")
    board = operator.press(
        operator.find(ADS, FRAUD), "offer-to-banks", banks=(BANK, OTHER), note="各行可改"
    )
    maker = tour.console(BANK, "maker")
    offer = _received(maker)
    draft = maker.browser.submit(offer, offer.form(action="/accept/"))
    told = f"accepting leads to {draft.address}: {draft.refusal()}"
    check(f"/{ADS}/" in draft.address, told)
    form = draft.form("title", "placement")
    saved = maker.browser.submit(draft, form, title=OURS, alt_text="长沙农商银行提醒您谨防诈骗")
    check(not saved.refusal(), f"the changed copy was not saved: {saved.refusal()}")
    maker.press(maker.find(ADS, OURS), "submit")
    say(f"{BANK} accepted it as a draft, changed it and submitted it")
    other = tour.console(OTHER, "maker")
    offer = _received(other)
    reason = "本行已有同类宣传"
    other.browser.submit(offer, offer.form("reason", action="/decline/"), reason=reason)
    told = f"the platform does not read why {OTHER} declined"
    wait_for(lambda: reason in operator.open(board.address).text, TASK_SECONDS, told)
    say(f"{OTHER} declined; the platform reads why: {reason}")
    check(not tour.phone(BANK).ad("长沙农商银行提醒您谨防诈骗"), "the copy shows unapproved")


def _received(console: Console) -> Page:
    """The newest offer; a task delivers it."""
    address = f"/admin/{RECEIVED}/?tab=waiting"

    def links() -> list[str]:
        return console.open(address).links(f"/{RECEIVED}/")

    def found() -> list[str]:
        return [link for link in links() if "/change/" in link]

    wait_for(found, TASK_SECONDS, f"the offer does not arrive at {console.browser.host}")
    return console.open(found()[0])


# --- taking down ----------------------------------------------------------------------------------
def withdraw_several(tour: Tour) -> None:
    """The maker asks to take several announcements down: one review for all"""
    maker, checker = tour.console(BANK, "maker"), tour.console(BANK, "checker")
    phone = tour.phone(BANK)
    for title in NOTICES:
        maker.propose(title, "<p>详情请咨询网点。</p>")
        checker.answer(checker.review(title), "approve")
    wait_for(lambda: all(phone.sees(each) for each in NOTICES), FEED_SECONDS, "not shown")
    listed = maker.open("/admin/announcements/announcement/?tab=live")
    form = listed.form("action")
    ticked = [_id_of(maker, title) for title in NOTICES]
    asked = maker.browser.submit(
        listed, form, action="request_withdrawals", _selected_action=ticked
    )
    form = asked.form("confirmed", "note")
    check(all(each in asked.text for each in NOTICES), "the page does not name what goes")
    maker.browser.submit(asked, form, note="活动结束")
    check(all(phone.sees(each) for each in NOTICES), "gone before a second person agreed")
    checker.answer(checker.review(EVENT, "waiting"), "approve")
    sentence = "still shown after the review"
    seconds = wait_for(
        lambda: not any(phone.sees(each) for each in NOTICES), FEED_SECONDS, sentence
    )
    say(f"{len(NOTICES)} announcements, one request, one approval: gone after {seconds:.1f} s")


def _id_of(maker: Console, title: str) -> str:
    address = maker.find("announcements/announcement", title).address
    found = re.search(r"/(\d+)/change/", address)
    check(found, f"{address} names no row")
    assert found is not None
    return found[1]


def take_down_and_undo(tour: Tour) -> None:
    """The checker takes an ad down at once, with a reason, and undoes it"""
    checker, phone = tour.console(BANK, "checker"), tour.phone(BANK)
    check(phone.ad(ALT), "the ad is not there")
    done = checker.press(checker.find(ADS, TITLE), "withdraw-now", reason="客户投诉图片模糊")
    seconds = wait_for(lambda: not phone.ad(ALT), FEED_SECONDS, "it is still shown")
    say(f"taken down with a reason: gone after {seconds:.1f} s; a second person reviews it")
    waiting = tour.console(BANK, "viewer").open("/admin/publishing/publication/takedowns/")
    check(TITLE in waiting.text, "it does not stand among the take-downs that wait for review")
    checker.browser.submit(done, done.form(action="/takedowns/undo/"))
    seconds = wait_for(lambda: phone.ad(ALT), FEED_SECONDS, "undone, and not shown again")
    say(f"undone: back after {seconds:.1f} s")


STEPS: list[Callable[[Tour], None]] = [
    change_the_template, accept_the_template, offer_to_banks, withdraw_several, take_down_and_undo,
]  # fmt: skip
