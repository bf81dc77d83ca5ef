"""Imports side by side and imports that are killed: exact in the end, and never in a deadlock."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from coupons.choices import BatchState
from coupons.models import Batch, Coupon
from coupons.stock import packing
from coupons.stock.importing import AlreadyImported, begin_import, load_batch
from coupons.stock.outcomes import Loaded
from tests.approvals.racing import racing_bank
from tests.coupons.making import live_template, people
from tests.coupons.test_import_rows import csv_file, take_in
from tests.operators.racing import race


class Killed(BaseException):
    pass


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing.RowPacker.slices, "__defaults__", (200,))


def stop_after(rows: int) -> Any:
    def progress(done: int) -> None:
        if done >= rows:
            raise Killed

    return progress


@pytest.mark.django_db(transaction=True)
def test_files_with_the_same_codes_in_any_order_land_each_code_once(tmp_path: Path) -> None:
    codes = [f"CODE{number:05d}" for number in range(3_000)]
    with racing_bank() as bank:
        template = live_template()
        people()
        files = []
        for seed in range(4):
            random.Random(seed).shuffle(codes)
            text = "券码\n" + "\n".join(codes) + "\n"
            files.append(csv_file(tmp_path, text, name=f"{seed}.csv"))

        given = race(bank, [lambda path=path: take_in(template, path) for path in files])

        assert [each for each in given if not isinstance(each, Loaded)] == []
        assert sum(each.imported for each in given) == len(codes)
        assert sum(each.duplicates for each in given) == 3 * len(codes)
        assert Coupon.objects.count() == len(codes)


@pytest.mark.django_db(transaction=True)
def test_one_file_four_times_at_once_becomes_one_batch(tmp_path: Path) -> None:
    text = "券码\n" + "".join(f"CODE{number:05d}\n" for number in range(1_000))
    with racing_bank() as bank:
        template = live_template()
        path = csv_file(tmp_path, text)
        people()

        given = race(bank, [lambda: take_in(template, path)] * 4)

        batch = Batch.objects.get()
        assert (batch.state, batch.count) == (BatchState.LOADED, 1_000)
        assert any(isinstance(each, Loaded) for each in given)
        assert Coupon.objects.count() == 1_000


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_import_is_finished_by_the_same_call(tmp_path: Path) -> None:
    rows = [f"CODE{number:05d},5\n" for number in range(900)]
    rows[250], rows[251], rows[850] = "CODE00001,5\n", "BAD,5\n", "CODE00800,7\n"
    with racing_bank():
        template = live_template()
        path = csv_file(tmp_path, "券码,面额\n" + "".join(rows))
        batch = begin_import(actor=people()[0], template=template, path=path)
        with pytest.raises(Killed):
            load_batch(batch_id=batch.pk, path=path, progress=stop_after(400))
        assert 0 < Coupon.objects.count() < 900
        assert Batch.objects.get().state == BatchState.LOADING

        found = take_in(template, path)

        assert found.batch == batch.pk
        assert (found.rows, found.imported, found.duplicates, found.rejected) == (900, 897, 1, 2)
        assert (found.rejected_rows, found.duplicate_rows) == ([253, 852], [252])
        assert Coupon.objects.count() == 897
        assert "3" in next(each["reason"] for each in found.reasons if each["row"] == 252)
        with pytest.raises(AlreadyImported):
            take_in(template, path)


@pytest.mark.django_db(transaction=True)
def test_all_or_nothing_frees_every_code_again(tmp_path: Path) -> None:
    rows = [f"CODE{number:05d}\n" for number in range(900)]
    with racing_bank():
        template = live_template()
        bad = csv_file(tmp_path, "券码\n" + "".join(rows) + "BAD\n")
        found = take_in(template, bad, all_or_nothing=True)
        assert (found.state, found.imported, found.rejected) == (BatchState.DISCARDED, 0, 1)
        assert Coupon.objects.count() == 0
        assert Batch.objects.get().count == 0

        good = csv_file(tmp_path, "券码\n" + "".join(rows), name="good.csv")
        assert take_in(template, good, all_or_nothing=True).imported == 900
