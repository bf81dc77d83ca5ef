"""What a coupon file costs on its way to an approved batch, encryption, every check and the second
person included: against a raw COPY of the plain codes, against stock django-import-export, against
bulk_create; and the memory of the process that does it."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib.auth.models import Group
from django.db import connections
from django_tenants.utils import tenant_context
from openpyxl import Workbook

from benchmarks.coupon_stock import live_template
from benchmarks.harness import Wanted, seconds
from benchmarks.peers import coupon_rows
from coupons.models import CouponTemplate
from coupons.stock.direct import Order, carry_out
from intake.opening import opened
from operators.models import Operator
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {
    "coupon_import.vs_raw_copy": Wanted(at_most=2.5, hoped=1.8),
    "coupon_import.vs_import_export": Wanted(at_least=40),
    "coupon_import.vs_bulk_create": Wanted(at_least=2),
    "coupon_import.peak_mb": Wanted(at_most=300),
    "coupon_import.memory_growth": Wanted(at_most=1.2),
    "coupon_import.xlsx_vs_openpyxl": Wanted(at_most=0.25),
}
ROWS = int(os.environ.get("COUPON_IMPORT_ROWS", "1000000"))
FEW_ROWS = ROWS // 10
EXPORT_ROWS, BULK_ROWS, SHEET_ROWS = 20_000, 100_000, 100_000
ROUNDS, SHEET_ROUNDS = 3, 3
HEADERS = ("券码", "面额", "生效日期", "失效日期", "备注")
TEMPLATE = "TOPUP"


def figures() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = (_file(folder, rows) for rows in (ROWS, FEW_ROWS))
        raw, ours = _against_raw_copy(large)
        slow, bulk = _peers(folder)
        peak, peak_of_few = _peak_mb(large), _peak_mb(small)
        own_sheet, openpyxl_sheet = _sheets(folder)
    return {
        "coupon_import.vs_raw_copy": ours / raw,
        "coupon_import.vs_import_export": slow / (ours / ROWS),
        "coupon_import.vs_bulk_create": bulk / (ours / ROWS),
        "coupon_import.peak_mb": peak,
        "coupon_import.memory_growth": peak / peak_of_few,
        "coupon_import.xlsx_vs_openpyxl": own_sheet / openpyxl_sheet,
        "coupon_import.rows_per_second": ROWS / ours,
    }


# --- against the database -------------------------------------------------------------------------
def _against_raw_copy(path: Path) -> tuple[float, float]:
    """Turn about, each round in a bank of its own: both begin with an empty table."""
    raw, ours = [], []
    for _round in range(ROUNDS):
        with tenant_context(_bank()):
            template = _template()
            raw.append(coupon_rows.raw_copy(_codes(path), template.pk))
            ours.append(seconds(partial(_import, path)))
        print(f"  raw COPY {raw[-1]:.1f} s, import {ours[-1]:.1f} s", file=sys.stderr)
    return median(raw), median(ours)


def _import(path: Path) -> None:
    """From the file to the approved batch."""
    carried = carry_out(Order(TEMPLATE, path, maker="bench-maker", checker="bench-checker"))
    found = carried.loaded
    if (found.state, found.imported) != ("live", found.rows) or not found.rows:
        raise RuntimeError(f"The file did not become a live batch: {carried}")


def _peers(folder: Path) -> tuple[float, float]:
    """Seconds a row."""
    with tenant_context(_bank()):
        template = _template()
        few, many = _file(folder, EXPORT_ROWS, 1), _file(folder, BULK_ROWS, 2)
        exported = seconds(lambda: coupon_rows.by_import_export(few, template))
        bulk = seconds(lambda: coupon_rows.by_bulk_create(many, template))
    return exported / EXPORT_ROWS, bulk / BULK_ROWS


def _bank() -> Bank:
    number = Bank.objects.count()
    bank = provision_bank(slug=f"import-{number}", name=f"Bank {number}")
    with tenant_context(bank):
        for role in ("maker", "checker"):
            person = Operator.objects.create_user(f"bench-{role}", None, name=role)
            person.groups.set(Group.objects.filter(name=role))
    return bank


def _template() -> CouponTemplate:
    until = datetime.now(UTC) + timedelta(days=900)
    return live_template(TEMPLATE, code_pattern="[0-9]{16,20}", valid_until=until)


# --- memory ---------------------------------------------------------------------------------------
def _peak_mb(path: Path) -> float:
    """Of a process that imports the file and does nothing else."""
    bank = _bank()
    with tenant_context(bank):
        _template()
    command = [sys.executable, "-m", "benchmarks.peers.coupon_importer"]
    options = ["--bank", bank.slug, "--template", TEMPLATE, "--json"]
    people = ["--maker", "bench-maker", "--checker", "bench-checker"]
    url = urlsplit(os.environ["DATABASE_URL"])
    name = quote(str(connections.settings["default"]["NAME"]))
    given = {**os.environ, "DATABASE_URL": url._replace(path=f"/{name}").geturl()}
    found = subprocess.run(
        [*command, str(path), *options, *people],
        check=True, capture_output=True, text=True, env=given,
    )  # fmt: skip
    return float(found.stdout.splitlines()[-1])


# --- workbooks ------------------------------------------------------------------------------------
def _sheets(folder: Path) -> tuple[float, float]:
    path = folder / "codes.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in _rows(SHEET_ROWS, 3):
        sheet.append([row[0], 5, datetime.fromisoformat(row[2]), row[3], row[4]])
    book.save(path)
    own, peer = [], []
    for _round in range(SHEET_ROUNDS):
        own.append(seconds(lambda: _read(path)))
        peer.append(seconds(lambda: coupon_rows.by_openpyxl(path)))
    return median(own), median(peer)


def _read(path: Path) -> None:
    with opened(path) as (table, _digest):
        if sum(1 for _row in table.records) != SHEET_ROWS - 1:  # the first one stands as header
            raise RuntimeError("Not every row of the workbook was read.")


# --- files ----------------------------------------------------------------------------------------
def _file(folder: Path, rows: int, seed: int = 0) -> Path:
    path = folder / f"{rows}-{seed}.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(_rows(rows, seed))
    return path


def _rows(count: int, seed: int) -> Iterator[list[str]]:
    chance = random.Random(seed)
    today = datetime.now(UTC)
    days = [f"{today + timedelta(days=100 + each):%Y-%m-%d}" for each in range(360)]
    for number in range(count):
        code = f"{chance.randrange(10**15, 10**16)}{number % 10_000:04d}"
        yield [code, "5.00", f"{today:%Y-%m-%d}", chance.choice(days), "话费充值活动"]


def _codes(path: Path) -> list[Any]:
    with path.open(encoding="gb18030", newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]
