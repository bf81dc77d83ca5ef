from __future__ import annotations

from typing import Any

from approvals.services import approve_request
from audit.models import AuditEvent, ChainLink
from publishing.models import Publication
from publishing.services import current_edition, submit_for_review
from tests.approvals.people import edit_draft, make_draft, publish


def test_an_approved_draft_stands_in_the_edition(maker: Any, checker: Any, bank: Any) -> None:
    draft = make_draft(maker)
    request = submit_for_review(actor=maker, draft=draft)
    assert current_edition().document["items"] == []

    approve_request(actor=checker, request_id=request.pk)

    item = current_edition().document["items"][0]
    assert (item["id"], item["version"], item["title"]) == (str(draft.uid), 1, draft.title)
    publication = Publication.objects.get()
    assert (publication.number, publication.action, publication.checker_name) == (
        1,
        "publish",
        "chen",
    )
    assert ChainLink.objects.filter(chain="publication", row_id=str(publication.pk)).exists()
    assert set(AuditEvent.objects.values_list("event", flat=True)) >= {
        "approvals.request_submitted",
        "approvals.request_approved",
        "publishing.published",
    }


def test_the_next_version_replaces_the_last_and_follows_from_it(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    draft.refresh_from_db()
    edit_draft(maker, draft, title="Maintenance moved")
    publish(maker, checker, draft)

    second, first = Publication.objects.all()

    assert [(first.number, first.version), (second.number, second.version)] == [(1, 1), (2, 2)]
    assert second.previous_mac == first.mac
    assert [item["title"] for item in current_edition().document["items"]] == ["Maintenance moved"]
