from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from approvals import errors as refusals
from approvals import services as approvals
from approvals.handovers import withdraw_requests
from approvals.models import Request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing import envelopes, errors, takedowns
from publishing.models import Edition, Publication
from publishing.services import current_edition
from tests.approvals.people import edit_draft, empower, make_draft, make_operator, publish
from tests.operators.people import make_branch

KIND = "announcement"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def draft(maker: Any, checker: Any) -> Any:
    made = make_draft(maker, "Wrong rate")
    publish(maker, checker, made)
    return made


def take_down(actor: Any, draft: Any, **more: Any) -> Request:
    takedowns.withdraw_now(actor=actor, kind=KIND, target_id=draft.uid, reason="wrong", **more)
    return Request.objects.filter(kind="takedown").latest("pk")


def titles_live() -> list[str]:
    return sorted(item["title"] for item in current_edition().document["items"])


def test_taking_down_takes_effect_at_once_and_opens_a_review(draft: Any, checker: Any) -> None:
    request = take_down(checker, draft)

    assert titles_live() == []
    assert (request.status, request.maker_id, request.note) == ("pending", checker.pk, "wrong")
    assert request.payload["taken_down"] == {"version": 2, "restores": 1}


def test_whoever_took_it_down_does_not_confirm_it(draft: Any, checker: Any) -> None:
    request = take_down(checker, draft)

    with pytest.raises(refusals.OwnChange):
        approvals.approve_request(actor=checker, request_id=request.pk)
    with pytest.raises(refusals.OwnChange):
        approvals.send_back_request(actor=checker, request_id=request.pk, comment="no")


def test_a_second_person_confirms_and_it_stays_down(
    draft: Any, checker: Any, second_checker: Any
) -> None:
    request = take_down(checker, draft)

    approvals.approve_request(actor=second_checker, request_id=request.pk)

    assert titles_live() == []
    assert Publication.objects.count() == 2


def test_an_objection_restores_it_to_the_letter(
    draft: Any, checker: Any, second_checker: Any
) -> None:
    before = envelopes.of_publication(Publication.objects.get())
    request = take_down(checker, draft)

    approvals.send_back_request(actor=second_checker, request_id=request.pk, comment="it is right")

    restored = Publication.objects.get(version=3)
    assert envelopes.of_publication(restored) == before
    assert (restored.action, restored.request_id, restored.reason) == (
        "roll_back", request.pk, "it is right",
    )  # fmt: skip
    assert titles_live() == ["Wrong rate"]
    assert AuditEvent.objects.filter(event="publishing.restored").count() == 1


def test_whoever_took_it_down_undoes_it_while_the_review_is_open(
    draft: Any, checker: Any, second_checker: Any
) -> None:
    request = take_down(checker, draft)

    with pytest.raises(refusals.NotTheMaker):
        takedowns.undo_takedown(actor=second_checker, request_id=request.pk)
    takedowns.undo_takedown(actor=checker, request_id=request.pk)

    assert titles_live() == ["Wrong rate"]
    request.refresh_from_db()
    assert request.status == "withdrawn"
    # Again changes nothing.
    takedowns.undo_takedown(actor=checker, request_id=request.pk)
    assert Publication.objects.count() == 3


def test_after_a_confirmation_nothing_is_undone(
    draft: Any, checker: Any, second_checker: Any
) -> None:
    request = take_down(checker, draft)
    approvals.approve_request(actor=second_checker, request_id=request.pk)

    with pytest.raises(refusals.AlreadyDecided):
        takedowns.undo_takedown(actor=checker, request_id=request.pk)
    assert titles_live() == []


def test_what_has_ended_is_not_restored(maker: Any, checker: Any) -> None:
    now = timezone.now()
    draft = make_draft(maker, ends_at=now + timedelta(hours=1))
    publish(maker, checker, draft)
    request = take_down(checker, draft)

    takedowns.undo_takedown(actor=checker, request_id=request.pk, at=now + timedelta(hours=2))

    assert Publication.objects.count() == 2
    event = AuditEvent.objects.get(event="publishing.not_restored")
    assert event.reason == "It was not restored: its period has ended."


def test_what_was_published_meanwhile_is_not_overwritten(
    draft: Any, maker: Any, checker: Any, second_checker: Any
) -> None:
    request = take_down(checker, draft)
    draft.refresh_from_db()
    publish(maker, checker, edit_draft(maker, draft, title="Right rate"))

    approvals.send_back_request(actor=second_checker, request_id=request.pk, comment="no")

    assert titles_live() == ["Right rate"]
    reason = AuditEvent.objects.get(event="publishing.not_restored").reason
    assert "a newer version has been published" in reason


