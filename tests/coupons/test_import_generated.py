"""Coupons made here: as many as were asked for, unguessable, and no more after an interruption."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from coupons.choices import BatchState
from coupons.errors import BatchRefused
from coupons.models import Batch, Coupon
from coupons.stock import generating, loading
from coupons.stock.codes import Vault
from coupons.stock.generating import LETTERS, generate_batch, load_generated, random_letters
from tests.coupons.making import live_template, people


def codes_of(batch: Batch) -> list[str]:
    vault = Vault()
    rows = Coupon.objects.filter(batch=batch).values_list("code_key", "secret")
    return [vault.open(key, bytes(secret)).code for key, secret in rows]


def test_codes_have_the_prefix_the_length_and_no_letters_that_look_alike(bank: Any) -> None:
    batch = generate_batch(
        actor=people()[0], template=live_template(), count=500, prefix="FX-", length=18
    )
    found = load_generated(batch_id=batch.pk)

    batch.refresh_from_db()
    assert (found.imported, batch.state, batch.count) == (500, BatchState.LOADED, 500)
    assert batch.total_cents == 500 * 500
    codes = codes_of(batch)
    assert len(set(codes)) == 500
    assert all(code.startswith("FX-") and len(code) == 18 for code in codes)
    assert not set("".join(codes).replace("FX-", "")) & set("01OIJL")


def test_an_interrupted_generation_goes_on_where_it_stopped(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generating, "SLICE_ROWS", 100)
    batch = generate_batch(actor=people()[0], template=live_template(), count=450)

    def stop(done: int) -> None:
        if done >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_generated(batch_id=batch.pk, progress=stop)
    batch.refresh_from_db()
    assert (batch.state, Coupon.objects.filter(batch=batch).count()) == ("loading", batch.count)

    assert load_generated(batch_id=batch.pk).imported == 450
    assert len(set(codes_of(batch))) == 450


def test_a_code_that_is_there_already_is_made_anew(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter(["A" * 16 + "B" * 16 + "A" * 16, "C" * 16, "D" * 16])
    batch = generate_batch(actor=people()[0], template=live_template(), count=3)
    monkeypatch.setattr(
        generating, "random_letters", lambda _from, size: next(draws) if size else ""
    )
    assert load_generated(batch_id=batch.pk).imported == 3
    assert sorted(code[0] for code in codes_of(batch)) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ({"count": 0}, "5,000,000"),
        ({"count": 5_000_001}, "5,000,000"),
        ({"count": 5_000_000, "length": 8}, "guess"),
        ({"prefix": "券"}, "prefix"),
        ({"length": 65}, "64"),
        ({"face_cents": 501}, "5.00"),
    ],
)
def test_what_cannot_be_made_is_refused(bank: Any, wanted: dict[str, Any], word: str) -> None:
    from django.utils.translation import override

    with override("en"), pytest.raises(BatchRefused, match=word):
        generate_batch(actor=people()[0], template=live_template(), **{"count": 10} | wanted)


def test_codes_match_the_pattern_of_the_template_or_are_not_made(bank: Any) -> None:
    maker, template = people()[0], live_template(code_pattern="[0-9]{16,20}")
    with pytest.raises(BatchRefused):
        generate_batch(actor=maker, template=template, count=10)
    batch = generate_batch(actor=maker, template=template, count=10, digits_only=True)
    load_generated(batch_id=batch.pk)
    assert all(code.isdigit() for code in codes_of(batch))


def test_every_letter_is_as_likely_as_every_other() -> None:
    counted = Counter(random_letters(LETTERS, 300_000))
    assert set(counted) == set(LETTERS)
    assert max(counted.values()) / min(counted.values()) < 1.1


def test_what_is_loaded_cannot_be_loaded_twice(bank: Any) -> None:
    batch = generate_batch(actor=people()[0], template=live_template(), count=3)
    assert load_generated(batch_id=batch.pk).imported == 3
    assert load_generated(batch_id=batch.pk).imported == 3
    assert Coupon.objects.filter(batch=batch).count() == 3
    assert loading.loading_lock(batch.pk)
