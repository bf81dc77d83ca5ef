from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.models import Request
from publishing.models import Publication
from publishing.services import current_edition
from tests.approvals.people import make_draft, make_operator, publish, sign_in
from tests.operators.people import make_branch

LIST = "/admin/publishing/publication/"
TAKEDOWNS = f"{LIST}takedowns/"


@pytest.fixture
def live(maker: Any, checker: Any) -> list[Publication]:
    for title in ("First", "Second", "Third"):
        publish(maker, checker, make_draft(maker, title))
    return list(Publication.objects.order_by("number"))


def run(client: Client, action: str, rows: list[Any], **more: str) -> Any:
    ticked = [str(row.pk) for row in rows]
    return client.post(LIST, {"action": action, "index": "0", "_selected_action": ticked, **more})


def titles_live() -> list[str]:
    return sorted(item["title"] for item in current_edition().document["items"])


def said(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_maker_sees_what_a_request_would_take_and_skip(live: Any, maker: Any) -> None:
    client = sign_in(maker)
    run(client, "request_withdrawals", live[:1], confirmed="yes")

    page = run(client, "request_withdrawals", live[:2])

    assert page.status_code == 200
    assert [row["title"] for row in page.context["rows"]] == ["Second"]
    assert [each.title for each in page.context["skipped"]] == ["First"]
    assert "Its withdrawal is in review already." in page.content.decode()
    assert Request.objects.filter(kind="bulk_withdrawal").count() == 1


def test_a_maker_asks_for_several_and_takes_it_back(live: Any, maker: Any) -> None:
    client = sign_in(maker)

    answer = run(client, "request_withdrawals", live[:2], confirmed="yes", note="over")

    assert (answer.status_code, answer["Location"]) == (302, LIST)
    request = Request.objects.get(kind="bulk_withdrawal")
    assert (request.note, len(request.payload["items"])) == ("over", 2)
    page = said(client, LIST)
    undo = f"/admin/approvals/request/{request.pk}/withdraw/"
    assert "2 submitted in one request" in page
    assert f'<form method="post" action="{undo}">' in page
    assert client.post(undo).status_code == 302
    request.refresh_from_db()
    assert request.status == "withdrawn"


def test_the_review_page_lists_them(live: Any, maker: Any, checker: Any) -> None:
    run(sign_in(maker), "request_withdrawals", live, confirmed="yes")
    request = Request.objects.get(kind="bulk_withdrawal")

    html = said(sign_in(checker), f"/admin/approvals/request/{request.pk}/change/")

    assert all(title in html for title in ("First", "Second", "Third"))
    assert "3 lines change" in html


def test_a_checker_takes_several_down_at_once_and_undoes_it(live: Any, checker: Any) -> None:
    client = sign_in(checker)

    refused = run(client, "withdraw_several_now", live[:2], confirmed="yes", reason=" ")
    assert refused.status_code == 400
    assert "Say why it is withdrawn." in refused.content.decode()
    assert titles_live() == ["First", "Second", "Third"]

    assert run(client, "withdraw_several_now", live[:2], confirmed="yes", reason="x")
    assert titles_live() == ["Third"]
    keys = Request.objects.filter(kind="takedown").order_by("pk").values_list("pk", flat=True)
    undo = f"{TAKEDOWNS}undo/?request={keys[0]}&request={keys[1]}"
    assert undo.replace("&", "&amp;") in said(client, LIST)
    client.post(undo)
    assert titles_live() == ["First", "Second", "Third"]
    assert "“First” is back for customers." in said(client, TAKEDOWNS)


def test_those_who_may_not_find_no_action(live: Any, maker: Any, checker: Any) -> None:
    def offered(operator: Any) -> list[str]:
        form = sign_in(operator).get(LIST).context["action_form"]
        return [name for name, _label in form.fields["action"].choices if name]

    assert offered(maker) == ["request_withdrawals"]
    assert offered(checker) == ["withdraw_several_now"]
    vera = make_operator("vera", "viewer")
    assert sign_in(vera).get(LIST).context["action_form"] is None
    run(sign_in(vera), "withdraw_several_now", live, confirmed="yes", reason="x")
    run(sign_in(maker), "withdraw_several_now", live, confirmed="yes", reason="x")
    assert len(titles_live()) == 3


def test_rows_of_other_branches_cannot_be_ticked(maker: Any, checker: Any) -> None:
    north, south = make_branch("N"), make_branch("S")
    publish(maker, checker, make_draft(maker, "Southern", branch=south))
    client = sign_in(make_operator("nora", "branch", branch=north))

    page = run(client, "request_withdrawals", list(Publication.objects.all()), confirmed="yes")

    assert Request.objects.filter(kind="bulk_withdrawal").count() == 0
    assert "Southern" not in page.content.decode()


# --- take-downs -----------------------------------------------------------------------------------
@pytest.fixture
def down(live: Any, checker: Any) -> Request:
    sign_in(checker).post(f"{LIST}{live[0].pk}/withdraw-now/", {"reason": "wrong rate"})
    return Request.objects.get(kind="takedown")


def test_a_take_down_stands_in_the_list_until_somebody_reviews_it(
    down: Request, checker: Any, second_checker: Any
) -> None:
    assert f"{TAKEDOWNS}undo/?request={down.pk}" in said(sign_in(checker), TAKEDOWNS)
    other = said(sign_in(second_checker), TAKEDOWNS)
    assert "wrong rate" in other
    assert "undo/?" not in other

    sign_in(second_checker).post(f"/admin/approvals/request/{down.pk}/approve/")

    assert "wrong rate" not in said(sign_in(checker), TAKEDOWNS)
    assert "confirmed" in said(sign_in(checker), f"{TAKEDOWNS}?tab=all")


def test_the_page_of_the_version_says_it_and_offers_the_way_back(
    down: Request, checker: Any, maker: Any
) -> None:
    newest = Publication.objects.first()
    address = f"{LIST}{newest.pk}/change/"

    assert "Taken down in an emergency by chen" in said(sign_in(maker), address)
    assert "Undo the take-down" not in said(sign_in(maker), address)
    assert "Undo the take-down" in said(sign_in(checker), address)


def test_the_review_page_speaks_of_a_take_down(
    down: Request, checker: Any, second_checker: Any
) -> None:
    address = f"/admin/approvals/request/{down.pk}/"
    page = said(sign_in(second_checker), f"{address}change/")
    assert "Confirm the take-down" in page
    assert "Object and restore" in page
    assert "Undo the take-down" in said(sign_in(checker), f"{address}change/")

    sign_in(second_checker).post(f"{address}send-back/", {"comment": "it is right"})

    assert titles_live() == ["First", "Second", "Third"]
    assert "It is back for customers, as it was." in said(sign_in(checker), f"{address}change/")


def test_what_nobody_reviewed_stays_in_sight(down: Request, checker: Any) -> None:
    Request.objects.filter(pk=down.pk).update(status="expired")

    assert "wrong rate" not in said(sign_in(checker), TAKEDOWNS)
    assert "wrong rate" in said(sign_in(checker), f"{TAKEDOWNS}?tab=unreviewed")


def test_others_undo_nothing(down: Request, second_checker: Any, maker: Any) -> None:
    for operator in (second_checker, maker):
        sign_in(operator).post(f"{TAKEDOWNS}undo/?request={down.pk}&request=x&request=999999999")

    assert titles_live() == ["Second", "Third"]


def test_branch_staff_see_their_own_take_downs_only(maker: Any, checker: Any) -> None:
    north, south = make_branch("N"), make_branch("S")
    draft = make_draft(maker, "Southern", branch=south)
    publish(maker, checker, draft)
    client = sign_in(checker)
    client.post(f"{LIST}{Publication.objects.get().pk}/withdraw-now/", {"reason": "x"})

    nora, sora = (make_operator(n, "branch", branch=b) for n, b in (("n", north), ("s", south)))
    assert "Southern" not in said(sign_in(nora), f"{TAKEDOWNS}?tab=all")
    assert "Southern" in said(sign_in(sora), f"{TAKEDOWNS}?tab=all")
