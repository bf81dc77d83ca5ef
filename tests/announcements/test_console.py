"""The pages of announcements, through the client, as each role sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from announcements.models import Announcement, ReadReceipt
from approvals.models import Request
from audit.models import AuditEvent
from customers.models import Customer
from publishing.models import Publication
from publishing.services import submit_for_review
from tests.approvals.people import make_draft, make_operator, publish, sign_in

LIST = "/admin/announcements/announcement/"
FORM = {
    "title": "Notice", "body": "<div>Text</div>", "starts_at": "2026-07-01T09:00", "ends_at": "",
    "priority": "0", "branch": "", "opened_version": "1",
}  # fmt: skip


def page(draft: Announcement, name: str = "change") -> str:
    return f"{LIST}{draft.pk}/{name}/"


def act(operator: Any, draft: Announcement, name: str, **fields: Any) -> Any:
    """Confirms an action's dialog."""
    return sign_in(operator).post(page(draft, name), {"_form_submitted": "on", **fields})


def make_readers(draft: Announcement, read: int, unread: int, branch: Any = None) -> None:
    for number in range(read + unread):
        name = f"C{branch.code if branch else ''}{number:04d}"
        Customer.objects.create(number=name, masked_name=f"张*{number}", branch=branch)
        if number < read:
            ReadReceipt.objects.create(
                announcement_uid=draft.uid, customer_number=name, publication_version=1,
                read_at=timezone.now(),
            )  # fmt: skip


# --- writing --------------------------------------------------------------------------------------
def test_a_maker_writes_a_draft(maker: Any) -> None:
    answer = sign_in(maker).post(f"{LIST}add/", {**FORM, "must_read": "on"})

    assert answer.status_code == 302, answer.content.decode()
    draft = Announcement.objects.get()
    assert (draft.title, draft.body, draft.must_read, draft.owner) == (
        "Notice", "<p>Text</p>", True, maker,
    )  # fmt: skip
    # What was typed is Shanghai's time.
    assert draft.starts_at.isoformat() == "2026-07-01T01:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "<p>x</p><script>alert(1)</script>"}, "program code"),
        ({"body": "<p onclick='x()'>x</p>"}, "program code"),
        ({"body": "<a href='javascript:x()'>x</a>"}, "program code"),
        ({"body": "<div><br></div>"}, "write the text"),
        ({"ends_at": "2026-06-30T09:00"}, "ends before it starts"),
        ({"starts_at": "soon"}, "valid date"),
        ({"title": "x" * 81}, "80"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    maker: Any, fields: dict[str, str], sentence: str
) -> None:
    draft = make_draft(maker)
    client = sign_in(maker)

    for address in (f"{LIST}add/", page(draft)):
        answer = client.post(address, {**FORM, **fields})
        assert answer.status_code == 200
        assert sentence in answer.content.decode()

    assert Announcement.objects.count() == 1
    draft.refresh_from_db()
    assert (draft.version, draft.title) == (1, "Maintenance tonight")


def test_a_form_opened_on_an_older_version_is_shown_again_with_a_sentence(maker: Any) -> None:
    draft = make_draft(maker)
    client = sign_in(maker)
    client.post(page(draft), {**FORM, "title": "Second"})

    answer = client.post(page(draft), {**FORM, "title": "Third"})

    assert answer.status_code == 200
    assert "has saved this draft meanwhile" in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.title, draft.version) == ("Second", 2)


def test_who_may_only_look_sees_the_text_and_no_form(maker: Any, viewer: Any) -> None:
    draft = make_draft(maker, body="<p>Read <strong>this</strong></p>")

    answer = sign_in(viewer).get(page(draft))

    content = answer.content.decode()
    assert "<p>Read <strong>this</strong></p>" in content
    assert "trix-editor" not in content
    assert sign_in(viewer).post(page(draft), FORM).status_code == 403
    assert sign_in(viewer).get(f"{LIST}add/").status_code == 403


# --- actions --------------------------------------------------------------------------------------
def test_a_draft_goes_to_review_and_back(maker: Any) -> None:
    draft = make_draft(maker)

    act(maker, draft, "submit", note="please")
    request = Request.objects.get()
    assert (request.status, request.note) == ("pending", "please")

    act(maker, draft, "withdraw-review")
    request.refresh_from_db()
    assert request.status == "withdrawn"


