"""The guided tour: every step drives the real product from outside and says what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from demo import (
    tour_campaign_books,
    tour_campaign_events,
    tour_campaigns,
    tour_counter,
    tour_coupons,
    tour_customers,
    tour_faces,
    tour_gateway,
    tour_province,
    tour_wallet,
    tour_zone,
)
from demo.guide import BANK, CUSTOMER, FEED_SECONDS, OTHER, Tour, say, told_by
from demo.province import banks
from demo.stage import Product, TourFailed, check, command, command_json, local, wait_for
from tenants.models import Bank

DEMO_BANKS, SEAL_SECONDS = len(banks()), 60
NEW_BANK, NEW_PASSWORD = "taohua", "Taohua#2026"
PROVINCE_TITLE, LATER_TITLE, TITLE = "全省反诈宣传周", "全省停机维护公告", "中秋网点营业安排"


# --- the steps ------------------------------------------------------------------------------------
def prepare(tour: Tour) -> None:
    """An empty database becomes a province of 102 demo banks (演示数据)"""
    check(command("upgrade_banks").returncode == 0, "upgrade_banks failed")
    done = command_json("load_demo")
    say(f"{done['filled']} banks filled, {done['activations']} product types opened, in"
        f" {done['seconds']:.0f} s")  # fmt: skip
    check(done["filled"] == DEMO_BANKS, "not every demo bank was filled")
    again = command_json("load_demo")
    check(again["filled"] == 0, "loading twice filled something twice")
    say("loading it again changes nothing")


def start(tour: Tour) -> None:
    """Web server, worker and beat start"""
    say(f"ready after {tour.product.start():.1f} s on port {tour.product.port}")


def open_bank(tour: Tour) -> None:
    """A command opens a new bank; its administrator sets a password by a one-time link"""
    made = command_json(
        "create_bank", NEW_BANK, "--name", "桃花源农商银行（演示）", "--admin", "boss",
        "--code", "DEMO9001",
    )  # fmt: skip
    browser = tour.phone(NEW_BANK)._browser()
    page = browser.get(made["link"])
    check(page.status == 200, f"the one-time link answers {page.status}")
    form = page.form("password", "again")
    page = browser.submit(page, form, password=NEW_PASSWORD, again=NEW_PASSWORD)
    check("/admin/password/" not in page.address, "the new password was refused")
    tour.console(NEW_BANK, "boss", NEW_PASSWORD)
    check(browser.get(made["link"]).status != 200, "the one-time link works twice")
    say(f"{made['console']}: “boss” signed in; the link works no second time")
    tour.slugs.append(NEW_BANK)
    for slug in (NEW_BANK, "console", "Not_A_Label"):
        done = command("create_bank", slug, "--name", "x", "--admin", "x", quiet=True)
        check(done.returncode == 1, f"create_bank {slug} ended with {done.returncode}")
        say(f"create_bank {slug}: {done.stderr.strip().splitlines()[-1]}")


def upgrade(tour: Tour) -> None:
    """All banks are upgraded: one query finds that nobody is behind"""
    done = command_json("upgrade_banks")
    check((done["behind"], done["failed"]) == (0, 0), f"upgrade_banks says {done}")
    say(f"{done['banks']} banks, none behind, in {done['seconds']} s")


def publish_to_the_province(tour: Tour) -> None:
    """The platform's operator announces to the whole province; a compliance reviewer approves"""
    operator = tour.console("console", "operator")
    operator.propose(PROVINCE_TITLE, "<p>谨防冒充银行客服的诈骗电话。</p>")
    phones = [tour.phone(slug) for slug in tour.slugs]
    check(not any(told_by(phones, PROVINCE_TITLE)), "customers saw it before it was approved")
    reviewer = tour.console("console", "compliance_reviewer")
    reviewer.answer(reviewer.review(PROVINCE_TITLE), "approve")
    seconds = tour.wait_until_all_see(PROVINCE_TITLE, tour.slugs)
    say(f"seen by the customers of all {len(tour.slugs)} banks after {seconds:.1f} s")
    say("the bank that was opened a moment ago included")


def refuse_script(tour: Tour) -> None:
    """A bank's maker pastes a text with a script in it"""
    maker = tour.console(BANK, "maker")
    page = maker.draft("带脚本的公告", "<p>点我</p><script>alert(1)</script>")
    check("/add/" in page.address, "a text with a script was saved")
    listed = maker.open("/admin/announcements/announcement/?q=带脚本的公告")
    check(not listed.links("/change/?"), "the refused draft is in the list")
    say("refused with a sentence; nothing was saved")


