"""The tour's steps about campaigns, continued: budgets, emergencies, waves pulled back, books."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from html import unescape

from django.utils import timezone

from demo.browsing import Page
from demo.campaigns import OWN, SAVE
from demo.campaigns import TITLE as TWELVE_TITLE
from demo.guide import BANK, FEED_SECONDS, Tour, say
from demo.stage import Console, check, local, wait_for
from demo.tour_campaign_events import NEWCOMERS, take, taken
from demo.tour_campaigns import CAMPAIGNS, DESIGNS, FOLLOWER, JOINER, THIRD, TITLE, TWELVE, uid_of
from demo.tour_coupons import template_of
from demo.tour_wallet import refused

SMALL, SMALL_BANK, PEOPLE = "百名客户话费券（小额预算）", "wangcheng", 20
# Of 5 yuan each: the twentieth takes the last one.
BUDGET = "100.00"
CLAIM = str(OWN[0]["title"])
AT_ONCE = 4
STOP_SECONDS, PULL_SECONDS, REPORT_SECONDS = 1.0, 15, 30
# A customer of the pilot banks who has taken nothing yet.
NEWCOMER = "D0000007"
Books = list[list[tuple[str, str]]]


# --- the budget -----------------------------------------------------------------------------------
def spend_a_budget(tour: Tour) -> None:
    """A campaign of 100 yuan stops by itself, to the cent; its page marks 80, 95 and 100%"""
    maker, checker = (tour.console(SMALL_BANK, name) for name in ("maker", "checker"))
    _draft_small(maker)
    maker.press(maker.find(CAMPAIGNS, SMALL), "submit")
    checker.answer(checker.review(SMALL, "waiting"), "approve", comment="同意")
    customers = [f"D{number:07d}" for number in range(501, 501 + PEOPLE + 3)]
    first = tour.phone(SMALL_BANK, customers[0])
    wait_for(lambda: uid_of(first, SMALL), FEED_SECONDS, f"“{SMALL}” is not shown")
    uid = uid_of(first, SMALL)
    assert uid is not None
    pages = [take(tour.phone(SMALL_BANK, number), uid) for number in customers]
    given = [taken(page) for page in pages if page.status == 200]
    check(len(given) == PEOPLE, f"{len(given)} coupons of 5.00 for {BUDGET} yuan")
    say(f"{len(customers)} customers: {len(given)} coupons; then {refused(pages[-1], 'budget')}")
    figures = checker.open(_figures(checker, SMALL))
    steps = [
        mark for mark in ("80%", "95%", "100%") if re.search(rf"<td>[^<]*{mark}", figures.text)
    ]
    check(len(steps) == 3, f"its steps name the marks {steps}")
    say(f"its page names the marks {', '.join(steps)}: {_bar(figures)}")


def _draft_small(maker: Console) -> None:
    page = maker.open(f"/admin/{CAMPAIGNS}/add/?kind=claim_page")
    template = template_of(maker.open("/admin/coupons/batch/import/"), SAVE)
    values = {"effects-0-template": template, "bearers-bank": "100"}
    saved = maker.browser.submit(
        page, page.form("title", "opened_version"), title=SMALL, budget_cents=BUDGET,
        starts_at=_now(), summary="话费充值满50元减5元", **values,
    )  # fmt: skip
    check("/add/" not in saved.address, f"the draft was not saved: {saved.refusal()}")


def _now() -> str:
    return f"{local(timezone.now()):%Y-%m-%dT%H:%M}"


def _figures(checker: Console, title: str) -> str:
    return _figures_of(checker.find(CAMPAIGNS, title))[0]


def _figures_of(page: Page) -> list[str]:
    """Where the figures of the page's campaign are; none = it was never published."""
    links = page.links(f"/{CAMPAIGNS}/")
    return [link for link in links if link.endswith("/figures/")]


def _bar(page: Page) -> str:
    found = re.search(r'class="fx-budget-words">([^<]*)<', page.text)
    return unescape(found[1]) if found else ""


# --- the emergency stop ---------------------------------------------------------------------------
def stop_in_an_emergency(tour: Tour) -> None:
    """One person stops a campaign: felt within a second; a second one lets it run again"""
    maker, checker = (tour.console(BANK, name) for name in ("maker", "checker"))
    phone = tour.phone(BANK, NEWCOMERS[10])
    uid = uid_of(phone, CLAIM)
    assert uid is not None
    page = maker.find(CAMPAIGNS, CLAIM)
    began = time.monotonic()
    maker.press(page, "stop", reason="供应商通知券码可能泄露")
    pressed = time.monotonic()
    answers = [refused(take(phone, uid, "stopped"), "stopped") for _process in range(6)]
    seconds = time.monotonic() - pressed
    check(seconds < STOP_SECONDS, f"six processes' answers took {seconds:.1f} s after the stop")
    say(f"pressed {pressed - began:.1f} s; {seconds:.2f} s later six calls have met it")
    say(answers[0])
    page = maker.find(CAMPAIGNS, CLAIM)
    check(not page.links("/resume/"), "one person alone may let it run again")
    maker.press(page, "ask-to-resume", reason="供应商确认无泄露")
    review = maker.review(CLAIM)
    check(not any("/approve/" in form.action for form in review.forms()), "offered to the maker")
    refused(take(phone, uid, "asked"), "stopped")
    checker.answer(checker.review(CLAIM, "waiting"), "approve", comment="同意")
    taken(take(phone, uid, "running"))
    say("asked for by the maker, approved by the checker: the next customer is served")