def test_what_may_not_be_published_any_more_is_not_restored(
    draft: Any, checker: Any, monkeypatch: Any
) -> None:
    from dataclasses import replace

    from publishing import registry

    def refuse(target_id: str, envelope: Any, at: Any) -> None:
        raise errors.PeriodRefused("The slot is taken.")

    request = take_down(checker, draft)
    strict = replace(registry.get(KIND), check_envelope=refuse)
    monkeypatch.setitem(registry._kinds, KIND, strict)

    takedowns.undo_takedown(actor=checker, request_id=request.pk)

    assert titles_live() == []
    reason = AuditEvent.objects.get(event="publishing.not_restored").reason
    assert reason == "It was not restored: The slot is taken."


def test_a_review_that_nobody_did_leaves_it_down(draft: Any, checker: Any) -> None:
    request = take_down(checker, draft)

    approvals.expire_requests(request.expires_at + timedelta(seconds=1))

    request.refresh_from_db()
    assert request.status == "expired"
    assert titles_live() == []


def test_a_leaver_s_take_down_is_not_undone(draft: Any, checker: Any, administrator: Any) -> None:
    request = take_down(checker, draft)

    withdraw_requests(actor=administrator, leaver=checker, colleague=None)

    request.refresh_from_db()
    assert request.status == "withdrawn"
    assert titles_live() == []


def test_a_second_take_down_takes_the_place_of_an_open_review(
    draft: Any, maker: Any, checker: Any, second_checker: Any
) -> None:
    first = take_down(checker, draft)
    draft.refresh_from_db()
    publish(maker, second_checker, edit_draft(maker, draft, title="Wrong again"))

    second = take_down(second_checker, draft)

    first.refresh_from_db()
    assert (first.status, second.status) == ("withdrawn", "pending")
    assert titles_live() == []
    takedowns.undo_takedown(actor=second_checker, request_id=second.pk)
    assert titles_live() == ["Wrong again"]


def test_several_go_down_at_once_with_one_edition(draft: Any, maker: Any, checker: Any) -> None:
    other, third = make_draft(maker, "Other"), make_draft(maker, "Third")
    publish(maker, checker, other)
    publish(maker, checker, third)
    never = make_draft(maker, "Never")
    count = Edition.objects.count()

    done = takedowns.withdraw_several_now(
        actor=checker,
        targets=[(KIND, each.uid) for each in (draft, other, never)],
        reason="the whole campaign is wrong",
    )

    assert titles_live() == ["Third"]
    assert Edition.objects.count() == count + 1
    assert [request.status for request in done.requests] == ["pending", "pending"]
    assert [(each.title, str(each.reason)) for each in done.skipped] == [
        ("Never", "It is not published.")
    ]


def test_only_those_who_may_and_with_a_reason(draft: Any, maker: Any, checker: Any) -> None:
    chosen = [(KIND, draft.uid)]

    with pytest.raises(NotAllowed):
        takedowns.withdraw_several_now(actor=maker, targets=chosen, reason="x")
    with pytest.raises(errors.ReasonRequired):
        takedowns.withdraw_several_now(actor=checker, targets=chosen, reason=" ")
    with pytest.raises(errors.NothingChosen):
        takedowns.withdraw_several_now(actor=checker, targets=[], reason="x")
    request = approvals.find_request(Request.objects.latest("pk").pk)
    with pytest.raises(errors.NotATakedown):
        takedowns.undo_takedown(actor=checker, request_id=request.pk)


def test_a_branch_checker_takes_down_and_judges_their_own_only(maker: Any, checker: Any) -> None:
    north, south = make_branch("N"), make_branch("S")
    northern = make_draft(maker, "Northern", branch=north)
    southern = make_draft(maker, "Southern", branch=south)
    publish(maker, checker, northern)
    publish(maker, checker, southern)
    nora = make_operator("nora", "branch", branch=north)
    confined = empower(nora, "approve_publication", "withdraw_publication")

    with pytest.raises(NotAllowed):
        take_down(confined, southern)
    request = take_down(checker, southern)
    with pytest.raises(NotAllowed):
        approvals.send_back_request(actor=confined, request_id=request.pk, comment="no")
    done = takedowns.withdraw_several_now(
        actor=confined, targets=[(KIND, northern.uid), (KIND, southern.uid)], reason="x"
    )
    assert [each.title for each in done.publications] == ["Northern"]
