"""The tour's steps about coupons: files of codes, and their review."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

from demo import codes
from demo.browsing import Filling, Page
from demo.guide import COUPON_BANK, Tour, say
from demo.stage import Console, check, command_json, wait_for
from demo.tour_wallet import FACE, KEEPER, PAYER, TOPUP, VOUCHER, claim, refused

BATCH, FILE = "话费券码（演示）", "话费券码.csv"
BATCHES, WIZARD = "coupons/batch", "/admin/coupons/batch/import/"
JOB_SECONDS = 120
REASONS_SHOWN = 6


# --- a file of codes ------------------------------------------------------------------------------
def import_codes(tour: Tour) -> None:
    """The maker uploads a GB18030 file of 20,000 coupon codes; a worker loads it"""
    maker = tour.console(COUPON_BANK, "maker")
    page = upload_codes(maker, codes.file_of_codes())
    form = columns_form(page)
    asked = maker.browser.submit(page, form)
    check(asked.status == 400, f"an unknown column is skipped unasked: {asked.status}")
    say(f"column “{codes.UNKNOWN}”: {field_error(asked)}")
    page = maker.browser.submit(page, columns_form(page), agreed="on")
    job = finished_job(maker, page)
    rows, landed, yuan, duplicates, rejected = facts_of(job)
    found = [rows[1], landed[1], duplicates[1], rejected[1]]
    wanted = [codes.ROWS, codes.GOOD, len(codes.DUPLICATES), len(codes.REJECTED)]
    check(found == [f"{number:,}" for number in wanted], f"the job says {found}, not {wanted}")
    check(yuan[1] == f"{codes.GOOD * FACE / 100:,.2f}", f"the job says {yuan}")
    say(" · ".join(f"{label} {value}" for label, value in facts_of(job)))
    _error_file(maker, job)
    tour.notes["batch"] = next(
        link for link in job.links("/admin/coupons/batch/") if link.endswith("/change/")
    )


def upload_codes(maker: Console, data: bytes) -> Page:
    """The first page of the wizard; the page that answers."""
    page = maker.open(WIZARD)
    values: dict[str, Filling] = {"template": template_of(page, TOPUP), "name": BATCH}
    fields = dict(page.form("template", "policy").filled(values))
    answer = maker.browser.upload(WIZARD, fields, FILE, data)
    check(answer.status == 200, f"the upload answers {answer.status}: {answer.refusal()}")
    return answer


def columns_form(page: Page) -> Any:
    return page.form("csrfmiddlewaretoken", "column_0")


def template_of(page: Page, code: str) -> str:
    """What its entry in the list of templates sends."""
    found = re.search(rf'<option value="(\d+)"[^>]*>[^<]*\({code}\)', page.text)
    check(found, f"the template {code} is not offered")
    assert found is not None
    return found[1]


def field_error(page: Page) -> str:
    found = re.search(r'class="fx-field-error"[^>]*>([^<]+)<', page.text)
    return unescape(found[1]).strip() if found else page.refusal()


def finished_job(operator: Console, page: Page) -> Page:
    """The page of the job once the worker has done it."""
    check("/admin/intake/job/" in page.address, f"no job: {page.status} {field_error(page)}")
    wait_for(
        lambda: 'data-open="no"' in operator.open(page.address).text,
        JOB_SECONDS, "the job does not end",
    )  # fmt: skip
    done = operator.open(page.address)
    check("fx-refusal" not in done.text, f"the job has failed: {done.refusal()}")
    return done


def facts_of(page: Page) -> list[tuple[str, str]]:
    found = re.search(r'<dl class="[^"]*fx-job-facts">(.*?)</dl>', page.text, re.DOTALL)
    check(found, f"{page.address} tells no figures")
    assert found is not None
    return re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", found[1])


def _error_file(maker: Console, job: Page) -> None:
    files = [maker.open(link).text for link in job.links("/intake/job/files/")]
    table = next(text for text in files if text.startswith("\ufeff"))
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    wanted = sorted([*codes.REJECTED, *codes.DUPLICATES])
    check([int(row["行号"]) for row in rows] == wanted, f"the error file has {rows}, not {wanted}")
    say(f"the error file has {len(rows)} rows, as .csv and as .xlsx:")
    for row in rows[:REASONS_SHOWN]:
        say(f"  {row['行号']}: {row['错误原因']}")


# --- its review -----------------------------------------------------------------------------------
def approve_codes(tour: Tour) -> None:
    """The maker submits the batch and cannot approve it; the checker sees the totals and does"""
    maker, checker = (tour.console(COUPON_BANK, name) for name in ("maker", "checker"))
    maker.press(maker.open(tour.notes["batch"]), "submit", note="请复核")
    refuse_own_approval(maker)
    early = claim(tour.phone(COUPON_BANK, KEEPER), TOPUP, "before")
    say(f"claimed before it is approved: {refused(early, 'out_of_stock')}")
    review = checker.review(BATCH, "waiting")
    check(f"{codes.GOOD:,}" in review.text, "the review page does not show the totals")
    checker.answer(review, "approve", comment="同意")
    page = checker.open(tour.notes["batch"])
    check(page.links("/freeze/"), "the batch is not live")
    say(f"approved: {codes.GOOD:,} coupons of {codes.GOOD * FACE / 100:,.2f} yuan are in stock")


def refuse_own_approval(maker: Console) -> None:
    review = maker.review(BATCH)
    check(not any("/approve/" in form.action for form in review.forms()), "offered to the maker")
    token = review.form("csrfmiddlewaretoken").fields["csrfmiddlewaretoken"]
    address = review.address.partition("change/")[0]
    page = maker.browser.post(f"{address}approve/", {"csrfmiddlewaretoken": token, "comment": ""})
    check(page.status in {403, 409}, f"the maker's hand-made approval answers {page.status}")
    say(f"the maker's own approval, made by hand: {page.status}")


def import_them_again(tour: Tour) -> None:
    """The same file again, by the console and by command: nothing is imported twice"""
    maker, data = tour.console(COUPON_BANK, "maker"), codes.file_of_codes()
    page = upload_codes(maker, data)
    page = maker.browser.submit(page, columns_form(page), agreed="on")
    check(page.status == 400 and page.refusal(), f"the console answers {page.status}")
    say(page.refusal())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_bytes(data)
        words = ("import_coupons", str(path), "--bank", COUPON_BANK, "--template", TOPUP)
        done = command_json(*words)
    check(done["imported"] == 0, f"import_coupons imported {done['imported']}")
    say(f"import_coupons: {done['imported']} imported, {done['duplicates']:,} duplicates")


def import_by_command(tour: Tour) -> None:
    """A command imports vouchers of another template, in UTF-16, one of them for a customer"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "代金券.csv"
        path.write_bytes(codes.file_of_vouchers(PAYER))
        words = ("import_coupons", str(path), "--bank", COUPON_BANK, "--template", VOUCHER)
        told = command_json(*words, "--maker", "maker", "--checker", "checker")
    found = (told["imported"], told["rejected_rows"], told["state"])
    check(found == (codes.VOUCHERS, [], "live"), f"import_coupons says {told}")
    say(f"{told['imported']} vouchers landed and are approved: maker and checker were named")


STEPS: list[Callable[[Tour], None]] = [
    import_codes, approve_codes, import_them_again, import_by_command,
]  # fmt: skip
