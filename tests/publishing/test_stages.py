from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from announcements.models import Announcement
from publishing import registry
from publishing.services import submit_for_review, withdraw_now
from publishing.stages import stage_condition, stage_counts, with_stage
from tests.approvals.people import edit_draft, make_draft, publish

NOW = timezone.now()


def rows() -> dict[str, Any]:
    drafts = with_stage(Announcement.objects.all(), registry.get("announcement"), NOW)
    return {draft.title: draft for draft in drafts}


def make_one_of_each(maker: Any, checker: Any) -> None:
    day = timedelta(days=1)
    make_draft(maker, title="draft")
    submit_for_review(actor=maker, draft=make_draft(maker, title="in_review"))
    publish(maker, checker, make_draft(maker, title="live", starts_at=NOW - day))
    publish(maker, checker, make_draft(maker, title="scheduled", starts_at=NOW + day))
    then = NOW - 9 * day
    ended = make_draft(maker, title="ended", starts_at=then, ends_at=then + day)
    publish(maker, checker, ended, at=then)
    gone = make_draft(maker, title="withdrawn")
    publish(maker, checker, gone)
    withdraw_now(actor=checker, kind="announcement", target_id=gone.uid, reason="x")


def test_each_draft_stands_where_its_publications_and_the_clock_put_it(
    maker: Any, checker: Any
) -> None:
    make_one_of_each(maker, checker)

    assert {title: draft.stage for title, draft in rows().items()} == {
        title: title for title in ("draft", "in_review", "live", "scheduled", "ended", "withdrawn")
    }


def test_the_tabs_count_every_stage_in_one_query(maker: Any, checker: Any) -> None:
    make_one_of_each(maker, checker)

    with CaptureQueriesContext(connection) as queries:
        counts = stage_counts(Announcement.objects.all(), registry.get("announcement"), NOW)

    assert counts == {
        "all": 6, "draft": 1, "in_review": 1, "scheduled": 1, "live": 1, "ended": 1, "withdrawn": 1,
    }  # fmt: skip
    assert len([query for query in queries if "search_path" not in query["sql"]]) == 1


def test_a_live_piece_edited_since_says_so_and_counts_twice_in_review(
    maker: Any, checker: Any
) -> None:
    draft = make_draft(maker, title="live", starts_at=NOW - timedelta(days=1))
    publish(maker, checker, draft)
    assert (rows()["live"].edited_since, rows()["live"].published_version) == (False, 1)

    draft.refresh_from_db()
    edit_draft(maker, draft, title="edited")
    assert (rows()["edited"].stage, rows()["edited"].edited_since) == ("live", True)

    submit_for_review(actor=maker, draft=draft)
    row = rows()["edited"]
    assert (row.stage, row.in_review) == ("live", True)
    kind = registry.get("announcement")
    in_review = with_stage(Announcement.objects.all(), kind, NOW).filter(
        stage_condition("in_review")
    )
    assert in_review.count() == 1


def test_the_same_uid_in_another_kind_is_not_taken_for_this_one(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, title="live", starts_at=NOW - timedelta(days=1))
    publish(maker, checker, draft)
    other = registry.ContentKind("other", "announcements.Announcement", "other")

    found = with_stage(Announcement.objects.all(), other, NOW).get()

    assert found.stage == "draft"
