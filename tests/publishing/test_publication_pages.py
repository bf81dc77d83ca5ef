from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Request
from publishing.models import Edition, Publication
from tests.approvals.people import edit_draft, make_draft, make_operator, publish, sign_in
from tests.operators.people import make_branch

LIST = "/admin/publishing/publication/"


@pytest.fixture
def two_versions(maker: Any, checker: Any) -> list[Publication]:
    draft = make_draft(maker, title="First")
    publish(maker, checker, draft)
    draft.refresh_from_db()
    edit_draft(maker, draft, title="Second")
    publish(maker, checker, draft)
    return list(Publication.objects.order_by("number"))


def test_the_list_tells_what_is_live(two_versions: Any, maker: Any) -> None:
    response = sign_in(maker).get(LIST, {"tab": "live"})

    assert [row.title for row in response.context["cl"].result_list] == ["Second"]
    assert [tab.count for tab in response.context["cl"].shown_tabs] == [2, 1, 0, 0]


def test_a_maker_asks_for_a_rollback_on_the_page_of_a_version(
    two_versions: Any, maker: Any
) -> None:
    first = two_versions[0]
    client = sign_in(maker)
    assert 'action="../roll-back/"' in client.get(f"{LIST}{first.pk}/change/").content.decode()

    response = client.post(f"{LIST}{first.pk}/roll-back/", {"note": "the second is wrong"})

    request = Request.objects.get(kind="rollback")
    assert response["Location"] == f"/admin/approvals/request/{request.pk}/change/"
    assert request.payload["title"] == "First"


def test_a_checker_withdraws_at_once_with_a_reason(two_versions: Any, checker: Any) -> None:
    newest = two_versions[1]
    client = sign_in(checker)

    refused = client.post(f"{LIST}{newest.pk}/withdraw-now/", {"reason": " "})
    assert refused.status_code == 400
    assert "Say why it is withdrawn." in refused.content.decode()
    assert Publication.objects.count() == 2

    assert client.post(f"{LIST}{newest.pk}/withdraw-now/", {"reason": "x"}).status_code == 302
    assert Publication.objects.first().action == "withdraw"


def test_a_maker_may_not_withdraw_at_once(two_versions: Any, maker: Any) -> None:
    response = sign_in(maker).post(f"{LIST}{two_versions[1].pk}/withdraw-now/", {"reason": "x"})

    assert response.status_code == 403
    assert Publication.objects.count() == 2


def test_a_branch_operator_sees_no_other_branchs_versions(maker: Any, checker: Any) -> None:
    north, south = make_branch("N"), make_branch("S")
    publish(maker, checker, make_draft(maker, title="Northern", branch=north))
    publication = Publication.objects.get()
    client = sign_in(make_operator("luo", "branch", branch=south))

    assert list(client.get(LIST).context["cl"].result_list) == []
    assert client.get(f"{LIST}{publication.pk}/change/").status_code == 302
    assert client.post(f"{LIST}{publication.pk}/roll-back/").status_code == 403
    assert "Northern" not in client.get(f"{LIST}live-at/").content.decode()


def test_what_was_live_at_a_moment_is_shown(maker: Any, checker: Any) -> None:
    now = timezone.now()
    draft = make_draft(maker, title="Yesterday's", starts_at=now - timedelta(days=3))
    publish(maker, checker, draft, at=now - timedelta(days=2))
    client = sign_in(maker)

    def shown(at: str) -> str:
        response = client.get(f"{LIST}live-at/", {"at": at})
        assert response.status_code == 200
        return response.content.decode()

    def local(days: int) -> str:
        return timezone.localtime(now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")

    assert "Yesterday&#x27;s" in shown(local(1))
    assert "Yesterday&#x27;s" not in shown(local(4))
    assert "is no date and time" in shown("yesterday")
    assert "is no date and time" in shown("2026-13-45T99:99")


def test_publications_and_editions_are_read_only(two_versions: Any, maker: Any) -> None:
    client = sign_in(maker)
    edition = Edition.objects.first()

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{two_versions[0].pk}/change/", {"title": "x"}).status_code == 405
    assert client.post(f"{LIST}{two_versions[0].pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/publishing/edition/").status_code == 200
    page = client.get(f"/admin/publishing/edition/{edition.pk}/change/")
    assert (page.status_code, edition.digest in page.content.decode()) == (200, True)
