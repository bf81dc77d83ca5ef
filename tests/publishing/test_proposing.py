from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from approvals.errors import AlreadyInReview
from approvals.models import Request
from approvals.services import approve_request, rebase_request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing import errors
from publishing.models import Publication
from publishing.services import (
    current_edition,
    request_rollback,
    request_withdrawal,
    submit_for_review,
    withdraw_now,
)
from tests.approvals.people import edit_draft, make_draft, make_operator, publish
from tests.operators.people import make_branch

KIND = "announcement"


def refused(error: type[Exception], verb: Any, **arguments: Any) -> None:
    before = Request.objects.count(), Publication.objects.count(), AuditEvent.objects.count()
    with pytest.raises(error), transaction.atomic():
        verb(**arguments)
    after = Request.objects.count(), Publication.objects.count(), AuditEvent.objects.count()
    assert after == before


def titles() -> list[str]:
    return [item["title"] for item in current_edition().document["items"]]


# --- submitting -----------------------------------------------------------------------------------
def test_what_is_reviewed_is_published_to_the_letter(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    request = submit_for_review(actor=maker, draft=draft, note="please")
    # Past every service, as only a fault could do it.
    type(draft).objects.filter(pk=draft.pk).update(title="Never reviewed")

    approve_request(actor=checker, request_id=request.pk)

    assert titles() == ["Maintenance tonight"]


def test_an_empty_title_is_refused(maker: Any) -> None:
    refused(errors.EmptyTitle, submit_for_review, actor=maker, draft=make_draft(maker, title="  "))


def test_a_period_that_has_ended_is_refused(maker: Any) -> None:
    now = timezone.now()
    draft = make_draft(maker, starts_at=now - timedelta(days=2), ends_at=now - timedelta(minutes=1))

    refused(errors.PeriodRefused, submit_for_review, actor=maker, draft=draft)


def test_a_period_that_ends_during_the_review_is_not_published(maker: Any, checker: Any) -> None:
    now = timezone.now()
    draft = make_draft(maker, ends_at=now + timedelta(hours=1))
    request = submit_for_review(actor=maker, draft=draft)

    refused(
        errors.PeriodRefused,
        approve_request,
        actor=checker,
        request_id=request.pk,
        at=now + timedelta(hours=2),
    )


def test_what_is_published_already_is_not_reviewed_again(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    refused(errors.NothingChanged, submit_for_review, actor=maker, draft=draft)


def test_a_draft_is_in_review_once(maker: Any) -> None:
    draft = make_draft(maker)
    submit_for_review(actor=maker, draft=draft)

    refused(AlreadyInReview, submit_for_review, actor=maker, draft=draft)


def test_another_branchs_draft_is_not_submitted(maker: Any) -> None:
    north, south = make_branch("N"), make_branch("S")
    local = make_operator("luo", "branch", branch=south)

    refused(NotAllowed, submit_for_review, actor=local, draft=make_draft(maker, branch=north))


@pytest.mark.parametrize(
    ("role", "may"),
    [("administrator", False), ("maker", True), ("checker", False), ("viewer", False)],
)
def test_who_may_submit(maker: Any, role: str, may: bool) -> None:
    draft, person = make_draft(maker), make_operator("pei", role)

    if may:
        assert submit_for_review(actor=person, draft=draft).maker == person
    else:
        refused(NotAllowed, submit_for_review, actor=person, draft=draft)


def test_content_that_moves_to_another_branch_is_decided_above_both(
    maker: Any, checker: Any
) -> None:
    north, south = make_branch("N"), make_branch("S")
    draft = make_draft(maker, branch=north)
    publish(maker, checker, draft)
    draft.refresh_from_db()

    request = submit_for_review(actor=maker, draft=edit_draft(maker, draft, branch=south))

    assert request.branch_path == ""
    approve_request(actor=checker, request_id=request.pk)
    assert Publication.objects.first().branch_path == south.path


# --- editing --------------------------------------------------------------------------------------
def test_editing_a_draft_under_review_withdraws_the_request(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    request = submit_for_review(actor=maker, draft=draft)

    edit_draft(maker, draft, title="Changed")

    request.refresh_from_db()
    assert request.status == "withdrawn"


def test_who_edits_is_kept_until_the_next_publication(maker: Any, checker: Any) -> None:
    other = make_operator("otto", "maker")
    draft = edit_draft(other, make_draft(maker), title="Changed")
    assert draft.contributors == sorted([maker.pk, other.pk])

    publish(maker, checker, draft)

    draft.refresh_from_db()
    assert draft.contributors == []


def test_an_edit_upon_an_older_version_is_refused(maker: Any) -> None:
    draft = make_draft(maker)
    stale = type(draft).objects.get(pk=draft.pk)
    edit_draft(maker, draft, title="First")

    refused(errors.EditConflict, edit_draft, actor=maker, draft=stale, title="Second")

    draft.refresh_from_db()
    assert (draft.title, draft.version) == ("First", 2)


# --- withdrawing ----------------------------------------------------------------------------------
def test_a_withdrawal_takes_content_off_once_approved(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    request = request_withdrawal(actor=maker, kind=KIND, target_id=draft.uid, note="over")
    assert titles() == [draft.title]
    approve_request(actor=checker, request_id=request.pk)

    assert titles() == []
    latest = Publication.objects.first()
    assert (latest.action, latest.version, latest.payload) == ("withdraw", 2, None)
    refused(errors.NotPublished, request_withdrawal, actor=maker, kind=KIND, target_id=draft.uid)


def test_what_was_withdrawn_can_be_published_again(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    withdraw_now(actor=checker, kind=KIND, target_id=draft.uid, reason="wrong price")
    assert titles() == []

    publish(maker, checker, draft)

    assert titles() == [draft.title]
    assert [each.version for each in Publication.objects.all()] == [3, 2, 1]


def test_an_emergency_withdrawal_needs_a_reason_and_the_permission(
    maker: Any, checker: Any
) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    what = {"kind": KIND, "target_id": draft.uid}

    refused(errors.ReasonRequired, withdraw_now, actor=checker, reason="  ", **what)
    refused(NotAllowed, withdraw_now, actor=maker, reason="wrong", **what)
    assert titles() == [draft.title]
    withdraw_now(actor=checker, reason="wrong", **what)
    refused(errors.NotPublished, withdraw_now, actor=checker, reason="wrong", **what)

    latest = Publication.objects.first()
    assert (latest.request, latest.maker_name, latest.reason) == (None, "chen", "wrong")
    assert AuditEvent.objects.filter(event="publishing.withdrawn_at_once").count() == 1


# --- rolling back ---------------------------------------------------------------------------------
def test_rolling_back_publishes_an_earlier_version_again(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, title="First")
    publish(maker, checker, draft)
    draft.refresh_from_db()
    edit_draft(maker, draft, title="Second")
    publish(maker, checker, draft)

    request = request_rollback(actor=maker, kind=KIND, target_id=draft.uid, version=1)
    approve_request(actor=checker, request_id=request.pk)

    assert titles() == ["First"]
    latest, _second, first = Publication.objects.all()
    assert (latest.action, latest.version) == ("roll_back", 3)
    assert (latest.payload, latest.starts_at) == (first.payload, first.starts_at)
    draft.refresh_from_db()
    assert draft.title == "Second"


def test_there_is_no_rolling_back_to_what_is_live_or_was_never_published(
    maker: Any, checker: Any
) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    what = {"actor": maker, "kind": KIND, "target_id": draft.uid}

    refused(errors.NothingChanged, request_rollback, version=1, **what)
    refused(errors.NotPublished, request_rollback, version=7, **what)


def test_a_rebase_shows_the_difference_to_what_is_live_now(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, title="First")
    publish(maker, checker, draft)
    draft.refresh_from_db()
    edit_draft(maker, draft, title="Second")
    stale = submit_for_review(actor=maker, draft=draft)
    withdraw_now(actor=checker, kind=KIND, target_id=draft.uid, reason="wrong")

    new = rebase_request(actor=maker, request_id=stale.pk)

    assert (stale.before["title"], new.before) == ("First", None)
    assert new.payload == stale.payload


def test_a_withdrawal_has_nothing_to_rebase_upon_once_withdrawn(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    request = request_withdrawal(actor=maker, kind=KIND, target_id=draft.uid)
    withdraw_now(actor=checker, kind=KIND, target_id=draft.uid, reason="wrong")

    refused(errors.NotPublished, rebase_request, actor=maker, request_id=request.pk)
