"""Which rows of a coupon file land, and what is said of those that come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coupons.choices import BatchState
from coupons.models import Batch, Coupon
from coupons.stock.importing import AlreadyImported, begin_import, load_batch
from tests.coupons.making import live_template, people


def take_in(template: Any, path: Path, **options: Any) -> Any:
    batch = begin_import(actor=people()[0], template=template, path=path, **options)
    return load_batch(batch_id=batch.pk, path=path, error_folder=path.parent)


def csv_file(folder: Path, text: str, encoding: str = "gb18030", name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_good_rows_land_and_bad_ones_come_back(bank: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "券码,面额\nAAAA1,5.00\nBB,5\nCCCC1,7.00\nAAAA1,5\nDDDD1,5元\n")
    found = take_in(live_template(), path)

    assert (found.rows, found.imported, found.duplicates, found.rejected) == (5, 2, 1, 2)
    assert (found.rejected_rows, found.duplicate_rows) == ([3, 4], [5])
    assert found.total_cents == 1000
    batch = Batch.objects.get(pk=found.batch)
    assert (batch.state, batch.count, batch.total_cents) == (BatchState.LOADED, 2, 1000)
    assert sorted(Coupon.objects.filter(batch=batch).values_list("row", flat=True)) == [2, 6]
    assert "2" in found.reasons[2]["reason"]


def test_the_same_file_is_not_taken_in_twice(bank: Any, tmp_path: Path) -> None:
    template = live_template()
    path = csv_file(tmp_path, "券码\nAAAA1\n")
    first = take_in(template, path)

    with pytest.raises(AlreadyImported) as refused:
        take_in(template, path)
    assert refused.value.batch.pk == first.batch
