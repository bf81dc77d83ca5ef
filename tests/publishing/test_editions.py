from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit import chains, sealing
from audit.errors import AppendOnly
from audit.verification import verify_chain
from publishing.editions import digest_of
from publishing.models import Edition, EditionHead, Publication
from publishing.services import (
    compile_edition,
    current_edition,
    edition_at,
    edition_if_approved,
    edition_with_draft,
    live_at,
    request_withdrawal,
    submit_for_review,
    withdraw_now,
)
from tenants.platform import PLATFORM
from tests.approvals.people import edit_draft, make_draft, make_operator, publish

NOW = timezone.now().replace(microsecond=0)


def in_days(days: float) -> Any:
    return NOW + timedelta(days=days)


def titles(document: dict[str, Any]) -> list[str]:
    return [item["title"] for item in document["items"]]


def test_a_bank_that_published_nothing_has_an_empty_edition(bank: Any) -> None:
    edition = current_edition()

    assert edition.document == {"schema": 1, "bank": bank.schema_name, "items": []}
    assert edition.digest == digest_of(edition.document)


def test_the_order_is_by_kind_priority_and_start(maker: Any, checker: Any) -> None:
    for title, priority, start in [("old", 0, -3), ("new", 0, -1), ("first", 5, -9)]:
        draft = make_draft(maker, title=title, priority=priority, starts_at=in_days(start))
        publish(maker, checker, draft)

    assert titles(current_edition().document) == ["first", "new", "old"]


def test_the_digest_names_the_stored_document(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker))

    edition = Edition.objects.get(digest=EditionHead.objects.get().digest)

    assert digest_of(edition.document) == edition.digest
    item = edition.document["items"][0]
    assert set(item) == {
        "kind", "id", "version", "title", "payload", "starts_at", "ends_at", "audience",
        "priority", "branch_path", "published_at",
    }  # fmt: skip
    assert item["starts_at"].endswith("Z")


def test_compiling_again_changes_nothing(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker))
    before = current_edition().digest

    compile_edition(timezone.now())

    assert (current_edition().digest, Edition.objects.count()) == (before, 1)


def test_coming_items_are_in_and_ended_ones_drop_out(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, title="coming", starts_at=in_days(1)))
    publish(maker, checker, make_draft(maker, title="short", ends_at=in_days(2)))

    assert sorted(titles(compile_edition(in_days(1)).document)) == ["coming", "short"]
    assert titles(compile_edition(in_days(3)).document) == ["coming"]


def test_what_was_live_at_any_moment(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, title="first", starts_at=in_days(-9), ends_at=in_days(9))
    publish(maker, checker, draft, at=in_days(-8))
    draft.refresh_from_db()
    edit_draft(maker, draft, title="second")
    publish(maker, checker, draft, at=in_days(-5))
    withdraw_now(
        actor=checker, kind="announcement", target_id=draft.uid, reason="x", at=in_days(-2)
    )

    live = {day: [each.title for each in live_at(at=in_days(day))] for day in (-9, -7, -4, -1)}

    assert live == {-9: [], -7: ["first"], -4: ["second"], -1: []}
    assert titles(edition_at(in_days(-7)).document) == ["first"]
    assert titles(edition_at(in_days(-1)).document) == []


def test_live_scheduled_and_ended_follow_from_the_clock(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, title="week", starts_at=in_days(1), ends_at=in_days(8))
    publish(maker, checker, draft)

    live = {day: live_at(at=in_days(day)).count() for day in (0.5, 1, 7.9, 8)}

    assert live == {0.5: 0, 1: 1, 7.9: 1, 8: 0}
    assert Publication.objects.starting(NOW, in_days(3)).count() == 1
    assert Publication.objects.ending(in_days(7), in_days(9)).count() == 1


def test_the_edition_as_it_would_be(maker: Any, checker: Any) -> None:
    live, coming = make_draft(maker, title="live"), make_draft(maker, title="coming")
    publish(maker, checker, live)
    request = submit_for_review(actor=maker, draft=coming)
    withdrawal = request_withdrawal(actor=maker, kind="announcement", target_id=live.uid)

    assert sorted(titles(edition_if_approved(request, NOW))) == ["coming", "live"]
    assert titles(edition_if_approved(withdrawal, NOW)) == []
    assert sorted(titles(edition_with_draft(coming, NOW))) == ["coming", "live"]
    assert titles(current_edition().document) == ["live"]


def test_publications_are_written_once(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker))
    publication = Publication.objects.get()

    with pytest.raises(AppendOnly):
        publication.save()
    with pytest.raises(AppendOnly):
        Publication.objects.update(title="x")
    with pytest.raises(AppendOnly):
        publication.delete()


def test_the_chain_shows_an_edited_publication(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    sealing.seal_chains()
    assert verify_chain(chains.get("publication")).broken is None

    with connection.cursor() as cursor:
        cursor.execute("UPDATE publishing_publication SET title = 'forged'")

    assert verify_chain(chains.get("publication")).broken is not None


def test_the_platform_publishes_with_the_same_code(db: None) -> None:
    connection.set_schema_to_public()
    maker = make_operator("po", "operator")
    checker = make_operator("co", "compliance_reviewer")

    publish(maker, checker, make_draft(maker, title="for everybody", must_read=True))

    edition = current_edition()
    assert edition.document["bank"] == PLATFORM.schema_name
    assert titles(edition.document) == ["for everybody"]
