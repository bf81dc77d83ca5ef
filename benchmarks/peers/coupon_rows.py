"""The usual ways to bring coupons into the table: raw COPY, django-import-export, bulk_create."""

from __future__ import annotations

import csv
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import tablib
from django.db import connection
from django.utils import timezone
from import_export.resources import ModelResource

from benchmarks.coupon_stock import batch_of
from benchmarks.harness import seconds
from coupons.models import Batch, Coupon, CouponTemplate
from coupons.stock.codes import Vault

COLUMNS = (
    "batch_id, template_id, row, code_key, secret, face_cents, state, customer_number,"
    " valid_until, terms_version, reference, redeemed_cents, remark"
)
_LONG, _INT = struct.Struct(">iq").pack, struct.Struct(">ii").pack
_EMPTY = struct.pack(">i", 0)


def raw_copy(codes: list[str], template_id: int) -> float:
    """Seconds of one COPY of the codes as they are, nothing checked, nothing encrypted, into a
    table with the same columns, constraints and indexes; what is sent was made before."""
    table = f'"{connection.schema_name}".raw_coupons'
    data = _binary(codes, template_id)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} (LIKE coupons_coupon INCLUDING ALL)")
        found = seconds(lambda: _copy(cursor, table, data))
        if cursor.rowcount != len(codes):
            raise RuntimeError("Not every code was copied.")
        cursor.execute(f"DROP TABLE {table}")
    return found


def _copy(cursor: Any, table: str, data: bytes) -> None:
    with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(data)


def _binary(codes: list[str], template_id: int) -> bytes:
    until = (datetime.now(UTC) - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    head = struct.pack(">h", 13) + _LONG(8, 1) + _LONG(8, template_id)
    middle = _LONG(8, 500) + struct.pack(">i", 7) + b"stocked" + _EMPTY + _LONG(8, until)
    rest = middle + _INT(4, 0) + _EMPTY + _LONG(8, 0) + _EMPTY
    out = bytearray(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    for row, code in enumerate(codes, 2):
        raw = code.encode()
        out += head + _INT(4, row) + struct.pack(">i", 16) + os.urandom(16)
        out += struct.pack(">i", len(raw)) + raw + rest
    return bytes(out + b"\xff\xff")


class CouponResource(ModelResource):
    """As its documentation has it: each row looked up, made and saved."""

    class Meta:
        model = Coupon
        import_id_fields = ["code_key"]
        fields = ("code_key", "row", "batch", "template", "face_cents", "valid_until")

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self._batch, self._vault = batch, Vault()

    def before_import_row(self, row: dict[str, Any], **_options: Any) -> None:
        row["code_key"] = str(self._vault.key_of(row["券码"]))
        row["face_cents"] = round(float(row["面额"]) * 100)
        row["row"] = "1"
        row["batch"], row["template"] = self._batch.pk, self._batch.template_id
        row["valid_until"] = f"{row['失效日期']} 00:00:00"

    def before_save_instance(self, instance: Coupon, row: dict[str, Any], **_options: Any) -> None:
        instance.secret = self._vault.seal(row["券码"])[1]


def by_import_export(path: Path, template: CouponTemplate) -> None:
    data = tablib.Dataset().load(path.read_bytes().decode("gb18030"), format="csv")
    for name in CouponResource.Meta.fields:
        data.append_col([""] * len(data), header=name)
    resource = CouponResource(batch_of(template, len(data)))
    result = resource.import_data(data, raise_errors=True)
    if result.totals["new"] != len(data):
        raise RuntimeError(f"django-import-export did not import every row: {result.totals}")


def by_bulk_create(path: Path, template: CouponTemplate) -> None:
    """The fastest that Django's own means allow."""
    with path.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    batch, vault = batch_of(template, len(rows)), Vault()
    coupons = (_coupon(batch, vault, row, number) for number, row in enumerate(rows, 2))
    Coupon.objects.bulk_create(coupons, batch_size=5000, ignore_conflicts=True)
    if Coupon.objects.filter(batch=batch).count() != len(rows):
        raise RuntimeError("bulk_create did not bring every row.")


def _coupon(batch: Batch, vault: Vault, row: dict[str, str], number: int) -> Coupon:
    until = datetime.fromisoformat(row["失效日期"])
    return Coupon(
        batch=batch, template_id=batch.template_id, row=number, code_key=vault.key_of(row["券码"]),
        secret=vault.seal(row["券码"])[1], face_cents=round(float(row["面额"]) * 100),
        valid_until=timezone.make_aware(until), remark=row["备注"],
    )  # fmt: skip


def by_openpyxl(path: Path) -> None:
    book = openpyxl.load_workbook(path, read_only=True)
    for _row in book.worksheets[0].iter_rows(values_only=True):
        pass
    book.close()
