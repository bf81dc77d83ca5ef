from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from approvals import registry
from approvals.errors import NotConfirmed
from approvals.services import approve_request
from audit.models import AuditEvent
from fuxiang_zone.catalogue.models import Activation, ProductType
from fuxiang_zone.errors import BadProduct, ProductKept
from fuxiang_zone.models import ProductAccount, ProductTerms, ZoneProduct
from fuxiang_zone.products import services
from fuxiang_zone.products.showing import show_payload
from fuxiang_zone.sales.actors import customer
from fuxiang_zone.sales.services import reserve_units
from operators.errors import NotAllowed
from publishing import links
from publishing import services as publishing
from publishing.errors import EditConflict
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, publish
from tests.fuxiang_zone.products.making import (
    RATES,
    WAN,
    created,
    edited,
    large_cd,
    open_types,
    people,
    published,
    set_cap,
    wealth,
)
from tests.operators.people import make_branch

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _opened(alpha: Any, bank: Any) -> None:
    open_types(alpha, "large_cd", "wealth", "insurance")


def submit(draft: ZoneProduct) -> Any:
    return publishing.submit_for_review(actor=people()[0], draft=draft)


def approve(request: Any) -> None:
    confirmed = [each.key for each in registry.get(request.kind).confirmations(request)]
    approve_request(actor=people()[1], request_id=request.pk, confirmed=confirmed)


