from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django_tenants.utils import tenant_context

from customers.figures import item_figures, item_figures_context
from tenants.platform import PLATFORM
from tests.approvals.people import make_draft, make_operator, publish, sign_in
from tests.customers.touchpoints import event, taken
from tests.operators.people import make_branch

LIST = "/admin/announcements/announcement/"


def seen(uid: UUID) -> None:
    announcement: dict[str, Any] = {
        "item_uid": uid, "item_kind": "announcement", "placement": "",
    }  # fmt: skip
    taken(
        *(event(customer_number=f"C{number % 3}", **announcement) for number in range(1_234)),
        event(kind="click", **announcement),
        event(kind="close", **announcement),
    )


@pytest.fixture
def published(bank: Any) -> Any:
    maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
    draft = make_draft(maker)
    publish(maker, checker, draft)
    return draft


def test_the_page_of_a_published_item_shows_what_customers_did(published: Any) -> None:
    seen(published.uid)

    page = sign_in(make_operator("vera", "viewer")).get(f"{LIST}{published.pk}/change/")
    text = page.content.decode()

    assert "Delivery figures" in text
    assert "1,234" in text
    assert "0.1%" in text
    assert text.count('data-value="1234"') == 1
    assert text.count('class="fx-time"') >= 30


def test_what_nobody_has_seen_says_so_and_a_draft_says_nothing(published: Any) -> None:
    maker = make_operator("max", "maker")
    client = sign_in(maker)

    shown = client.get(f"{LIST}{published.pk}/change/").content.decode()
    assert "No customer's phone has reported a show yet" in shown.replace("&#x27;", "'")
    draft = make_draft(maker)
    assert "Delivery figures" not in client.get(f"{LIST}{draft.pk}/change/").content.decode()


def test_figures_add_up(bank: Any) -> None:
    uid = uuid4()
    seen(uid)

    figures = item_figures(uid)

    assert (figures.shows, figures.touches, figures.closes, figures.reach) == (1_234, 1, 1, 3)
    assert len(figures.days) == 30
    assert figures.days[0].day > figures.days[-1].day


def test_the_platform_shows_no_figures(db: None) -> None:
    with tenant_context(PLATFORM):
        assert item_figures_context(uuid4()) == {}


@pytest.fixture
def provincial(alpha: Any) -> Any:
    with tenant_context(PLATFORM):
        maker = make_operator("pia", "operator")
        draft = make_draft(maker, "For the whole province")
        publish(maker, make_operator("carl", "compliance_reviewer"), draft)
    return draft


def test_a_bank_sees_its_own_figures_of_the_provinces_announcements(
    provincial: Any, alpha: Any, beta: Any
) -> None:
    with tenant_context(beta):
        taken(event(item_uid=provincial.uid, item_kind="announcement", placement=""))
    with tenant_context(alpha):
        seen(provincial.uid)
        client = sign_in(make_operator("vera", "viewer"))
        address = f"{LIST}province/{provincial.uid}/figures/"

        assert f"{provincial.uid}/figures/" in client.get(f"{LIST}province/").content.decode()
        text = client.get(address).content.decode()

        assert "For the whole province" in text
        assert "1,234" in text
        assert client.get(f"{LIST}province/{uuid4()}/figures/").status_code == 404


def test_figures_of_the_whole_bank_are_not_for_branch_staff(provincial: Any, bank: Any) -> None:
    client = sign_in(make_operator("nora", "branch", branch=make_branch("N01")))

    assert f"{provincial.uid}/figures/" not in client.get(f"{LIST}province/").content.decode()
    assert client.get(f"{LIST}province/{provincial.uid}/figures/").status_code == 403
