from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from approvals import services as approvals
from approvals.models import Request
from operators.errors import NotAllowed
from publishing import errors, withdrawals
from publishing.models import Edition, Publication
from publishing.services import current_edition, request_withdrawal
from tests.approvals.people import edit_draft, empower, make_draft, make_operator, publish
from tests.operators.people import make_branch

KIND = "announcement"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def live(maker: Any, checker: Any, *titles: str, **fields: Any) -> list[Any]:
    drafts = [make_draft(maker, title, **fields) for title in titles]
    for draft in drafts:
        publish(maker, checker, draft)
    return drafts


def chosen(drafts: list[Any]) -> list[tuple[str, object]]:
    return [(KIND, draft.uid) for draft in drafts]


def ask(actor: Any, drafts: list[Any], **more: Any) -> Request:
    return withdrawals.request_withdrawals(actor=actor, targets=chosen(drafts), **more)


def titles_live() -> list[str]:
    return sorted(item["title"] for item in current_edition().document["items"])


def test_one_approval_takes_all_off_with_one_edition(maker: Any, checker: Any) -> None:
    drafts = live(maker, checker, "A", "B", "C")
    request = ask(maker, drafts[:2], note="season over")
    assert titles_live() == ["A", "B", "C"]
    editions = Edition.objects.count()

    approvals.approve_request(actor=checker, request_id=request.pk)

    assert titles_live() == ["C"]
    assert Edition.objects.count() == editions + 1
    taken = Publication.objects.filter(request=request)
    assert {(row.title, row.action, row.maker_name, row.checker_name) for row in taken} == {
        ("A", "withdraw", "mia", "chen"), ("B", "withdraw", "mia", "chen"),
    }  # fmt: skip
    assert {row.reason for row in taken} == {"season over"}


def test_the_request_freezes_what_it_is_about_and_says_so(maker: Any, checker: Any) -> None:
    drafts = live(maker, checker, "A", "B")

    request = ask(maker, drafts)

    assert request.title == "“A” and 1 more"
    assert [(i["kind"], i["id"], i["title"], i["version"]) for i in request.payload["items"]] == [
        (KIND, str(draft.uid), draft.title, 1) for draft in drafts
    ]
    rows = approvals.registry.get(request.kind).describe(request)
    assert [row.before.split(" · ")[0] for row in rows] == ["A (version 1)", "B (version 1)"]
    assert {row.after for row in rows} == {"withdrawn"}


def test_the_preview_says_what_is_skipped_and_why(maker: Any, checker: Any) -> None:
    now = timezone.now()
    [fine, gone, single, bulk] = live(maker, checker, "Fine", "Gone", "Single", "Bulk")
    [ended] = live(maker, checker, "Ended", ends_at=now + timedelta(minutes=5))
    never = make_draft(maker, "Never")
    request = request_withdrawal(actor=maker, kind=KIND, target_id=gone.uid)
    approvals.approve_request(actor=checker, request_id=request.pk)
    request_withdrawal(actor=maker, kind=KIND, target_id=single.uid)
    ask(maker, [bulk])

    found = withdrawals.preview_withdrawals(
        actor=maker,
        targets=chosen([fine, gone, single, bulk, ended, never, fine]),
        at=now + timedelta(minutes=6),
    )

    assert [each.title for each in found.taken] == ["Fine"]
    assert {each.title: str(each.reason) for each in found.skipped} == {
        "Gone": "It has been withdrawn already.",
        "Single": "Its withdrawal is in review already.",
        "Bulk": "Its withdrawal is in review already.",
        "Ended": "Its period has ended; customers no longer see it.",
        "Never": "It is not published.",
    }


def test_what_is_skipped_stays_out_of_the_request(maker: Any, checker: Any) -> None:
    drafts = [*live(maker, checker, "A"), make_draft(maker, "Never")]

    assert [item["title"] for item in ask(maker, drafts).payload["items"]] == ["A"]
    with pytest.raises(errors.NothingChosen, match="None of these"):
        ask(maker, drafts)