def propose(tour: Tour) -> None:
    """The maker drafts a must-read announcement and submits it; nobody may approve their own"""
    maker = tour.console(BANK, "maker")
    maker.propose(TITLE, "<p>中秋节期间各网点<strong>轮班营业</strong>。</p>", "must_read")
    review = maker.review(TITLE)
    address = review.address.partition("change/")[0]
    tour.notes["review"] = f"{address}change/"
    check(not any("/approve/" in form.action for form in review.forms()), "offered to the maker")
    token = review.form("csrfmiddlewaretoken").fields["csrfmiddlewaretoken"]
    page = maker.browser.post(f"{address}approve/", {"csrfmiddlewaretoken": token, "comment": ""})
    check(page.status in {403, 409}, f"the maker's hand-made approval answers {page.status}")
    check(not tour.phone(BANK).sees(TITLE), "the maker approved the own draft")
    say(f"a hand-made POST of the maker's own approval: {page.status}, and customers see nothing")


def approve(tour: Tour) -> None:
    """The checker sees what will change and how the phone will show it, and approves"""
    checker = tour.console(BANK, "checker")
    review = checker.review(TITLE)
    check("轮班营业" in review.text, "the review page does not show the text")
    desks = review.links("/preview/desk/")
    check(desks, "the review page has no phone beside it")
    phone = checker.open(checker.open(desks[0]).links("/preview/frame/")[0])
    check(phone.status == 200 and TITLE in phone.text, "the phone preview does not show it")
    say("difference and phone preview show it; customers do not yet")
    checker.answer(review, "approve", comment="同意")
    customer = tour.phone(BANK, CUSTOMER)
    seconds = wait_for(lambda: customer.sees(TITLE), FEED_SECONDS, "the customer does not see it")
    tour.notes["uid"] = customer.titles()[TITLE]
    # Rounded up: asked for by whole seconds, it must not lie before the publication.
    moment = local(timezone.now() + timedelta(seconds=1))
    tour.notes["live"] = moment.strftime("%Y-%m-%dT%H:%M:%S")
    # Nor may it lie behind what the coming steps do.
    wait_for(lambda: timezone.now() > moment, FEED_SECONDS, "the clock stands still")
    say(f"customer {CUSTOMER} of {BANK} sees it after {seconds:.1f} s")


def read_by_its_customers_only(tour: Tour) -> None:
    """Only that bank's customers can read it, and a must-read announcement is confirmed once"""
    others = [tour.phone(slug, CUSTOMER) for slug in tour.slugs if slug != BANK]
    check(not any(told_by(others, TITLE)), "customers of other banks see it")
    say(f"on the phones of the other {len(others)} banks: not there")
    page = tour.phone(OTHER, CUSTOMER, token_of=BANK).get("home")
    check(page.status == 403, f"a token of {BANK} at {OTHER} answers {page.status}")
    say(f"a token of {BANK} shown at {OTHER}: 403 {page.json['code']}")
    customer, path = tour.phone(BANK, CUSTOMER), f"announcements/{tour.notes['uid']}"
    check("轮班营业" in customer.get(path).text, "the text cannot be read")
    first, second = customer.post(f"{path}/read"), customer.post(f"{path}/read")
    check(first.status in {200, 201}, f"the receipt answers {first.status}: {first.text[:200]}")
    check(first.json == second.json, "confirming twice is not the same as once")
    page = tour.console(BANK, "maker").find("announcements/announcement", TITLE)
    check("fx-readers" in page.text, "the console does not show who has read it")
    etag = customer.get("home").headers["etag"]
    check(customer.get("home", **{"If-None-Match": etag}).status == 304, "no 304 for the same home")
    say("read receipt taken once; the console counts it; an unchanged home answers 304")


def withdraw(tour: Tour) -> None:
    """The checker finds a mistake and takes it off at once, with a reason"""
    checker = tour.console(BANK, "checker")
    page = checker.find("announcements/announcement", TITLE)
    checker.press(page, "withdraw-now", reason="日期写错")
    customer = tour.phone(BANK, CUSTOMER)
    seconds = wait_for(lambda: not customer.sees(TITLE), FEED_SECONDS, "it is still shown")
    say(f"gone from the phones after {seconds:.1f} s")
    then = checker.open(f"/admin/publishing/publication/live-at/?at={tour.notes['live']}")
    now = checker.open("/admin/publishing/publication/live-at/")
    check(then.status == now.status == 200, f"live-at answers {then.status}, {now.status}")
    check(TITLE in then.text, "what was live before the withdrawal is not shown")
    check(TITLE not in now.text, "what is live now still names it")
    say(f"what was live at {tour.notes['live'].replace('T', ' ')} still names it; now does not")


