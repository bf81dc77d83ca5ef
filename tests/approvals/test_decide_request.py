from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from approvals import errors
from approvals.models import Decision, Request
from approvals.services import (
    approve_request,
    expire_requests,
    rebase_request,
    send_back_request,
    withdraw_open_requests,
    withdraw_request,
)
from audit.models import AuditEvent
from operators.errors import NotAllowed
from tests.approvals.fake_kind import NAME, FakeKind, submit_fake
from tests.approvals.people import make_operator
from tests.operators.people import make_branch


def events_of(request: Request) -> list[str]:
    trail = AuditEvent.objects.filter(target_id=str(request.pk), target_kind="approvals.request")
    return list(trail.order_by("at").values_list("event", flat=True))


def refused(error: type[Exception], request: Request, verb: Any, **arguments: Any) -> Exception:
    """The verb is refused, and nothing about the request has changed."""
    request.refresh_from_db()
    before, events = request.status, AuditEvent.objects.count()
    with pytest.raises(error) as caught, transaction.atomic():
        verb(request_id=request.pk, **arguments)
    request.refresh_from_db()
    assert (request.status, AuditEvent.objects.count()) == (before, events)
    return caught.value


def test_one_approval_applies_the_change_and_closes_the_request(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker)

    approve_request(actor=checker, request_id=request.pk, comment="fine")

    request.refresh_from_db()
    assert (request.status, fake_kind.applied) == ("approved", [request.pk])
    assert fake_kind.closed == ["approved"]
    decision = Decision.objects.get()
    assert (decision.checker, decision.step, decision.comment) == (checker, 1, "fine")
    assert events_of(request) == ["approvals.request_submitted", "approvals.request_approved"]


def test_two_checkers_are_two_people(
    fake_kind: FakeKind, maker: Any, checker: Any, second_checker: Any
) -> None:
    request = submit_fake(maker, checkers=2)

    approve_request(actor=checker, request_id=request.pk)
    approve_request(actor=checker, request_id=request.pk)
    request.refresh_from_db()
    assert (request.status, fake_kind.applied) == ("pending", [])
    assert list(Request.objects.waiting_for(checker)) == []
    assert list(Request.objects.waiting_for(second_checker)) == [request]

    approve_request(actor=second_checker, request_id=request.pk)

    request.refresh_from_db()
    assert (request.status, fake_kind.applied) == ("approved", [request.pk])
    assert list(request.decisions.values_list("step", "checker_name")) == [(1, "chen"), (2, "qian")]


def test_a_second_approval_by_the_same_checker_answers_what_stands(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker)
    approve_request(actor=checker, request_id=request.pk)

    again = approve_request(actor=checker, request_id=request.pk)

    assert again.status == "approved"
    assert fake_kind.applied == [request.pk]
    assert Decision.objects.count() == 1


def test_another_checker_is_told_that_it_is_decided(
    fake_kind: FakeKind, maker: Any, checker: Any, second_checker: Any
) -> None:
    request = submit_fake(maker)
    approve_request(actor=checker, request_id=request.pk)

    refused(errors.AlreadyDecided, request, approve_request, actor=second_checker)


def test_nobody_approves_their_own_change_whatever_roles_they_hold(
    fake_kind: FakeKind, bank: Any
) -> None:
    everything = make_operator("omar", "maker", "checker", "administrator")
    request = submit_fake(everything)

    refused(errors.OwnChange, request, approve_request, actor=everything)
    refused(errors.OwnChange, request, send_back_request, actor=everything, comment="no")


def test_who_had_a_hand_in_the_change_does_not_check_it(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker, contributors=[checker.pk])

    refused(errors.OwnChange, request, approve_request, actor=checker)


def test_the_database_refuses_a_maker_who_checks(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker)
    fields = {"request": request, "step": 1, "verdict": "approve", "decided_at": timezone.now()}

    with pytest.raises(IntegrityError, match="maker_is_not_checker"), transaction.atomic():
        Decision.objects.create(maker_id=maker.pk, checker=maker, **fields)
    # Naming another maker does not help: it has to be the request's.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="maker_of_request"), transaction.atomic():
        Decision.objects.create(maker_id=checker.pk, checker=maker, **fields)
    assert Decision.objects.count() == 0


def test_a_stale_request_is_not_applied(fake_kind: FakeKind, maker: Any, checker: Any) -> None:
    request = submit_fake(maker)
    fake_kind.digest = "another"

    error = refused(errors.Stale, request, approve_request, actor=checker)

    assert error.code == "stale"
    assert (fake_kind.applied, Decision.objects.count()) == ([], 0)