# --- a wave is pulled back ------------------------------------------------------------------------
def pull_the_wave(tour: Tour) -> None:
    """The platform pulls the wave back with one action: its banks pay nothing from then on"""
    operator = tour.console("console", "operator")
    phones = [tour.phone(row.slug, NEWCOMER) for row in (JOINER, FOLLOWER)]
    uids = [uid_of(phone) for phone in phones]
    check(all(uids), "the wave's campaigns are not live")
    board = operator.open(tour.notes["board"])
    began = time.monotonic()
    operator.browser.submit(board, board.form("reason", action="/pull/"), reason="券码供应商故障")

    sentence = "customers of the wave are still shown the campaign"
    wait_for(lambda: not any(map(uid_of, phones)), PULL_SECONDS, sentence)
    seconds = time.monotonic() - began
    for phone, uid in zip(phones, uids, strict=True):
        told = refused(take(phone, uid or "", "pulled"), "stopped")
    say(f"after {seconds:.1f} s {JOINER.slug} and {FOLLOWER.slug} give nothing: {told}")
    sentence = "the board does not say that its banks have followed"
    wait_for(lambda: _followed(operator, tour), PULL_SECONDS, sentence)
    say(f"the board names them stopped; {THIRD.slug}, which had not joined, had nothing running")
    maker = tour.console(JOINER.slug, "maker")
    page = maker.find(CAMPAIGNS, TITLE)
    check(not page.links("/resume/"), "the bank may resume what the province has pulled back")
    say("the bank cannot resume it by itself: it waits for the province")


def _followed(operator: Console, tour: Tour) -> bool:
    text = operator.open(tour.notes["board"]).text
    article = text[text.index("fx-province-wave-pulled") :] if "wave-pulled" in text else ""
    article = article.partition("</article>")[0]
    labels = re.findall(r"<li>([^<]*?) <span class=\"fx-label ([a-z]*)\"", article)
    stopped = {name for name, colour in labels if colour == "danger"}
    return {JOINER.short_name, FOLLOWER.short_name} <= stopped


# --- the books ------------------------------------------------------------------------------------
def tie_out(tour: Tour) -> None:
    """All books are even: account, ledger, rewards, coupons, figures, and the province's sums"""
    slugs = [*TWELVE, JOINER.slug, FOLLOWER.slug]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        books = pool.map(lambda slug: _books_of(tour.console(slug, "checker")), slugs)
        told = dict(zip(slugs, books, strict=True))
    lines = [line for bank in told.values() for each in bank.values() for line in each]
    campaigns = sum(map(len, told.values()))
    say(f"{campaigns} campaigns in {len(told)} banks, {len(lines)} comparisons: all even")
    for title, slugs in ((TWELVE_TITLE, TWELVE), (TITLE, [JOINER.slug, FOLLOWER.slug])):
        _tie_board(tour, title, {slug: told[slug][title] for slug in slugs})


def _books_of(checker: Console) -> dict[str, Books]:
    """Of every campaign that was ever published, compared now."""
    found = {}
    listed = checker.open(f"/admin/{CAMPAIGNS}/?tab=all")
    for link in dict.fromkeys(listed.links("/change/")):
        page = checker.open(link)
        figures = _figures_of(page)
        if figures:
            page = checker.open(figures[0])
            page = checker.browser.submit(page, page.form(action="tie-out/"))
            check("fx-uneven" not in page.text, f"{page.address}: {page.refusal()}")
            found[_title(page)] = books_on(page)
    return found


def _title(page: Page) -> str:
    found = re.search(r'class="fx-figures-head">\s*<h2>([^<]*)</h2>', page.text)
    check(found, f"{page.address} has no title")
    assert found is not None
    return unescape(found[1])


def books_on(page: Page) -> Books:
    lists = re.findall(r'<li class="fx-even">.*?<dl>(.*?)</dl></li>', page.text, re.DOTALL)
    check(lists, f"{page.address} compares no books")
    return [re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", each) for each in lists]


def _tie_board(tour: Tour, title: str, told: dict[str, Books]) -> None:
    """Committed and redeemed of every bank, as its own page says and as the board says."""
    operator = tour.console("console", "operator")
    board = operator.open(operator.find(DESIGNS, title).links("/board/")[0])
    wanted = {
        "committed": sum(_yuan(books[0][0][1]) for books in told.values()),
        "redeemed": sum(_yuan(books[2][0][1]) for books in told.values()),
    }
    operator.browser.submit(board, board.form(action="/refresh/"))
    began = time.monotonic()
    while (found := _exported(operator, board)) != wanted:
        late = time.monotonic() - began > REPORT_SECONDS
        check(not late, f"the board of “{title}” says {found}, its banks {wanted}")
        time.sleep(0.3)
    board = operator.open(board.address)
    check("fx-uneven" not in board.text, "the board's own books are not even")
    lines = books_on(board)
    check(_yuan(lines[0][0][1]) == wanted["committed"], f"the board's sums: {lines[0]}")
    check(_yuan(lines[1][0][1]) == wanted["redeemed"], f"the board's sums: {lines[1]}")
    for line in lines[:2]:
        say(f"{title}: " + " = ".join(f"{name} {value}" for name, value in line))


def _exported(operator: Console, board: Page) -> dict[str, Decimal]:
    page = operator.browser.submit(board, board.form(action="/export/"))
    check(page.status == 200, f"the export answers {page.status}")
    _head, *rows = csv.reader(io.StringIO(page.text.removeprefix("\ufeff")))
    columns = {"committed": 14, "redeemed": 15}
    return {
        name: sum((_yuan(row[place]) for row in rows if row[place]), Decimal())
        for name, place in columns.items()
    }


def _yuan(text: str) -> Decimal:
    """With or without the word behind it."""
    return Decimal(re.sub(r"[^0-9.]", "", text))


STEPS: list[Callable[[Tour], None]] = [
    spend_a_budget, stop_in_an_emergency, pull_the_wave, tie_out,
]  # fmt: skip
