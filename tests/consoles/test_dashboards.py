from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from config.dashboards.platform import adoption
from config.dashboards.sign_ins import last_sign_ins
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.models import Branch
from publishing.choices import PublicationAction
from publishing.models import Publication
from tenants.models import Bank, BankUpgrade
from tests.consoles.visitor import Visitor
from tests.operators.people import make_branch, make_operator

NOW = timezone.now()
DAY = timedelta(days=1)


def publish(title: str, starts: int, ends: int | None, branch: Branch | None = None) -> None:
    """In days from now. A withdrawal's row is the only one that needs no approval behind it, so
    the rows are written by hand and then turned into publications."""
    Publication.objects.bulk_create([
        Publication(
            id=uuid4(), number=Publication.objects.count() + 1, kind="announcement",
            target_id=uuid4(), version=1, draft_version=1, action=PublicationAction.PUBLISH,
            title=title, payload={}, starts_at=NOW + starts * DAY,
            ends_at=None if ends is None else NOW + ends * DAY,
            branch_path=branch.path if branch else "", published_at=NOW - DAY, maker_name="m",
            mac="m", request=_request(title),
        )
    ])  # fmt: skip


def _request(title: str) -> Any:
    from approvals.models import Request

    maker = make_operator(f"maker-of-{title}")
    return Request.objects.create(
        kind="publication", target_kind="announcements.announcement", target_id=title, title=title,
        payload={}, status="approved", maker=maker, maker_name="m", submitted_at=NOW,
        expires_at=NOW + DAY,
    )  # fmt: skip


def figures(client: Visitor) -> list[int]:
    return [figure.value for figure in client.get("/admin/").context["figures"]]


def test_a_bank_s_figures_count_the_publications(alpha: Any, enter: Callable[..., Visitor]) -> None:
    with tenant_context(alpha):
        publish("forever", -2, None)
        publish("ending", -2, 3)
        publish("ending-late", -2, 9)
        publish("starting", 3, None)
        publish("starting-late", 9, None)
        publish("over", -9, -1)

    assert figures(enter(alpha, "maker")) == [0, 3, 1, 1]


def test_branch_staff_count_their_own_subtree(alpha: Any, enter: Callable[..., Visitor]) -> None:
    with tenant_context(alpha):
        head = make_branch("0001")
        own, other = make_branch("0100", head), make_branch("0200", head)
        publish("whole-bank", -2, None)
        publish("own", -2, None, own)
        publish("other", -2, None, other)
    client = enter(alpha, "branch", branch=own)

    assert figures(client) == [0, 1, 0, 0]
    assert [each.title for each in client.get("/admin/").context["live"]] == ["own"]


def test_the_adoption_figures_equal_the_activation_rows(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    deposit = ProductType.objects.get(code="large_cd")
    for bank in (alpha, beta):
        Activation.objects.create(product_type=deposit, bank=bank, activated_at=NOW)

    shown = {
        each.code: each.opened for each in enter(None, "auditor").get("/admin/").context["adoption"]
    }

    assert (shown.pop("large_cd"), set(shown.values()), len(shown)) == (2, {0}, 11)
    assert sum(each.opened for each in adoption()) == Activation.objects.count()


@pytest.fixture
def _no_cached_figures() -> None:
    cache.clear()


@pytest.mark.usefixtures("_no_cached_figures")
def test_last_sign_ins_of_all_banks_come_from_one_query(alpha: Any, beta: Any) -> None:
    with tenant_context(beta):
        make_operator("late", last_login=NOW)
    with tenant_context(alpha):
        make_operator("early", last_login=NOW - 3 * DAY)

    with CaptureQueriesContext(connection) as queries:
        found = last_sign_ins()

    assert [(each.bank, each.at) for each in found.latest][:2] == [
        ("Beta Bank", NOW), ("Alpha Bank", NOW - 3 * DAY),
    ]  # fmt: skip
    assert found.banks_active == 1
    assert len([each for each in queries if "operators_operator" in each["sql"]]) == 1


def test_the_platform_s_board_tells_of_suspended_banks_and_failed_upgrades(
    beta: Any, enter: Callable[..., Visitor]
) -> None:
    Bank.objects.filter(pk=beta.pk).update(status="suspended")
    BankUpgrade.objects.update_or_create(
        schema_name="b_alpha", defaults={"state": "failed", "started_at": NOW, "error": "boom"}
    )
    page = enter(None, "auditor").get("/admin/")

    assert [bank.slug for bank in page.context["suspended"]] == ["beta"]
    assert [upgrade.schema_name for upgrade in page.context["failures"]] == ["b_alpha"]
    assert [figure.value for figure in page.context["figures"]][2] == 1
