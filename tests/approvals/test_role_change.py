from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from approvals import errors
from approvals.models import Request
from approvals.services import approve_request, withdraw_request
from operators.errors import NotAllowed
from operators.services import (
    disable_operator,
    request_role_change,
    role_names,
)
from publishing.services import submit_for_review
from tests.approvals.people import make_draft, make_operator, sign_in


def ask(administrator: Any, person: Any, *roles: str) -> Request:
    return request_role_change(actor=administrator, operator_id=person.pk, roles=roles)


def test_roles_change_when_a_second_person_approves(administrator: Any, checker: Any) -> None:
    person = make_operator("vera", "viewer")
    request = ask(administrator, person, "maker")
    assert role_names(person) == ["viewer"]

    approve_request(actor=checker, request_id=request.pk)

    assert role_names(person) == ["maker"]


@pytest.mark.parametrize("role", ["maker", "viewer"])
def test_who_may_not_approve_a_role_change(administrator: Any, role: str) -> None:
    person, other = make_operator("vera", "viewer"), make_operator("otto", role)
    request = ask(administrator, person, "checker")

    with pytest.raises(NotAllowed), transaction.atomic():
        approve_request(actor=other, request_id=request.pk)
    assert role_names(person) == ["viewer"]


def test_nobody_approves_their_own_roles_nor_takes_the_proposal_back(
    administrator: Any, checker: Any
) -> None:
    request = ask(administrator, checker, "viewer")

    with pytest.raises(errors.OwnChange), transaction.atomic():
        approve_request(actor=checker, request_id=request.pk)
    with pytest.raises(errors.NotTheMaker), transaction.atomic():
        withdraw_request(actor=checker, request_id=request.pk)
    with pytest.raises(errors.OwnChange), transaction.atomic():
        approve_request(actor=administrator, request_id=request.pk)
    assert role_names(checker) == ["checker"]


def test_a_role_change_upon_other_roles_is_stale(administrator: Any, checker: Any) -> None:
    person = make_operator("vera", "viewer")
    request = ask(administrator, person, "maker")
    person.groups.clear()

    with pytest.raises(errors.Stale), transaction.atomic():
        approve_request(actor=checker, request_id=request.pk)
    assert role_names(person) == []


def test_the_page_shows_both_sets_of_roles(administrator: Any, checker: Any) -> None:
    request = ask(administrator, make_operator("vera", "viewer"), "maker", "checker")

    html = sign_in(checker).get(f"/admin/approvals/request/{request.pk}/change/").content.decode()

    assert "checker、maker" in html
    assert 'action="../approve/"' in html


def test_a_leavers_requests_are_withdrawn_and_drafts_move(
    administrator: Any, maker: Any, checker: Any
) -> None:
    colleague = make_operator("otto", "maker")
    draft = make_draft(maker)
    request = submit_for_review(actor=maker, draft=draft)
    about = ask(administrator, maker, "viewer")

    disable_operator(actor=administrator, operator_id=maker.pk, colleague_id=colleague.pk)

    for each in (request, about, draft):
        each.refresh_from_db()
    assert (request.status, about.status) == ("withdrawn", "withdrawn")
    assert (draft.owner, draft.contributors) == (colleague, [maker.pk])


def test_a_leaver_with_drafts_needs_a_colleague(administrator: Any, maker: Any) -> None:
    from operators.errors import ColleagueNeeded

    make_draft(maker)

    with pytest.raises(ColleagueNeeded), transaction.atomic():
        disable_operator(actor=administrator, operator_id=maker.pk)

    maker.refresh_from_db()
    assert maker.is_active