def test_too_many_are_refused(maker: Any) -> None:
    with pytest.raises(errors.TooMany, match="at most 200"):
        withdrawals.request_withdrawals(
            actor=maker, targets=[(KIND, f"{n:032x}") for n in range(201)]
        )


def test_a_change_of_any_of_them_makes_it_stale_and_a_rebase_mends_it(
    maker: Any, checker: Any
) -> None:
    drafts = live(maker, checker, "A", "B")
    request = ask(maker, drafts)
    drafts[1].refresh_from_db()
    publish(maker, checker, edit_draft(maker, drafts[1], title="B2"))

    with pytest.raises(approvals.errors.Stale):
        approvals.approve_request(actor=checker, request_id=request.pk)
    again = approvals.rebase_request(actor=maker, request_id=request.pk)
    assert [item["title"] for item in again.before["items"]] == ["A", "B2"]
    approvals.approve_request(actor=checker, request_id=again.pk)

    assert titles_live() == []


def test_a_rebase_names_what_has_gone_meanwhile(maker: Any, checker: Any) -> None:
    drafts = live(maker, checker, "A", "B")
    request = ask(maker, drafts)
    alone = request_withdrawal(actor=maker, kind=KIND, target_id=drafts[0].uid)
    approvals.approve_request(actor=checker, request_id=alone.pk)

    with pytest.raises(errors.NotPublished, match="“A” has been withdrawn meanwhile"):
        approvals.rebase_request(actor=maker, request_id=request.pk)


def test_branch_staff_withdraw_their_own_only(maker: Any, checker: Any) -> None:
    root = make_branch("0")
    north, south = make_branch("N", root), make_branch("S", root)
    [own] = live(maker, checker, "Northern", branch=north)
    [other] = live(maker, checker, "Southern", branch=south)
    [whole] = live(maker, checker, "Everywhere")
    nora = make_operator("nora", "branch", branch=north)

    found = withdrawals.preview_withdrawals(actor=nora, targets=chosen([own, other, whole]))
    request = ask(nora, [own, other, whole])

    assert [each.title for each in found.taken] == ["Northern"]
    assert [(each.title, str(each.reason)) for each in found.skipped] == [
        ("—", "It belongs to another branch.")
    ] * 2
    assert (request.branch_path, request.branch_name) == (north.path, north.name)


def test_a_branch_checker_decides_on_nothing_of_others(maker: Any, checker: Any) -> None:
    root = make_branch("0")
    north, south = make_branch("N", root), make_branch("S", root)
    drafts = [
        *live(maker, checker, "Northern", branch=north),
        *live(maker, checker, "Southern", branch=south),
    ]
    confined = empower(make_operator("bo", "branch", branch=north), "approve_publication")
    both, alone = ask(maker, drafts), ask(maker, live(maker, checker, "North 2", branch=north))

    assert (both.branch_path, alone.branch_path) == (root.path, north.path)
    with pytest.raises(NotAllowed):
        approvals.approve_request(actor=confined, request_id=both.pk)
    assert approvals.approve_request(actor=confined, request_id=alone.pk).status == "approved"


def test_content_that_moved_to_another_branch_leaves_a_branch_s_hands(
    maker: Any, checker: Any
) -> None:
    root = make_branch("0")
    north, south = make_branch("N", root), make_branch("S", root)
    [draft] = live(maker, checker, "Northern", branch=north)
    nora = make_operator("nora", "branch", branch=north)
    request = ask(nora, [draft])
    draft.refresh_from_db()
    publish(maker, checker, edit_draft(maker, draft, branch=south))

    with pytest.raises(NotAllowed):
        approvals.rebase_request(actor=nora, request_id=request.pk)


def test_viewers_may_not_ask(maker: Any, checker: Any) -> None:
    drafts = live(maker, checker, "A")

    with pytest.raises(errors.NothingChosen, match="not allowed to change content of this kind"):
        ask(make_operator("vera", "viewer"), drafts)


def test_the_maker_takes_the_request_back(maker: Any, checker: Any) -> None:
    drafts = live(maker, checker, "A")
    request = ask(maker, drafts)

    approvals.withdraw_request(actor=maker, request_id=request.pk)

    assert titles_live() == ["A"]
    assert ask(maker, drafts).status == "pending"
