"""Many servers tell of the same money at the same moment."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fuxiang_zone.campus import parents
from fuxiang_zone.campus.choices import NoticeKind
from fuxiang_zone.campus.errors import LinkRefused
from fuxiang_zone.campus.models import Bill, Payment, SchoolKey
from fuxiang_zone.campus.notices import Notice, take_notice
from tests.approvals.racing import at_once, racing_bank
from tests.fuxiang_zone.campus.making import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def notice(bill: Bill, number: str, refund_of: str = "") -> Notice:
    kind = NoticeKind.REFUND if refund_of else NoticeKind.PAYMENT
    return Notice(kind, number, str(bill.uid), bill.amount_cents, bill.changed_at, refund_of)


def test_each_bill_is_paid_once_whoever_comes_first(tmp_path: Path) -> None:
    with racing_bank() as bank:
        cast = Cast(tmp_path)
        one, two, three = cast.collect()
        cast.system()
        key = SchoolKey.objects.get()
        taken: Any = partial(take_notice, key=key, at=timezone.now())

        same = at_once(bank, *[partial(taken, notice=notice(one, "P1"))] * 12)
        others = at_once(bank, *[partial(taken, notice=notice(two, f"Q{n}")) for n in range(12)])
        crossed = at_once(
            bank,
            *[partial(taken, notice=notice(three, "T1"))] * 6,
            *[partial(taken, notice=notice(three, f"R{n}", "T1")) for n in range(6)],
        )

        assert [answer.outcome for answer in same] == ["paid"] * 12
        assert sum(not answer.replayed for answer in same) == 1
        assert sorted(answer.outcome for answer in others) == ["already_paid"] * 11 + ["paid"]
        assert not [each for each in crossed if isinstance(each, Exception)]
        assert list(Bill.objects.order_by("pk").values_list("state", flat=True)) == [
            "paid", "paid", "refunded",
        ]  # fmt: skip
        refunds = Payment.objects.filter(kind="refund").values_list("outcome", flat=True)
        assert sorted(refunds) == ["already_refunded"] * 5 + ["refunded"]


def test_guesses_of_a_name_end_at_five_a_day(tmp_path: Path) -> None:
    with racing_bank() as bank:
        Cast(tmp_path)
        guess = partial(
            parents.link_student, customer_number="C1", school_code="XX-1", number="S001", name="?"
        )

        refusals = at_once(bank, *[guess] * 12)

        assert all(isinstance(each, LinkRefused) for each in refusals)
        codes = sorted(each.code_text for each in refusals)
        assert codes == ["student_not_found"] * 5 + ["too_many_tries"] * 7
