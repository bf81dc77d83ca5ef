from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from announcements import services
from announcements.content import Content, content_of
from announcements.errors import BadContent, StillNeeded, UnknownAnnouncement
from announcements.models import Announcement
from approvals.models import Request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing.errors import EditConflict
from publishing.services import submit_for_review
from tests.approvals.people import publish

NOW = timezone.now()


def content(**fields: Any) -> Content:
    given = {"title": "Maintenance", "body": "<p>At night.</p>", "starts_at": NOW, **fields}
    return Content(**given)


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("at").values_list("event", flat=True))


def test_a_draft_keeps_what_was_written_and_who_wrote_it(maker: Any, bank: Any) -> None:
    draft = services.create_draft(
        actor=maker, content=content(title="  Maintenance \n tonight ", must_read=True)
    )

    draft.refresh_from_db()
    assert (draft.title, draft.body, draft.must_read) == (
        "Maintenance tonight", "<p>At night.</p>", True,
    )  # fmt: skip
    assert (draft.owner, draft.contributors, draft.version) == (maker, [maker.pk], 1)
    assert events() == ["announcements.draft_created"]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"title": " "}, "title", "bad_content"),
        ({"title": "x" * 81}, "title", "bad_content"),
        ({"body": "<p>x</p><script>y</script>"}, "body", "body_script"),
        ({"ends_at": NOW - timedelta(hours=1)}, "ends_at", "period_order"),
        ({"ends_at": NOW}, "ends_at", "period_order"),
        ({"priority": 1000}, "priority", "bad_content"),
    ],
)
def test_bad_content_is_refused_and_nothing_changes(
    maker: Any, fields: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(BadContent) as refusal:
        services.create_draft(actor=maker, content=content(**fields))

    assert (refusal.value.field, refusal.value.code_text) == (field, code)
    assert not Announcement.objects.exists()
    assert events() == []


def test_bad_content_leaves_the_draft_as_it_was(maker: Any) -> None:
    draft = services.create_draft(actor=maker, content=content())

    with pytest.raises(BadContent):
        services.edit_draft(
            actor=maker, draft_id=draft.pk, version=1, content=content(body="<script>x</script>")
        )

    draft.refresh_from_db()
    assert (draft.body, draft.version) == ("<p>At night.</p>", 1)


def test_a_form_opened_on_an_older_version_does_not_overwrite(maker: Any) -> None:
    draft = services.create_draft(actor=maker, content=content())
    services.edit_draft(actor=maker, draft_id=draft.pk, version=1, content=content(title="Second"))

    with pytest.raises(EditConflict):
        services.edit_draft(
            actor=maker, draft_id=draft.pk, version=1, content=content(title="Third")
        )

    draft.refresh_from_db()
    assert (draft.title, draft.version) == ("Second", 2)


def test_editing_a_draft_in_review_withdraws_the_request(maker: Any) -> None:
    draft = services.create_draft(actor=maker, content=content())
    request = submit_for_review(actor=maker, draft=draft)

    services.edit_draft(actor=maker, draft_id=draft.pk, version=1, content=content(title="Second"))

    assert Request.objects.get(pk=request.pk).status == "withdrawn"


def test_a_copy_has_the_words_and_not_the_state(maker: Any, checker: Any) -> None:
    ends_at = NOW + timedelta(days=2)
    draft = services.create_draft(actor=maker, content=content(ends_at=ends_at, is_pinned=True))
    publish(maker, checker, draft)
    later = NOW + timedelta(days=30)

    copied = services.copy_announcement(actor=maker, draft_id=draft.pk, at=later)

    assert copied.uid != draft.uid
    assert (copied.body, copied.is_pinned, copied.version) == (draft.body, True, 1)
    assert (copied.starts_at, copied.ends_at) == (later, later + timedelta(days=2))


def test_a_draft_that_nobody_saw_can_be_deleted(maker: Any) -> None:
    draft = services.create_draft(actor=maker, content=content())

    services.delete_draft(actor=maker, draft_id=draft.pk)

    assert not Announcement.objects.exists()
    assert events() == ["announcements.draft_created", "announcements.draft_deleted"]


def test_what_was_published_or_is_in_review_is_not_deleted(maker: Any, checker: Any) -> None:
    published = services.create_draft(actor=maker, content=content())
    publish(maker, checker, published)
    in_review = services.create_draft(actor=maker, content=content(title="Second"))
    submit_for_review(actor=maker, draft=in_review)

    for draft in (published, in_review):
        with pytest.raises(StillNeeded):
            services.delete_draft(actor=maker, draft_id=draft.pk)

    assert Announcement.objects.count() == 2


def test_viewers_and_checkers_write_nothing(maker: Any, viewer: Any, checker: Any) -> None:
    draft = services.create_draft(actor=maker, content=content())

    for actor in (viewer, checker):
        with pytest.raises(NotAllowed):
            services.create_draft(actor=actor, content=content())
        with pytest.raises(NotAllowed):
            services.edit_draft(actor=actor, draft_id=draft.pk, version=1, content=content())
        with pytest.raises(NotAllowed):
            services.copy_announcement(actor=actor, draft_id=draft.pk)
        with pytest.raises(NotAllowed):
            services.delete_draft(actor=actor, draft_id=draft.pk)

    assert Announcement.objects.count() == 1


def test_branch_staff_write_for_their_own_branch_only(
    maker: Any, northerner: Any, north: Any, south: Any
) -> None:
    own = services.create_draft(actor=northerner, content=content(branch=north))
    others = services.create_draft(actor=maker, content=content(branch=south))
    for branch in (south, None):
        with pytest.raises(NotAllowed):
            services.create_draft(actor=northerner, content=content(branch=branch))
    with pytest.raises(NotAllowed):
        services.edit_draft(
            actor=northerner, draft_id=own.pk, version=1, content=content(branch=south)
        )
    # Pulling another branch's draft into one's own.
    with pytest.raises(NotAllowed):
        services.edit_draft(
            actor=northerner, draft_id=others.pk, version=1, content=content(branch=north)
        )
    for verb in (services.copy_announcement, services.delete_draft):
        with pytest.raises(NotAllowed):
            verb(actor=northerner, draft_id=others.pk)

    others.refresh_from_db()
    assert (others.branch, Announcement.objects.count()) == (south, 2)


def test_a_draft_that_is_gone_is_a_sentence(maker: Any) -> None:
    with pytest.raises(UnknownAnnouncement):
        services.delete_draft(actor=maker, draft_id=987654)


def test_content_is_read_back_whole(maker: Any) -> None:
    written = content(ends_at=NOW + timedelta(days=1), priority=3)
    draft = services.create_draft(actor=maker, content=written)

    assert content_of(draft) == replace(written, branch=None)


def test_times_without_a_zone_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zone"):
        content(starts_at=datetime(2026, 7, 1)).cleaned()  # noqa: DTZ001 - the mistake
