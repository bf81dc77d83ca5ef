from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from approvals.badges import sent_back_to_me, waiting_for_me
from approvals.models import Decision, Request
from approvals.services import approve_request, send_back_request
from audit.models import AuditEvent
from operators.models import Operator
from publishing.models import Publication
from publishing.services import submit_for_review
from tests.approvals.people import edit_draft, make_draft, make_operator, sign_in
from tests.approvals.people import publish as publish_draft
from tests.operators.people import make_branch

INBOX = "/admin/approvals/request/"


def post(operator: Operator, request: Request, verb: str, **fields: str) -> HttpResponse:
    return sign_in(operator).post(f"{INBOX}{request.pk}/{verb}/", fields)


def page(operator: Operator, request: Request) -> str:
    response = sign_in(operator).get(f"{INBOX}{request.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def offered(html: str) -> set[str]:
    verbs = ("approve", "send-back", "withdraw", "rebase")
    return {verb for verb in verbs if f'action="../{verb}/"' in html}


@pytest.fixture
def in_review(maker: Operator) -> Request:
    return submit_for_review(actor=maker, draft=make_draft(maker), note="Please by noon.")


def test_a_checker_approves_on_the_page(in_review: Request, checker: Operator) -> None:
    assert offered(page(checker, in_review)) == {"approve", "send-back"}

    response = post(checker, in_review, "approve", comment="fine")

    assert (response.status_code, response["Location"]) == (302, f"{INBOX}{in_review.pk}/change/")
    in_review.refresh_from_db()
    assert in_review.status == "approved"
    assert Publication.objects.count() == 1
    html = page(checker, in_review)
    assert offered(html) == set()
    assert "fine" in html


def test_the_same_approval_posted_twice_answers_alike(in_review: Request, checker: Any) -> None:
    first = post(checker, in_review, "approve")
    second = post(checker, in_review, "approve")

    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert (Publication.objects.count(), Decision.objects.count()) == (1, 1)


# --- bad input: a sentence, and nothing changed -----------------------------------------------
def refused(response: HttpResponse, status: int, sentence: str, request: Request) -> None:
    assert response.status_code == status
    html = response.content.decode()
    assert sentence in html
    assert 'role="alert"' in html
    before = request.status
    request.refresh_from_db()
    assert request.status == before
    assert not Decision.objects.filter(request=request).exclude(verdict="approve").exists()


@pytest.mark.parametrize(
    "roles", [["maker"], ["maker", "checker"], ["maker", "checker", "administrator"]]
)
def test_approving_ones_own_draft_by_hand_made_post(bank: Any, roles: list[str]) -> None:
    person = make_operator("omar", *roles)
    request = submit_for_review(actor=person, draft=make_draft(person))
    sentences = {1: "You are not allowed to do this."}

    response = post(person, request, "approve")

    refused(response, 403, sentences.get(len(roles), "another person has to check it"), request)
    assert Publication.objects.count() == 0


def test_approving_what_one_has_edited(maker: Operator, bank: Any) -> None:
    both = make_operator("omar", "maker", "checker")
    draft = edit_draft(both, make_draft(maker), title="Another title")
    request = submit_for_review(actor=maker, draft=draft)

    refused(post(both, request, "approve"), 403, "You had a hand in this change", request)
    assert Publication.objects.count() == 0


def test_approving_a_stale_review(maker: Operator, checker: Operator) -> None:
    draft = make_draft(maker)
    publish_draft(maker, checker, draft)
    draft.refresh_from_db()
    request = submit_for_review(actor=maker, draft=edit_draft(maker, draft, title="Newer"))
    withdraw(checker, draft)

    response = post(checker, request, "approve")

    refused(response, 409, "What is live has changed since; rebase it first.", request)
    assert Publication.objects.count() == 2
    assert offered(page(checker, request)) == {"send-back"}
    assert offered(page(maker, request)) == {"withdraw", "rebase"}


def test_a_stale_review_is_rebased_on_the_page(maker: Operator, checker: Operator) -> None:
    draft = make_draft(maker)
    publish_draft(maker, checker, draft)
    draft.refresh_from_db()
    stale = submit_for_review(actor=maker, draft=edit_draft(maker, draft, title="Newer"))
    withdraw(checker, draft)

    response = post(maker, stale, "rebase")

    new = Request.objects.get(replaces=stale)
    assert response["Location"] == f"{INBOX}{new.pk}/change/"
    assert post(checker, new, "approve").status_code == 302
    assert Publication.objects.first().title == "Newer"


def test_approving_what_another_has_decided(
    in_review: Request, checker: Operator, second_checker: Operator
) -> None:
    approve_request(actor=checker, request_id=in_review.pk)
    in_review.refresh_from_db()

    response = post(second_checker, in_review, "approve")

    refused(response, 409, "This has already been approved.", in_review)
    assert (Publication.objects.count(), Decision.objects.count()) == (1, 1)


def test_approving_out_of_ones_branch(maker: Operator, bank: Any) -> None:
    north, south = make_branch("N"), make_branch("S")
    local = make_operator("luo", "branch", branch=south)
    allow(local, "approve_publication")
    request = submit_for_review(actor=maker, draft=make_draft(maker, branch=north))

    response = post(local, request, "approve")

    refused(response, 403, "This belongs to another branch.", request)
    assert request.title not in response.content.decode()
    assert sign_in(local).get(f"{INBOX}{request.pk}/change/").status_code == 302


@pytest.mark.parametrize("role", ["viewer", "administrator"])
@pytest.mark.parametrize("verb", ["approve", "send-back"])
def test_deciding_without_permission(in_review: Request, role: str, verb: str) -> None:
    response = post(make_operator("vera", role), in_review, verb, comment="no")

    refused(response, 403, "You are not allowed to do this.", in_review)


def test_sending_back_without_a_comment(in_review: Request, checker: Operator) -> None:
    refused(post(checker, in_review, "send-back", comment=" "), 400, "Say what has to", in_review)


def test_withdrawing_what_somebody_else_made(in_review: Request, checker: Operator) -> None:
    refused(post(checker, in_review, "withdraw"), 403, "Only those who made this", in_review)


def test_approving_an_overdue_review(maker: Operator, checker: Operator) -> None:
    then = timezone.now() - timedelta(days=15)
    request = submit_for_review(actor=maker, draft=make_draft(maker), at=then)

    refused(post(checker, request, "approve"), 409, "This review has expired", request)
    assert "Nobody decided in time" in page(checker, request)


def test_a_request_that_is_not_there(checker: Operator) -> None:
    assert sign_in(checker).post(f"{INBOX}999/approve/").status_code == 404


def test_a_verb_is_never_a_link(in_review: Request, checker: Operator) -> None:
    assert sign_in(checker).get(f"{INBOX}{in_review.pk}/approve/").status_code == 405


def test_a_post_needs_the_forms_token(in_review: Request, checker: Operator) -> None:
    client = sign_in(checker)
    client.handler.enforce_csrf_checks = True

    assert client.post(f"{INBOX}{in_review.pk}/approve/").status_code == 403
    assert Publication.objects.count() == 0


# --- what the page shows ----------------------------------------------------------------------
def test_the_page_shows_who_when_why_and_what_changes(in_review: Request, checker: Any) -> None:
    html = page(checker, in_review)

    assert "Please by noon." in html
    assert "Maintenance tonight" in html
    assert "The mobile bank rests from 1 to 3." in html
    assert f"/preview/desk/?request={in_review.pk}" in html


def test_changed_words_are_marked(maker: Operator, checker: Operator) -> None:
    draft = make_draft(maker, body="<p>From 1 to 3.</p>")
    publish_draft(maker, checker, draft)
    draft.refresh_from_db()
    edit_draft(maker, draft, body="<p>From 1 to 5.</p>")
    request = submit_for_review(actor=maker, draft=draft)

    html = page(checker, request)

    assert "<del>3</del>" in html
    assert "<ins>5</ins>" in html


def test_markup_in_a_row_never_runs(in_review: Request, checker: Operator) -> None:
    payload = {**in_review.payload, "title": "<script>one()</script>"}
    payload["payload"] = {**payload["payload"], "body": "<p onclick=two()>x<script>two()</script>"}
    Request.objects.filter(pk=in_review.pk).update(payload=payload)

    html = page(checker, in_review)

    assert "<script>one()" not in html
    assert "two()" not in html


# --- the inbox ----------------------------------------------------------------------------------
def listed(operator: Operator, tab: str) -> list[str]:
    response = sign_in(operator).get(INBOX, {"tab": tab})
    assert response.status_code == 200
    return [row.title for row in response.context["cl"].result_list]


def test_each_tab_shows_its_requests_and_their_number(maker: Operator, checker: Operator) -> None:
    waiting = submit_for_review(actor=maker, draft=make_draft(maker, title="Waiting"))
    back = submit_for_review(actor=maker, draft=make_draft(maker, title="Back"))
    send_back_request(actor=checker, request_id=back.pk, comment="no")
    soon = timezone.now() - timedelta(days=12)
    submit_for_review(actor=maker, draft=make_draft(maker, title="Soon"), at=soon)

    assert listed(checker, "waiting") == ["Waiting", "Soon"]
    assert listed(checker, "mine") == []
    assert listed(maker, "waiting") == []
    assert listed(maker, "mine") == ["Back", "Waiting", "Soon"]
    assert listed(maker, "sent_back") == ["Back"]
    assert listed(checker, "expiring") == ["Soon"]
    assert len(listed(checker, "all")) == 3
    response = sign_in(maker).get(INBOX)
    assert [tab.count for tab in response.context["cl"].shown_tabs] == [0, 3, 1, 1, 3]
    assert waiting.pk


class Asking:
    def __init__(self, user: Operator) -> None:
        self.user = user


def test_badges_count_what_asks_for_attention(maker: Operator, checker: Operator) -> None:
    back = submit_for_review(actor=maker, draft=make_draft(maker))
    submit_for_review(actor=maker, draft=make_draft(maker))
    assert (waiting_for_me(Asking(checker)), sent_back_to_me(Asking(maker))) == ("2", "")

    send_back_request(actor=checker, request_id=back.pk, comment="no")

    assert (waiting_for_me(Asking(checker)), sent_back_to_me(Asking(maker))) == ("1", "1")


def test_a_page_of_requests_costs_the_same_for_one_and_for_twenty(
    maker: Operator, checker: Operator
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in(checker)
    counts = []
    for count in (1, 19):
        for _number in range(count):
            submit_for_review(actor=maker, draft=make_draft(maker))
        client.get(INBOX)
        with CaptureQueriesContext(connection) as queries:
            client.get(INBOX)
        counts.append(sum("search_path" not in query["sql"] for query in queries))

    assert counts[0] == counts[1]


# --- helpers ------------------------------------------------------------------------------------
def withdraw(checker: Operator, draft: Any) -> None:
    from publishing.services import withdraw_now

    withdraw_now(actor=checker, kind="announcement", target_id=draft.uid, reason="wrong")


def allow(operator: Operator, codename: str) -> None:
    from django.contrib.auth.models import Group, Permission

    group = Group.objects.create(name=f"extra {codename}")
    group.permissions.add(*Permission.objects.filter(codename=codename))
    operator.groups.add(group)


def test_every_verb_leaves_an_event(maker: Operator, checker: Operator) -> None:
    first = submit_for_review(actor=maker, draft=make_draft(maker))
    post(checker, first, "send-back", comment="no")
    second = submit_for_review(actor=maker, draft=make_draft(maker))
    post(maker, second, "withdraw")
    third = submit_for_review(actor=maker, draft=make_draft(maker))
    post(checker, third, "approve")

    names = AuditEvent.objects.filter(event__startswith="approvals.").values_list(
        "event", flat=True
    )

    assert sorted(names) == [
        "approvals.request_approved",
        "approvals.request_sent_back",
        "approvals.request_submitted",
        "approvals.request_submitted",
        "approvals.request_submitted",
        "approvals.request_withdrawn",
    ]
