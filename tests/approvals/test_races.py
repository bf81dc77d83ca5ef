from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from approvals import errors
from approvals.models import Decision, Request
from approvals.services import (
    approve_request,
    expire_requests,
    send_back_request,
    withdraw_request,
)
from audit.models import AuditEvent
from publishing.models import Publication
from publishing.services import current_edition, submit_for_review
from tenants.models import Bank
from tests.approvals.fake_kind import FakeKind, submit_fake
from tests.approvals.people import edit_draft, make_draft, make_operator
from tests.approvals.racing import at_once, racing_bank


@pytest.fixture
def racing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    with django_db_blocker.unblock(), racing_bank() as bank:
        yield bank


def approvals_by(people: list[Any], request: Request) -> list[Any]:
    return [partial(approve_request, actor=person, request_id=request.pk) for person in people]


def test_twenty_approvals_at_once_apply_a_change_once(racing: Bank, fake_kind: FakeKind) -> None:
    maker = make_operator("mia", "maker")
    checkers = [make_operator(f"checker{number}", "checker") for number in range(10)]
    request = submit_fake(maker)

    answers = at_once(racing, *approvals_by(checkers + checkers, request))

    assert fake_kind.applied == [request.pk]
    decision = Decision.objects.get()
    by_winner = [answers[n] for n in range(20) if checkers[n % 10].pk == decision.checker_id]
    others = [answers[n] for n in range(20) if checkers[n % 10].pk != decision.checker_id]
    assert [answer.status for answer in by_winner] == ["approved", "approved"]
    assert [type(answer) for answer in others] == [errors.AlreadyDecided] * 18
    assert AuditEvent.objects.filter(event="approvals.request_approved").count() == 1


def test_twenty_approvals_at_once_fill_two_places(racing: Bank, fake_kind: FakeKind) -> None:
    maker = make_operator("mia", "maker")
    checkers = [make_operator(f"checker{number}", "checker") for number in range(10)]
    request = submit_fake(maker, checkers=2)

    at_once(racing, *approvals_by(checkers + checkers, request))

    assert fake_kind.applied == [request.pk]
    assert sorted(Decision.objects.values_list("step", flat=True)) == [1, 2]
    assert Decision.objects.values("checker").distinct().count() == 2


def test_a_request_ends_in_one_way(racing: Bank, fake_kind: FakeKind) -> None:
    maker = make_operator("mia", "maker")
    checker, other = make_operator("chen", "checker"), make_operator("qian", "checker")
    for number in range(10):
        request = submit_fake(maker, target=str(number))

        at_once(
            racing,
            partial(approve_request, actor=checker, request_id=request.pk),
            partial(send_back_request, actor=other, request_id=request.pk, comment="no"),
            partial(withdraw_request, actor=maker, request_id=request.pk),
            partial(expire_requests, request.expires_at),
        )

        request.refresh_from_db()
        assert request.status != "pending"
        assert (request.pk in fake_kind.applied) is (request.status == "approved")
    closing = AuditEvent.objects.exclude(event="approvals.request_submitted")
    assert closing.filter(event__startswith="approvals.").count() == 10
    assert len(fake_kind.closed) == 10


def test_twenty_submissions_at_once_put_one_request_into_review(
    racing: Bank, fake_kind: FakeKind
) -> None:
    maker = make_operator("mia", "maker")

    answers = at_once(racing, *[partial(submit_fake, maker)] * 20)

    assert Request.objects.count() == 1
    assert sum(isinstance(answer, errors.AlreadyInReview) for answer in answers) == 19


def test_items_approved_at_once_are_all_published(racing: Bank) -> None:
    maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
    drafts = [make_draft(maker, title=f"Notice {number}") for number in range(12)]
    requests = [submit_for_review(actor=maker, draft=draft) for draft in drafts]

    answers = at_once(racing, *[approvals_by([checker], request)[0] for request in requests])

    assert [answer.status for answer in answers] == ["approved"] * 12
    publications = Publication.objects.order_by("number")
    assert [publication.number for publication in publications] == list(range(1, 13))
    times = [publication.published_at for publication in publications]
    assert times == sorted(times)
    items = current_edition().document["items"]
    assert {item["id"] for item in items} == {str(draft.uid) for draft in drafts}


def test_an_edit_and_an_approval_at_once_never_publish_what_was_not_reviewed(racing: Bank) -> None:
    maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
    for number in range(10):
        draft = make_draft(maker, title=f"Notice {number}")
        request = submit_for_review(actor=maker, draft=draft)

        answers = at_once(
            racing,
            partial(edit_in_one, maker, draft, title=f"Changed {number}"),
            partial(approve_request, actor=checker, request_id=request.pk),
        )

        request.refresh_from_db()
        assert not isinstance(answers[0], Exception)
        draft.refresh_from_db()
        assert (draft.title, draft.version) == (f"Changed {number}", 2)
        published = Publication.objects.filter(target_id=draft.uid)
        assert published.count() == (request.status == "approved")
        assert all(publication.title == f"Notice {number}" for publication in published)
        # Whichever came first, the edit still counts as a hand in the next version.
        assert draft.contributors == [maker.pk]


def edit_in_one(*args: Any, **changes: Any) -> Any:
    from django.db import transaction

    with transaction.atomic():
        return edit_draft(*args, **changes)


def test_what_expires_is_expired_once(racing: Bank, fake_kind: FakeKind) -> None:
    maker = make_operator("mia", "maker")
    for number in range(30):
        submit_fake(maker, target=str(number))
    later = timezone.now() + timedelta(days=15)

    counts = at_once(racing, *[partial(expire_requests, later)] * 4)

    assert sum(counts) == 30
    assert AuditEvent.objects.filter(event="approvals.request_expired").count() == 30
