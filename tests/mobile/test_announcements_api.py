from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.models import Announcement, ReadReceipt
from mobile.api.serializers import AnnouncementDetail, AnnouncementList, Home
from tests.approvals.people import make_draft, publish
from tests.mobile.phones import HOME, LIST, Phone, token
from tests.mobile.test_home import publish_for_the_province
from tests.operators.people import make_branch


def problem_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    document = answer.json()
    assert set(document) >= {"type", "status", "code", "detail", "request_id"}
    assert document["status"] == answer.status_code
    return answer.status_code, document["code"]


def fields_of(serializer: Any) -> list[str]:
    return list(serializer().fields)


def test_the_list_and_the_text_have_the_documented_form(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    phone = Phone()

    listed, detail = phone.get(LIST).json(), phone.get(f"{LIST}/{draft.uid}").json()

    assert list(listed) == fields_of(AnnouncementList)
    assert list(detail) == fields_of(AnnouncementDetail)
    assert list(phone.home()) == fields_of(Home)
    assert detail["body"] == draft.body
    assert listed["announcements"] == [
        {name: value for name, value in detail.items() if name != "body"}
    ]
    assert listed["edition"] == phone.home()["edition"]


def test_a_body_stored_by_another_hand_goes_out_sanitised(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, body="<p onclick=x>a</p><script>b</script>")
    Announcement.objects.filter(pk=draft.pk).update(body="<p onclick=x>a</p><script>b</script>")
    publish(maker, checker, draft)

    assert Phone().get(f"{LIST}/{draft.uid}").json()["body"] == "<p>a</p>"


def test_what_is_not_live_for_this_customer_is_not_found(maker: Any, checker: Any) -> None:
    north = make_branch("N01")
    later = make_draft(maker, starts_at=timezone.now() + timedelta(hours=1))
    of_branch = make_draft(maker, "north", branch=north)
    for draft in (later, of_branch):
        publish(maker, checker, draft)
    draft = make_draft(maker, "unapproved")

    for uid in (later.uid, of_branch.uid, draft.uid, uuid4()):
        assert problem_of(Phone().get(f"{LIST}/{uid}")) == (404, "not_found")
        assert problem_of(Phone().read(uid)) == (404, "not_found")
    assert not ReadReceipt.objects.exists()


def test_a_receipt_is_written_once(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    phone = Phone(number="C7")

    first, second = phone.read(draft.uid), phone.read(draft.uid)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    receipt = ReadReceipt.objects.get()
    assert (receipt.announcement_uid, receipt.customer_number, receipt.publication_version) == (
        draft.uid, "C7", 1,
    )  # fmt: skip
    assert phone.home()["announcements"][0]["read"] is True


def test_a_receipt_for_the_provinces_announcement_stays_in_the_bank(alpha: Any, beta: Any) -> None:
    draft = publish_for_the_province(must_read=True)

    assert Phone("beta", "B1").read(draft.uid).status_code == 200

    with tenant_context(beta):
        assert ReadReceipt.objects.get().customer_number == "B1"
    with tenant_context(alpha):
        assert not ReadReceipt.objects.exists()


def test_only_must_read_announcements_are_confirmed(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    assert problem_of(Phone().read(draft.uid)) == (409, "not_must_read")
    assert not ReadReceipt.objects.exists()


def test_a_visitor_confirms_nothing(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)

    assert problem_of(Phone(number=None).read(draft.uid)) == (403, "customers_only")
    assert not ReadReceipt.objects.exists()


@pytest.mark.parametrize(
    ("bearer", "expected"),
    [
        (None, (401, "token_missing")),
        ("Basic dTpw", (401, "token_missing")),
        ("Bearer", (401, "token_missing")),
        ("Bearer abc", (401, "bad_token")),
        (f"Bearer {token(sub='C1', exp=1)}", (401, "token_expired")),
        (f"Bearer {token('beta', sub='C1')}", (403, "wrong_bank")),
        (f"Bearer {token('beta')}", (403, "wrong_bank")),
        (f"Bearer {token(system='core')}", (403, "customers_only")),
    ],
)
def test_every_route_refuses_a_token_that_is_not_this_banks(
    maker: Any, checker: Any, bearer: str | None, expected: tuple[int, str]
) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    client = Phone().client
    headers = {"Authorization": bearer} if bearer else {}

    answers = [client.get(path, headers=headers) for path in (HOME, LIST, f"{LIST}/{draft.uid}")]
    answers.append(client.post(f"{LIST}/{draft.uid}/read", headers=headers))

    assert [problem_of(answer) for answer in answers] == [expected] * 4
    challenges = {answer.headers.get("WWW-Authenticate") for answer in answers}
    assert challenges == ({"Bearer"} if expected[0] == 401 else {None})
    assert not ReadReceipt.objects.exists()


def test_a_session_of_the_console_opens_nothing_here(maker: Any) -> None:
    client = Phone().client
    client.force_login(maker)

    assert problem_of(client.get(HOME)) == (401, "token_missing")
    assert problem_of(client.get(LIST)) == (401, "token_missing")


def test_wrong_methods_and_addresses_are_problems(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    phone = Phone()

    for answer in (phone.post(HOME), phone.post(LIST), phone.get(f"{LIST}/{draft.uid}/read")):
        assert problem_of(answer) == (405, "method_not_allowed")
        assert answer.headers["Allow"]
    for path in (f"{LIST}/not-a-uuid", f"{LIST}/{draft.uid}/x", "/api/channel/v1/nothing"):
        assert problem_of(phone.get(path)) == (404, "not_found")


def test_a_body_that_is_too_large_is_refused(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)

    answer = Phone().post(
        f"{LIST}/{draft.uid}/read", data="x" * 20_000, content_type="application/json"
    )

    assert problem_of(answer) == (413, "too_large")
    assert not ReadReceipt.objects.exists()


def test_the_platforms_host_has_no_channel_api(db: None) -> None:
    answer = Phone("console").get(HOME)

    assert answer.status_code == 404
