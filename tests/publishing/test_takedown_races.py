"""What happens at once: real threads, real commits, on a bank of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from approvals import services as approvals
from approvals.errors import AlreadyDecided, Expired, Stale
from approvals.models import Request
from publishing import errors, takedowns, withdrawals
from publishing.models import Publication
from publishing.services import current_edition, submit_for_review
from tenants.models import Bank
from tests.approvals.people import edit_draft, make_draft, make_operator, publish
from tests.approvals.racing import at_once, racing_bank

KIND = "announcement"
ROUNDS = 6


@pytest.fixture
def racing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    with django_db_blocker.unblock(), racing_bank() as bank:
        yield bank


@pytest.fixture
def cast(racing: Bank) -> tuple[Any, Any, Any]:
    return (
        make_operator("mia", "maker"),
        make_operator("chen", "checker"),
        make_operator("qian", "checker"),
    )


def live(maker: Any, checker: Any, title: str) -> Any:
    draft = make_draft(maker, title=title)
    publish(maker, checker, draft)
    return draft


def is_live(draft: Any) -> bool:
    return any(item["id"] == str(draft.uid) for item in current_edition().document["items"])


def down(actor: Any, draft: Any) -> Request:
    takedowns.withdraw_now(actor=actor, kind=KIND, target_id=draft.uid, reason="wrong")
    return Request.objects.filter(kind="takedown").latest("pk")


def next_version(maker: Any, draft: Any, title: str) -> Request:
    draft.refresh_from_db()
    with transaction.atomic():
        edit_draft(maker, draft, title=title)
    return submit_for_review(actor=maker, draft=draft)


def test_undo_confirmation_and_objection_at_once_end_in_one_way(racing: Bank, cast: Any) -> None:
    maker, checker, other = cast
    third = make_operator("sun", "checker")
    ways = set()
    for number in range(ROUNDS):
        draft = live(maker, checker, f"Notice {number}")
        request = down(checker, draft)

        answers = at_once(
            racing,
            partial(takedowns.undo_takedown, actor=checker, request_id=request.pk),
            partial(approvals.approve_request, actor=other, request_id=request.pk),
            partial(
                approvals.send_back_request, actor=third, request_id=request.pk, comment="right"
            ),
        )

        request.refresh_from_db()
        ways.add(request.status)
        assert sum(isinstance(answer, AlreadyDecided) for answer in answers) == 2, answers
        assert is_live(draft) is (request.status != "approved")
        restored = Publication.objects.filter(target_id=draft.uid, action="roll_back")
        assert restored.count() == (request.status != "approved")
    assert ways <= {"withdrawn", "approved", "sent_back"}


def test_undo_and_expiry_at_once(racing: Bank, cast: Any) -> None:
    maker, checker, _other = cast
    for number in range(ROUNDS):
        draft = live(maker, checker, f"Notice {number}")
        request = down(checker, draft)
        later = request.expires_at + timedelta(seconds=1)

        at_once(
            racing,
            partial(takedowns.undo_takedown, actor=checker, request_id=request.pk),
            partial(approvals.expire_requests, later),
        )

        request.refresh_from_db()
        assert request.status in {"withdrawn", "expired"}
        assert is_live(draft) is (request.status == "withdrawn")


def test_a_take_down_and_the_approval_of_a_next_version_at_once(racing: Bank, cast: Any) -> None:
    """Whichever comes first: after both, no version that was meant to be off is on."""
    maker, checker, other = cast
    for number in range(ROUNDS):
        draft = live(maker, checker, f"Notice {number}")
        request = next_version(maker, draft, f"Changed {number}")

        answers = at_once(
            racing,
            partial(down, checker, draft),
            partial(approvals.approve_request, actor=other, request_id=request.pk),
        )

        assert not isinstance(answers[0], Exception), answers[0]
        versions = Publication.objects.filter(target_id=draft.uid).order_by("version")
        approved_first = not isinstance(answers[1], Exception)
        assert isinstance(answers[1], Stale) is not approved_first
        assert [row.action for row in versions] == (
            ["publish", "publish", "withdraw"] if approved_first else ["publish", "withdraw"]
        )
        assert not is_live(draft)
        taken = answers[0].payload["taken_down"]
        assert taken["restores"] == (2 if approved_first else 1)


def test_an_objection_and_a_newer_version_at_once_never_leave_the_older_on_top(
    racing: Bank, cast: Any
) -> None:
    maker, checker, other = cast
    for number in range(ROUNDS):
        draft = live(maker, checker, f"Notice {number}")
        review = down(checker, draft)
        request = next_version(maker, draft, f"Right {number}")

        answers = at_once(
            racing,
            partial(
                approvals.send_back_request, actor=other, request_id=review.pk, comment="right"
            ),
            partial(approvals.approve_request, actor=checker, request_id=request.pk),
        )

        newest = Publication.objects.latest_of(draft.uid)
        assert newest is not None
        assert not isinstance(answers[0], Exception), answers[0]
        if isinstance(answers[1], Exception):
            assert isinstance(answers[1], Stale)
            assert newest.title == f"Notice {number}"
        else:
            assert newest.title == f"Right {number}"


def test_ten_take_downs_at_once_are_one(racing: Bank, cast: Any) -> None:
    maker, checker, other = cast
    draft = live(maker, checker, "Notice")

    answers = at_once(racing, *[partial(down, who, draft) for who in (checker, other) * 5])

    assert sum(isinstance(answer, errors.NotPublished) for answer in answers) == 9
    assert Publication.objects.filter(action="withdraw").count() == 1
    assert Request.objects.filter(kind="takedown").count() == 1


def test_requests_for_the_same_pieces_at_once_share_none(racing: Bank, cast: Any) -> None:
    maker, checker, _other = cast
    drafts = [live(maker, checker, f"Notice {number}") for number in range(6)]
    makers = [maker, *(make_operator(f"maker{number}", "maker") for number in range(5))]
    chosen = [[(KIND, draft.uid) for draft in (drafts[n], drafts[(n + 1) % 6])] for n in range(6)]

    answers = at_once(
        racing,
        *[
            partial(withdrawals.request_withdrawals, actor=who, targets=pair)
            for who, pair in zip(makers, chosen, strict=True)
        ],
    )

    asked = [
        item["id"]
        for request in Request.objects.filter(kind="bulk_withdrawal")
        for item in request.payload["items"]
    ]
    assert sorted(asked) == sorted(str(draft.uid) for draft in drafts)
    assert all(isinstance(a, Request | errors.NothingChosen) for a in answers), answers


def test_approvals_of_several_and_of_one_at_once_take_each_off_once(
    racing: Bank, cast: Any
) -> None:
    maker, checker, other = cast
    for number in range(ROUNDS):
        drafts = [live(maker, checker, f"Notice {number}-{n}") for n in range(4)]
        several = withdrawals.request_withdrawals(
            actor=maker, targets=[(KIND, draft.uid) for draft in drafts]
        )

        answers = at_once(
            racing,
            partial(approvals.approve_request, actor=checker, request_id=several.pk),
            partial(approvals.approve_request, actor=other, request_id=several.pk),
            partial(down, other, drafts[0]),
        )

        off = Publication.objects.filter(
            target_id__in=[draft.uid for draft in drafts], action="withdraw"
        )
        approved = any(isinstance(a, Request) and a.kind == "bulk_withdrawal" for a in answers)
        assert off.count() == (4 if approved else 1)
        assert not is_live(drafts[0])
        expected = AlreadyDecided | Stale | errors.NotPublished | Expired | Request
        assert all(isinstance(answer, expected) for answer in answers), answers