def test_a_draft_is_created_edited_copied_and_deleted_with_an_event_each() -> None:
    draft = created()
    assert (draft.type_version, draft.rates[2]["rate"]) == (1, "2.15")

    edited(draft, title="Another name")
    copy = services.copy_product(actor=people()[0], draft_id=draft.pk)
    services.delete_product_draft(actor=people()[0], draft_id=copy.pk)

    told = AuditEvent.objects.filter(event__startswith="fuxiang_zone.product_").order_by("at")
    assert [each.event.rpartition("_")[2] for each in told] == [
        "created", "edited", "copied", "deleted",
    ]  # fmt: skip
    assert [each.title for each in ZoneProduct.objects.all()] == ["Another name"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " \n"}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"type_code": "moon"}, "type_code"),
        ({"type_code": "smart_campus"}, "type_code"),
        ({"ends_at": NOW - timedelta(days=1)}, "ends_at"),
        ({"values": {}}, "value_issue"),
        ({"values": {**large_cd().values, "least_amount": WAN}}, "value_least_amount"),
        ({"values": {**large_cd().values, "moon": 1}}, "value_moon"),
        ({"rates": []}, "rates"),
        ({"rates": [*RATES, RATES[0]]}, "rates"),
        ({"rates": [RATES[0], {**RATES[1], "from_cents": 60 * WAN}]}, "rates"),
        ({"quota": 0}, "quota"),
        ({"most_per_customer": 301}, "most_per_customer"),
        ({"hold_minutes": 0}, "hold_minutes"),
        ({"unit_cents": -1}, "unit_cents"),
        ({"sale_starts_at": NOW, "sale_ends_at": NOW}, "sale_ends_at"),
        ({"sale_ends_at": NOW - timedelta(days=1)}, "sale_ends_at"),
        ({"sale_starts_at": NOW + timedelta(days=61)}, "sale_starts_at"),
        ({"disclosures": {}}, "disclosure_deposit_insurance"),
        ({"disclosures": {**large_cd().disclosures, "moon": "x"}}, "disclosures"),
        ({"links": [{"kind": "url", "id": "https://x"}]}, "links"),
        ({"links": [{"kind": "function", "id": "gone"}]}, "links"),
        ({"audience": {"all": [{"field": "moon"}]}}, "audience"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field_and_nothing_is_stored(
    fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadProduct) as caught:
        created(large_cd(**fields))

    assert caught.value.field == field
    assert str(caught.value)
    assert not ZoneProduct.objects.exists()


def test_a_type_has_only_what_its_features_say() -> None:
    product = created(wealth(rates=RATES))
    assert (product.rates, product.risk_level) == ([], 2)

    deposit = created(large_cd(risk_level=5, quota=None, most_per_customer=3))
    assert (deposit.risk_level, deposit.most_per_customer, deposit.unit_cents) == (None, None, 0)


def test_a_wealth_product_without_a_risk_level_is_refused() -> None:
    for level in (None, 0, 6):
        with pytest.raises(BadProduct) as caught:
            created(wealth(risk_level=level))
        assert caught.value.field == "risk_level"


def test_a_rate_above_the_platforms_cap_is_refused_also_by_hand() -> None:
    set_cap("2.1499")
    with pytest.raises(BadProduct, match=r"Row 3: 2\.15% is above the platform's cap of 2\.1499%"):
        created()


def test_a_cap_that_comes_after_the_draft_holds_at_approval() -> None:
    request = submit(created())
    set_cap("2.0")

    with pytest.raises(BadProduct, match="above the platform's cap"):
        approve(request)
    assert not ProductAccount.objects.exists()


def test_a_cap_of_the_day_on_which_customers_see_it_holds_already() -> None:
    begins = timezone.localdate() + timedelta(days=10)
    set_cap("2.0", from_date=begins)
    draft = created(large_cd(starts_at=NOW + timedelta(days=12)))

    with pytest.raises(BadProduct, match="above the platform's cap"):
        submit(draft)


def test_checkers_confirm_rates_and_risk_one_by_one() -> None:
    request = submit(created())
    with pytest.raises(NotConfirmed):
        approve_request(actor=people()[1], request_id=request.pk)
    approve(request)

    assert ProductAccount.objects.get().live_version == 1


def test_publishing_opens_the_account_and_keeps_the_terms() -> None:
    draft = published()

    account = ProductAccount.objects.get()
    assert (account.uid, account.quota, account.unit_cents) == (draft.uid, 300, 20 * WAN)
    terms = ProductTerms.objects.get().terms
    assert (terms["title"], terms["rates"][0]["rate"]) == (draft.title, "1.90")


def test_the_quota_never_goes_below_what_is_reserved_and_confirmed() -> None:
    draft = published()
    ProductAccount.objects.update(held=10, confirmed=5)

    for quota in (14, None):
        edited(draft, quota=quota, most_per_customer=None)
        draft.refresh_from_db()
        with pytest.raises(BadProduct, match="10 units are reserved and 5 confirmed") as caught:
            submit(draft)
        assert caught.value.field == "quota"
    edited(draft, quota=15, most_per_customer=None, unit_cents=20 * WAN)
    draft.refresh_from_db()
    request = submit(draft)
    ProductAccount.objects.update(held=11)
    with pytest.raises(BadProduct, match="11 units are reserved"):
        approve(request)
    ProductAccount.objects.update(held=10)
    approve(request)

    account = ProductAccount.objects.get()
    assert (account.quota, account.held, account.confirmed) == (15, 10, 5)


def test_what_is_held_past_its_time_binds_no_quota() -> None:
    draft = published(large_cd(starts_at=NOW - timedelta(hours=1), hold_minutes=15))
    reserve_units(
        actor=customer("C1"), product_uid=draft.uid, customer_number="C1", units=5, key="k",
        at=NOW - timedelta(minutes=30),
    )  # fmt: skip
    edited(draft, quota=3, most_per_customer=None)
    draft.refresh_from_db()
    approve(submit(draft))

    account = ProductAccount.objects.get()
    assert (account.quota, account.held) == (3, 0)


def test_a_type_is_held_while_a_product_of_it_is_stored() -> None:
    created()
    with psycopg.connect(**other_connection()) as other:
        for code, is_free in (("large_cd", False), ("wealth", True)):
            try:
                other.execute(_TAKE, [code])
                assert is_free
            except psycopg.errors.LockNotAvailable:
                assert not is_free
            other.rollback()


_TAKE = "SELECT 1 FROM fuxiang_zone_catalogue_producttype WHERE code = %s FOR UPDATE NOWAIT"


def other_connection() -> dict[str, Any]:
    told = connection.get_connection_params()
    return {name: told[name] for name in ("dbname", "user", "password", "host", "port")}


def test_the_amount_of_a_unit_stays_while_units_are_taken() -> None:
    draft = published()
    ProductAccount.objects.update(held=1)
    edited(draft, unit_cents=WAN)
    draft.refresh_from_db()

    with pytest.raises(BadProduct) as caught:
        submit(draft)

    assert caught.value.field == "unit_cents"


def test_a_sale_that_is_over_is_refused_at_submission() -> None:
    draft = created(
        large_cd(starts_at=NOW - timedelta(days=9), sale_ends_at=NOW - timedelta(days=1))
    )

    with pytest.raises(BadProduct, match="The sale ended on"):
        submit(draft)


def test_a_type_that_the_bank_no_longer_has_is_not_published() -> None:
    request = submit(created())
    with tenant_context(PLATFORM):
        Activation.objects.filter(product_type__code="large_cd").delete()

    with pytest.raises(BadProduct, match="has not opened"):
        approve(request)


def test_a_type_that_the_platform_has_closed_is_not_published() -> None:
    request = submit(created())
    with tenant_context(PLATFORM):
        ProductType.objects.filter(code="large_cd").update(state="closed")

    with pytest.raises(BadProduct, match="has closed"):
        approve(request)


def test_values_are_held_against_the_schema_of_the_moment_of_approval() -> None:
    request = submit(created())
    with tenant_context(PLATFORM):
        row = ProductType.objects.get(code="large_cd")
        row.fields = [each for each in row.fields if each["key"] != "pledge"]
        row.fields[0]["most"] = 5
        row.save()

    with pytest.raises(BadProduct) as caught:
        approve(request)

    assert caught.value.field == "value_issue"


def test_another_banks_operator_of_a_branch_touches_only_their_own() -> None:
    branch = make_branch("B1")
    other = make_branch("B2")
    writer = make_operator("branch-writer", "branch", branch=branch)
    with pytest.raises(NotAllowed):
        services.create_product(actor=writer, content=large_cd(branch=other))

    mine = services.create_product(actor=writer, content=large_cd(branch=branch))
    foreign = created(large_cd(branch=other))

    with pytest.raises(NotAllowed):
        services.copy_product(actor=writer, draft_id=foreign.pk)
    with pytest.raises(NotAllowed):
        services.delete_product_draft(actor=writer, draft_id=foreign.pk)
    assert list(ZoneProduct.objects.visible_to(writer)) == [mine]


def test_a_newer_version_is_not_overwritten_and_the_type_stays() -> None:
    draft = created()
    edited(draft, title="Newer")
    with pytest.raises(EditConflict):
        services.edit_product(
            actor=people()[0], draft_id=draft.pk, version=1, content=large_cd(title="Older")
        )
    with pytest.raises(BadProduct, match="The type of a product stays"):
        edited(draft, type_code="wealth")


def test_what_was_published_is_never_deleted() -> None:
    draft = published()

    with pytest.raises(ProductKept):
        services.delete_product_draft(actor=people()[0], draft_id=draft.pk)


def test_a_product_links_to_a_type_or_to_a_product_by_its_uid() -> None:
    draft = published()

    kind = links.get("zone_product")
    assert kind is not None
    assert {each.id for each in kind.choices("")} >= {"wealth", str(draft.uid)}
    other = created(wealth(links=[{"kind": "zone_product", "id": str(draft.uid)}] * 2))
    assert [(each["kind"], each["label"]) for each in other.links] == [
        ("zone_product", "product · 大额存单2026年第3期")
    ]
    publishing.withdraw_now(
        actor=people()[1], kind="zone_product", target_id=draft.uid, reason="a mistake"
    )
    with pytest.raises(BadProduct, match="not there any more"):
        submit(other)


def test_a_checker_reads_the_values_with_their_units() -> None:
    shown = {each.key: each.text for each in show_payload(created().render_payload())}

    assert shown["value_least_amount"] == "200,000 yuan"
    assert shown["rates"].splitlines()[0] == (
        "1 year, from 200,000.00 to below 500,000.00 yuan: 1.90%"
    )
    assert shown["quota"] == "300 units of 200,000.00 yuan, 60,000,000.00 yuan in all"


def test_the_way_through_review_works_from_the_draft_of_a_copy() -> None:
    old = created(
        large_cd(starts_at=NOW - timedelta(days=90), ends_at=NOW - timedelta(days=30),
                 sale_ends_at=NOW - timedelta(days=40))
    )  # fmt: skip
    copy = services.copy_product(actor=people()[0], draft_id=old.pk)
    publish(*people(), copy)

    account = ProductAccount.objects.get()
    assert account.ends_at is not None
    assert account.sale_ends_at is not None
    assert timedelta(days=59) < account.ends_at - timezone.now() <= timedelta(days=60)
    assert timedelta(days=49) < account.sale_ends_at - timezone.now() <= timedelta(days=50)