def test_taking_down_at_once_needs_a_reason(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    act(checker, draft, "withdraw-now", reason="")
    assert Publication.objects.count() == 1

    act(checker, draft, "withdraw-now", reason="a wrong figure")
    assert Publication.objects.first().reason == "a wrong figure"


def test_taking_down_and_rolling_back_are_asked_for(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    sign_in(maker).post(page(draft), {**FORM, "opened_version": draft.version})
    publish(maker, checker, draft)

    act(maker, draft, "roll-back", version="1", note="the first was right")
    act(maker, draft, "request-withdrawal", note="over")

    asked = list(Request.objects.filter(status="pending").values_list("kind", flat=True))
    assert sorted(asked) == ["rollback", "withdrawal"]


def test_a_copy_and_a_discarded_draft(maker: Any) -> None:
    draft = make_draft(maker)

    copied = act(maker, draft, "copy")
    assert copied.headers["Location"].endswith(page(Announcement.objects.latest("pk")))

    act(maker, draft, "discard")
    assert not Announcement.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize(
    "name",
    ["submit", "withdraw-review", "request-withdrawal", "roll-back", "copy", "discard"],
)
def test_viewers_and_checkers_have_none_of_the_makers_buttons(
    maker: Any, viewer: Any, checker: Any, name: str
) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    for operator in (viewer, checker):
        assert act(operator, draft, name, version="1").status_code == 403
    assert (Announcement.objects.count(), Request.objects.count()) == (1, 1)


def test_makers_cannot_take_down_alone(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    assert act(maker, draft, "withdraw-now", reason="x").status_code == 403
    assert Publication.objects.count() == 1


# --- list -----------------------------------------------------------------------------------------
def test_the_tabs_count_by_stage(maker: Any, checker: Any) -> None:
    now = timezone.now()
    make_draft(maker, "a draft")
    publish(maker, checker, make_draft(maker, "live"))
    publish(maker, checker, make_draft(maker, "later", starts_at=now + timedelta(days=1)))
    submit_for_review(actor=maker, draft=make_draft(maker, "asked"))

    changelist = sign_in(maker).get(LIST).context["cl"]

    counts = {key: count for key, count in changelist.counts.items() if count}
    assert counts == {"all": 4, "draft": 1, "in_review": 1, "scheduled": 1, "live": 1}
    live = sign_in(maker).get(f"{LIST}?tab=live").content.decode()
    assert "a draft" not in live


def test_branch_staff_see_their_own_subtree_only(
    maker: Any, northerner: Any, north: Any, south: Any
) -> None:
    own = make_draft(maker, "Northern notice", branch=north)
    others = [make_draft(maker, "Southern notice", branch=south), make_draft(maker, "Whole bank's")]
    client = sign_in(northerner)

    for address in (LIST, f"{LIST}?q=notice"):
        content = client.get(address).content.decode()
        assert "Northern notice" in content
        assert "Southern notice" not in content
        assert "Whole bank" not in content
    assert client.get(page(own)).status_code == 200
    for draft in others:
        assert client.get(page(draft)).status_code in {302, 403, 404}
        for name in ("submit", "copy", "discard"):
            assert act(northerner, draft, name).status_code in {403, 404}
    form = client.get(f"{LIST}add/").content.decode()
    assert "Branch N01" in form
    assert "Branch S01" not in form
    assert client.post(f"{LIST}add/", {**FORM, "branch": south.pk}).status_code == 200
    assert client.post(f"{LIST}add/", FORM).status_code == 200
    assert Announcement.objects.count() == 3
    assert client.post(f"{LIST}add/", {**FORM, "branch": north.pk}).status_code == 302


# --- readers --------------------------------------------------------------------------------------
def test_the_page_tells_how_many_have_read(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    make_readers(draft, read=3, unread=5)

    content = sign_in(maker).get(page(draft)).content.decode()

    assert "of 8 customers have read it" in content
    assert "5 have not" in content


def test_a_branchs_announcement_counts_its_branchs_customers(
    maker: Any, checker: Any, northerner: Any, north: Any, south: Any
) -> None:
    draft = make_draft(maker, must_read=True, branch=north)
    publish(maker, checker, draft)
    make_readers(draft, read=1, unread=1, branch=north)
    make_readers(draft, read=2, unread=2, branch=south)

    content = sign_in(northerner).get(page(draft)).content.decode()
    unread = sign_in(northerner).get(page(draft, "unread")).content.decode()

    assert "of 2 customers have read it" in content
    assert "CN010001" in unread
    assert "CS01" not in unread


def test_who_has_not_read_is_paged_by_key(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    make_readers(draft, read=2, unread=70)
    client = sign_in(maker)

    first = client.get(page(draft, "unread")).context["page"]
    second = client.get(f"{page(draft, 'unread')}?after={first.next_after}").context["page"]

    numbers = [each.number for each in (*first.customers, *second.customers)]
    assert numbers == [f"C{number:04d}" for number in range(2, 72)]
    assert (len(first.customers), second.next_after) == (50, "")


def test_the_list_of_non_readers_is_exported_masked_and_recorded(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    make_readers(draft, read=1, unread=2)

    answer = sign_in(maker).post(page(draft, "unread/export"))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["C0001", "张*1"], ["C0002", "张*2"]]
    event = AuditEvent.objects.get(event="announcements.unread_exported")
    assert (event.actor_id, event.target_id, event.after["rows"]) == (maker.pk, str(draft.uid), 2)


def test_only_who_may_see_readers_does(maker: Any, checker: Any, viewer: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    client = sign_in(viewer)

    assert client.get(page(draft, "unread")).status_code == 403
    assert client.post(page(draft, "unread/export")).status_code == 403
    assert client.get(page(draft, "unread/export")).status_code == 405
    assert "unread/" not in client.get(page(draft)).content.decode()
    assert not AuditEvent.objects.filter(event="announcements.unread_exported").exists()


def test_an_announcement_that_need_not_be_read_has_no_readers(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    assert sign_in(maker).get(page(draft, "unread")).status_code == 404


# --- the platform ---------------------------------------------------------------------------------
def test_the_province_has_the_same_pages_without_branches(db: None) -> None:
    writer = make_operator("pia", "operator")
    draft = make_draft(writer, "For the province", must_read=True)
    client = sign_in(writer, "console.localhost")

    assert "For the province" in client.get(LIST).content.decode()
    content = client.get(page(draft)).content.decode()
    assert 'name="branch"' not in content
    assert client.post(page(draft), FORM).status_code == 302
    draft.refresh_from_db()
    assert draft.version == 2