def suspend(tour: Tour) -> None:
    """The platform suspends a bank, and opens it again"""
    admin = tour.console("console", "admin")
    admin.press(admin.find("tenants/bank", OTHER), "suspend", reason="演练")
    phone = tour.phone(OTHER, CUSTOMER)
    sentence = "the suspended bank still answers"
    seconds = wait_for(lambda: phone.get("home").status == 503, FEED_SECONDS, sentence)
    problem, page = phone.get("home"), phone._browser().get("/admin/login/")
    check(problem.headers["content-type"] == "application/problem+json", "no problem document")
    check(page.status == 503 and "<html" in page.text, "its console shows no page")
    say(f"after {seconds:.1f} s: API {problem.status} {problem.json['code']}, console a clear page")
    operator = tour.console("console", "operator")
    operator.propose(LATER_TITLE, "<p>今晚系统维护。</p>")
    reviewer = tour.console("console", "compliance_reviewer")
    reviewer.answer(reviewer.review(LATER_TITLE), "approve")
    tour.wait_until_all_see(LATER_TITLE, [slug for slug in tour.slugs if slug != OTHER])
    say("meanwhile the platform published something; all other banks show it")
    admin.press(admin.find("tenants/bank", OTHER), "reopen", reason="演练结束")
    wait_for(lambda: phone.get("home").status == 200, FEED_SECONDS, "it does not come back")
    check(phone.sees(LATER_TITLE), "the reopened bank has not caught up")
    say("opened again: it has caught up")


def verify(tour: Tour) -> None:
    """The audit trail is intact, until somebody changes one row behind the product's back"""

    def unsealed() -> int:
        return sum(chain["unsealed"] for chain in command_json("verify_audit")["chains"])

    began = time.monotonic()
    while waiting := unsealed():
        check(time.monotonic() - began < SEAL_SECONDS, f"{waiting} rows are not sealed")
    done = command_json("verify_audit")
    check(done["intact"], f"verify_audit says {done}")
    say(f"{done['rows']} rows in {len(done['chains'])} chains: intact and sealed")
    schema = Bank.objects.get(slug=BANK).schema_name
    with transaction.atomic(), connection.cursor() as cursor:
        table = f"{connection.ops.quote_name(schema)}.audit_auditevent"
        cursor.execute(
            f"UPDATE {table} SET actor_name = 'nobody' WHERE id = "  # noqa: S608  (quoted)
            f"(SELECT id FROM {table} ORDER BY at LIMIT 1)"
        )
        check(cursor.rowcount == 1, "there is no row to tamper with")
    broken = command("verify_audit", "--bank", BANK)
    check(broken.returncode == 1, f"one row was changed by SQL, and exit is {broken.returncode}")
    say(f"one row changed by SQL: exit 1. {broken.stdout.strip().splitlines()[-1]}")


def stop(tour: Tour) -> None:
    """Ctrl-C stops everything"""
    code = tour.product.stop()
    check(code == 0, f"it ended with {code}: {tour.product.tail()}")
    say("web server, worker and beat have ended")


STEPS: list[Callable[[Tour], None]] = [
    prepare, start, tour_zone.count_adoption, open_bank, upgrade, publish_to_the_province,
    refuse_script, propose, approve, read_by_its_customers_only, withdraw, suspend,
    *tour_faces.STEPS, *tour_province.STEPS, *tour_zone.STEPS, *tour_customers.STEPS,
    *tour_coupons.STEPS, *tour_wallet.STEPS, *tour_counter.STEPS, *tour_gateway.STEPS,
    *tour_campaigns.STEPS, *tour_campaign_events.STEPS, *tour_campaign_books.STEPS,
    verify, stop,
]  # fmt: skip


def run() -> int:
    tour = Tour(Product(), [bank.slug for bank in banks(DEMO_BANKS)])
    began = time.monotonic()
    try:
        for tour.number, step in enumerate(STEPS, start=1):
            sys.stdout.write(f"\n{tour.number:>3}. {step.__doc__}\n")
            sys.stdout.flush()
            step(tour)
    except (TourFailed, LookupError) as failure:
        sys.stdout.write(f"\n  ✗  Step {tour.number}: {failure}\n")
        if tour.product.log.exists():
            sys.stderr.write(f"\nThe product's last lines:\n{tour.product.tail()}\n")
        return 1
    finally:
        tour.product.stop()
    seconds = time.monotonic() - began
    sys.stdout.write(f"\n  ✓  All {len(STEPS)} steps went well, in {seconds:.0f} s.\n")
    return 0
