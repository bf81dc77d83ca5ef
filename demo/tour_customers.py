"""The tour's steps about customers: a file of them, and what one of them was shown."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.browsing import Page
from demo.guide import BANK, CUSTOMER, Tour, say
from demo.stage import Console, check, command
from demo.tour_faces import ADD, TITLE

ROWS, BAD = 5_000, {17: "branch", 1_204: "birth_year", 4_980: "risk_level"}
TAG = "导入·演示"
HEADERS = {
    "customer": "客户号", "branch": "机构号", "birth_year": "出生年份", "groups": "客群",
    "tags": "标签", "risk_level": "风险等级",
}  # fmt: skip
SIZE = "/admin/customers/customer/audience-size/?name=audience"


# --- a file of customers --------------------------------------------------------------------------
def import_a_file(tour: Tour) -> None:
    """A GB18030 file of 5,000 customers with bad rows: good ones land, bad ones come back named"""
    maker = tour.console(BANK, "maker")
    before = _size(maker)
    check(before == 0, f"{before} customers have the tag already")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "客户.csv"
        path.write_bytes(_file().encode("gb18030"))
        done = _import(path)
        good = ROWS - len(BAD)
        check((done["rows"], done["created"]) == (ROWS, good), f"import_customers says {done}")
        check(done["rejected_rows"] == sorted(BAD), f"rejected were {done['rejected_rows']}")
        say(f"{done['created']:,} of {done['rows']:,} rows landed in {done['seconds']} s")
        for reason in done["reasons"]:
            say(f"row {reason['row']}: {reason['reason']}")
        rows = list(csv.DictReader(io.StringIO(Path(done["error_file"]).read_text("utf-8-sig"))))
        check([row["行号"] for row in rows] == [str(row) for row in sorted(BAD)], f"{rows}")
        say(f"the error file has {len(rows)} rows, with 行号 and 错误原因, to be corrected")
        again = _import(path)
        check((again["created"], again["unchanged"]) == (0, good), f"a second time: {again}")
    after = _size(maker)
    check(after == good, f"the form says {after} customers, not {good}")
    say(f"size of the audience “{TAG}” on the ad's form: {before} → {after:,}; again: no change")


def _file() -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADERS.values())
    for row in range(2, ROWS + 2):
        values = {
            "customer": f"T{row:07d}", "branch": f"D{row % 3 + 1}01", "birth_year": 1950 + row % 55,
            "groups": "贷款;社保" if row % 2 else "代发工资", "tags": TAG, "risk_level": "C2",
        }  # fmt: skip
        if row in BAD:
            values[BAD[row]] = "X9"
        writer.writerow(values.values())
    return buffer.getvalue()


def _import(path: Path) -> dict[str, Any]:
    done = command("import_customers", str(path), "--bank", BANK, "--json", quiet=True)
    check(done.returncode == 0, f"import_customers ended with {done.returncode}: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _size(maker: Console) -> int:
    """As the form of an ad asks it, while the audience is being typed."""
    page = maker.open(ADD)
    token = page.form("title", "placement").fields["csrfmiddlewaretoken"]
    typed = {"csrfmiddlewaretoken": token, "audience-more_tags_any": TAG}
    asked = maker.browser.post(SIZE, typed, **{"HX-Request": "true"})
    found = re.search(r"<strong>([\d,]+)</strong>", asked.text)
    check(found, f"the size answers {asked.status}: {asked.text[:200]}")
    assert found is not None
    return int(found[1].replace(",", ""))


# --- a complaint ----------------------------------------------------------------------------------
def answer_a_complaint(tour: Tour) -> None:
    """“Why was I shown this?” The customer's page says what was shown when"""
    checker = tour.console(BANK, "checker")
    listed = checker.open(f"/admin/customers/customer/?q={CUSTOMER}")
    customer = checker.open(listed.links("/change/")[0])
    page = checker.open(customer.links("/shown/")[0])
    check(page.status == 200, f"the history answers {page.status}")
    lines = [line for line in _lines(page) if TITLE in line]
    check(len(lines) == 3, f"the history has {len(lines)} lines of “{TITLE}”, not 3")
    for line in lines:
        say(line)


def _lines(page: Page) -> list[str]:
    rows = re.findall(r'<tr><td class="fx-time">.*?</tr>', page.text, re.DOTALL)
    return [" · ".join(_words(cell) for cell in re.findall(r"<td.*?</td>", row)) for row in rows]


def _words(cell: str) -> str:
    return re.sub(r"<[^>]+>", "", cell).strip()


STEPS: list[Callable[[Tour], None]] = [import_a_file, answer_a_complaint]