def test_a_rebased_request_replaces_the_stale_one(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    stale = submit_fake(maker)
    fake_kind.digest = "another"

    new = rebase_request(actor=maker, request_id=stale.pk)

    stale.refresh_from_db()
    assert (stale.status, new.status, new.base_digest) == ("withdrawn", "pending", "another")
    assert (new.replaces, new.payload) == (stale, stale.payload)
    assert events_of(stale) == ["approvals.request_submitted", "approvals.request_rebased"]
    approve_request(actor=checker, request_id=new.pk)
    assert fake_kind.applied == [new.pk]


def test_only_a_stale_request_is_rebased_and_only_by_its_makers(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker)

    refused(errors.NotStale, request, rebase_request, actor=maker)
    fake_kind.digest = "another"
    refused(errors.NotTheMaker, request, rebase_request, actor=checker)


def test_sending_back_needs_a_comment_and_reaches_the_maker(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker)
    refused(errors.CommentRequired, request, send_back_request, actor=checker, comment="  ")

    send_back_request(actor=checker, request_id=request.pk, comment="The date is wrong.")

    request.refresh_from_db()
    assert request.status == "sent_back"
    assert list(Request.objects.sent_back_to(maker)) == [request]
    again = submit_fake(maker)
    assert list(Request.objects.sent_back_to(maker)) == []
    assert again.status == "pending"


def test_a_request_is_withdrawn_by_those_who_made_it_and_nobody_else(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    request = submit_fake(maker)
    refused(errors.NotTheMaker, request, withdraw_request, actor=checker)

    withdraw_request(actor=maker, request_id=request.pk)
    withdraw_request(actor=maker, request_id=request.pk)

    request.refresh_from_db()
    assert request.status == "withdrawn"
    assert events_of(request) == ["approvals.request_submitted", "approvals.request_withdrawn"]
    refused(errors.AlreadyDecided, request, approve_request, actor=checker)


def test_a_change_is_in_review_once(fake_kind: FakeKind, maker: Any) -> None:
    submit_fake(maker)

    with pytest.raises(errors.AlreadyInReview):
        submit_fake(maker)

    assert Request.objects.count() == 1


def test_an_overdue_request_cannot_be_approved_and_expires(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    now = timezone.now()
    overdue = submit_fake(maker, at=now - timedelta(days=14, seconds=1))
    waiting = submit_fake(maker, target="2", at=now - timedelta(days=13))
    refused(errors.Expired, overdue, approve_request, actor=checker)
    assert list(Request.objects.waiting_for(checker)) == [waiting]
    assert list(Request.objects.expiring(now)) == [waiting]

    assert (expire_requests(now), expire_requests(now)) == (1, 0)

    overdue.refresh_from_db()
    assert (overdue.status, overdue.closed_at) == ("expired", now)
    assert events_of(overdue) == ["approvals.request_submitted", "approvals.request_expired"]


def test_a_request_of_a_branch_is_decided_there_or_above(
    fake_kind: FakeKind, maker: Any, checker: Any
) -> None:
    north, south = make_branch("N"), make_branch("S")
    request = submit_fake(maker, branch=north)
    local = make_operator("luo", "branch", branch=south)
    local.groups.first().permissions.add(*permission("approve_publication"))

    assert list(Request.objects.waiting_for(local)) == []
    refused(NotAllowed, request, approve_request, actor=local)
    assert list(Request.objects.waiting_for(checker)) == [request]


def test_a_branch_operator_submits_nothing_for_the_whole_bank(
    fake_kind: FakeKind, bank: Any
) -> None:
    local = make_operator("luo", "branch", branch=make_branch("N"))

    with pytest.raises(NotAllowed):
        submit_fake(local)

    assert Request.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "may"),
    [("administrator", False), ("maker", False), ("checker", True), ("viewer", False)],
)
def test_who_may_decide(fake_kind: FakeKind, maker: Any, role: str, may: bool) -> None:
    request = submit_fake(maker)
    person = make_operator("pei", role)
    assert Request.objects.waiting_for(person).exists() is may

    if may:
        assert approve_request(actor=person, request_id=request.pk).status == "approved"
    else:
        refused(NotAllowed, request, approve_request, actor=person)
        refused(NotAllowed, request, send_back_request, actor=person, comment="no")


def test_an_unknown_request_is_not_found(bank: Any, checker: Any) -> None:
    with pytest.raises(errors.RequestNotFound):
        approve_request(actor=checker, request_id=999)


def test_what_changes_under_review_withdraws_it(fake_kind: FakeKind, maker: Any) -> None:
    request = submit_fake(maker)

    count = withdraw_open_requests(
        actor=maker, kind=NAME, target_kind="tests.fake", target_id="1", reason="edited"
    )

    request.refresh_from_db()
    assert (count, request.status) == (1, "withdrawn")


def test_a_submitter_needs_the_permission_of_the_kind(fake_kind: FakeKind, bank: Any) -> None:
    fake_kind.submit_permission = "announcements.change_announcement"
    viewer = make_operator("vera", "viewer")

    with pytest.raises(NotAllowed):
        submit_fake(viewer)

    assert Request.objects.count() == 0


def permission(codename: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename=codename)
