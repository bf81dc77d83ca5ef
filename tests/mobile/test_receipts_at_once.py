from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from announcements.models import ReadReceipt
from announcements.services import record_read
from tests.approvals.people import make_draft, make_operator, publish
from tests.approvals.racing import at_once, racing_bank
from tests.mobile.phones import Phone

AT_ONCE = 50


@pytest.mark.django_db(transaction=True)
def test_fifty_confirmations_at_once_leave_one_receipt_each() -> None:
    with racing_bank() as bank:
        maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
        draft = make_draft(maker, must_read=True)
        publish(maker, checker, draft)

        answers = at_once(
            bank,
            *[
                lambda number=number: Phone("racing", f"C{number % 2}").read(draft.uid)
                for number in range(AT_ONCE)
            ],
        )

        assert [answer.status_code for answer in answers] == [200] * AT_ONCE
        assert sorted(ReadReceipt.objects.values_list("customer_number", flat=True)) == ["C0", "C1"]
        assert len({answer.json()["read_at"] for answer in answers}) == 2


def test_the_first_receipt_stays(bank: Any) -> None:
    uid, first = uuid4(), timezone.now()

    def read(at: datetime, version: int) -> datetime:
        return record_read(
            announcement_uid=uid, must_read=True, version=version, customer_number="C1", at=at
        )

    assert read(first, 1) == first
    assert read(timezone.now(), 2) == first
    assert ReadReceipt.objects.get().publication_version == 1
