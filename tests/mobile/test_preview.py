from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.catalogue.models import Skin
from audit.models import AuditEvent
from publishing.services import request_withdrawal, submit_for_review
from tenants.platform import PLATFORM
from tests.approvals.people import make_draft, make_operator, publish, sign_in
from tests.operators.people import make_branch

PREVIEW, FRAME = "/preview/", "/preview/frame/"
MARK = 'class="is-new"'


def frame(operator: Any, query: str = "", host: str = "alpha.localhost") -> Any:
    return sign_in(operator, host).get(f"{FRAME}?aside=1&{query}")


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_phone_shows_what_customers_see_and_no_draft(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, "Published notice"))
    make_draft(maker, "Unapproved notice")

    page = text_of(frame(maker))

    assert "Published notice" in page
    assert "Unapproved notice" not in page
    assert MARK not in page


def test_a_request_is_shown_as_if_approved_and_marked(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, "Published notice"))
    draft = make_draft(maker, "Proposed notice", starts_at=timezone.now() + timedelta(days=3))
    request = submit_for_review(actor=maker, draft=draft)

    page = text_of(frame(checker, f"request={request.pk}"))

    assert page.index(MARK) < page.index("Proposed notice", page.index(MARK))
    assert "Published notice" in page
    assert "as-of" in page


def test_a_requested_withdrawal_is_shown_without_the_announcement(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, "Published notice")
    publish(maker, checker, draft)
    request = request_withdrawal(actor=maker, kind="announcement", target_id=draft.uid)

    assert "Published notice" not in text_of(frame(checker, f"request={request.pk}"))


def test_a_draft_is_shown_to_those_who_may_see_it(maker: Any) -> None:
    north, south = make_branch("N01"), make_branch("S01")
    draft = make_draft(maker, "Northern draft", branch=north)
    northerner = make_operator("nora", "branch", branch=north)
    southerner = make_operator("susi", "branch", branch=south)

    assert "Northern draft" in text_of(frame(northerner, f"draft={draft.uid}"))
    assert frame(southerner, f"draft={draft.uid}").status_code == 404
    request = submit_for_review(actor=maker, draft=draft)
    assert "Northern draft" in text_of(frame(northerner, f"request={request.pk}"))
    assert frame(southerner, f"request={request.pk}").status_code == 404


def test_branch_staff_choose_among_their_own_branches(maker: Any, checker: Any) -> None:
    north, south = make_branch("N01"), make_branch("S01")
    northerner = make_operator("nora", "branch", branch=north)
    publish(maker, checker, make_draft(maker, "Southern notice", branch=south))

    page = text_of(sign_in(northerner).get(PREVIEW))

    assert "Branch N01" in page
    assert "Branch S01" not in page
    assert "Southern notice" in text_of(frame(maker, "branch=S01"))
    assert "Southern notice" not in text_of(frame(northerner, "branch=S01"))


def test_any_moment_can_be_looked_at(maker: Any, checker: Any) -> None:
    tomorrow = timezone.localtime(timezone.now() + timedelta(days=1))
    publish(maker, checker, make_draft(maker, "Tomorrow's notice", starts_at=tomorrow))
    later = (tomorrow + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")

    assert "Tomorrow&#x27;s notice" not in text_of(frame(maker))
    assert "Tomorrow&#x27;s notice" in text_of(frame(maker, f"at={later}"))


def test_a_must_read_announcement_asks_for_attention(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, "Read me", must_read=True, for_seniors=True)
    publish(maker, checker, draft)
    client = sign_in(maker)

    assert 'class="sheet"' in text_of(client.get(FRAME))
    assert 'class="sheet"' not in text_of(client.get(f"{FRAME}?aside=1"))
    senior = text_of(client.get(f"{FRAME}?mode=senior"))
    assert 'class="sheet"' not in senior
    assert "Read me" in senior
    detail = text_of(client.get(f"{FRAME}?item={draft.uid}"))
    assert draft.body in detail


def test_no_other_sheet_covers_the_change_under_review(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, "Read me", must_read=True))
    plain, must_read = make_draft(maker, "Plain"), make_draft(maker, "Asked for", must_read=True)
    client = sign_in(maker)

    assert 'class="sheet"' not in text_of(client.get(f"{FRAME}?draft={plain.uid}"))
    sheet = text_of(client.get(f"{FRAME}?draft={must_read.uid}"))
    assert "Asked for" in sheet[sheet.index('class="sheet"') :]


def test_an_announcement_that_is_not_live_is_not_found(maker: Any) -> None:
    draft = make_draft(maker)

    assert frame(maker, f"item={draft.uid}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "mode=kids",
        "at=never",
        "branch=NOPE",
        "branch=%00",
        "request=",
        "draft=x",
        "item=y",
        "skin=%00",
    ],
)
def test_impossible_choices_fall_back_to_the_ordinary_view(maker: Any, query: str) -> None:
    assert frame(maker, query).status_code == 200


@pytest.mark.parametrize("query", ["request=999999", "draft=5f0f5b1e-6a43-4f43-9c70-1d0c9d2b2a11"])
def test_what_does_not_exist_is_not_found(maker: Any, query: str) -> None:
    assert frame(maker, query).status_code == 404


def test_only_the_inner_page_may_be_framed_and_only_here(maker: Any) -> None:
    client = sign_in(maker)
    inner, outer = client.get(FRAME), client.get(PREVIEW)

    assert inner.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in inner.headers["Content-Security-Policy"]
    assert outer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in outer.headers["Content-Security-Policy"]
    assert "no-store" in outer.headers["Cache-Control"]


def test_strangers_are_sent_to_sign_in(bank: Any, maker: Any) -> None:
    nobody = make_operator("nobody")
    stranger = sign_in(maker, "beta.localhost")

    for path in (PREVIEW, FRAME):
        # A session of one bank is nothing at another.
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["Location"][:13]) == (302, "/admin/login/")
        assert sign_in(nobody).get(path).status_code == 403


def test_looking_changes_nothing(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker))
    before = AuditEvent.objects.count()

    frame(maker)

    assert AuditEvent.objects.count() == before


def test_the_platform_previews_its_own_drafts_in_any_skin(db: None) -> None:
    Skin.objects.create(code="x-blue", name="Blue", primary="#123456", accent="#abcdef")
    with tenant_context(PLATFORM):
        writer = make_operator("pia", "operator")
        draft = make_draft(writer, "For the province")
        client = sign_in(writer, "console.localhost")

    page = text_of(client.get(f"{FRAME}?aside=1&skin=x-blue&draft={draft.uid}"))
    outer = text_of(client.get(PREVIEW))

    assert "For the province" in page
    assert "#123456" in page
    assert 'value="x-blue"' in outer
