from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from fuxiang_zone.catalogue import directory
from fuxiang_zone.catalogue.caps import Cap, cap_for
from fuxiang_zone.catalogue.choices import Feature, TypeState
from fuxiang_zone.catalogue.errors import BadSchema, ProductsLive, SchemaInUse, WrongState
from fuxiang_zone.catalogue.models import ProductType, RateCap, TypeVersion
from fuxiang_zone.catalogue.services import (
    activate_type,
    close_type,
    deactivate_type,
    open_type,
    save_product_type,
    save_rate_cap,
)
from fuxiang_zone.choices import TermUnit
from fuxiang_zone.models import ProductAccount, ProductTerms, ZoneProduct
from operators.choices import BankRole, PlatformRole
from operators.entries import InvalidEntry
from operators.errors import NotAllowed
from operators.models import Operator
from tenants.models import Bank, SchemaVersion
from tests.fuxiang_zone.catalogue.making import NOW, person, type_of

FIVE: list[dict[str, Any]] = [
    {"key": "name", "label": "驿站", "type": "text", "required": True},
    {"key": "fee", "label": "费用", "type": "money"},
    {"key": "days", "label": "天数", "type": "integer", "unit": "天"},
]


@pytest.fixture
def keeper(db: None) -> Operator:
    return person(PlatformRole.OPERATOR)


def new_type(**given: Any) -> ProductType:
    values = {"code": "village_post", "name": "助农驿站", "category": "benefit", "fields": FIVE}
    return ProductType(**{**values, **given})


def draft(bank: Bank, **values: Any) -> ZoneProduct:
    with tenant_context(bank):
        owner = person(BankRole.MAKER)
        return ZoneProduct.objects.create(
            title="一号驿站",
            type_code="village_post",
            values=values,
            owner=owner,
            edited_by=owner,
            starts_at=NOW,
        )


def public_version() -> int:
    row = SchemaVersion.objects.filter(schema_name="public").first()
    return row.version if row else 0


def test_a_new_type_is_a_draft_with_a_first_version_that_everybody_is_told_of(
    keeper: Operator,
) -> None:
    told = public_version()
    saved = save_product_type(actor=keeper, product_type=new_type(), at=NOW)

    kept = TypeVersion.objects.get(product_type=saved)
    assert (saved.state, saved.version, kept.version) == (TypeState.DRAFT, 1, 1)
    assert (kept.content["fields"], kept.person_name) == (FIVE, str(keeper))
    assert public_version() == told + 1


def test_a_change_of_what_it_says_is_a_new_version_and_a_change_of_its_place_is_none(
    keeper: Operator,
) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type())
    saved.position = 13
    save_product_type(actor=keeper, product_type=saved)
    saved.fields = [*FIVE, {"key": "call", "label": "电话", "type": "phone"}]
    save_product_type(actor=keeper, product_type=saved)

    assert list(saved.versions.values_list("version", flat=True)) == [2, 1]
    assert directory.read_type("village_post").version == 2  # type: ignore[union-attr]


def test_a_change_that_would_orphan_a_draft_names_bank_product_and_value(
    keeper: Operator, alpha: Bank, beta: Bank
) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type())
    draft(alpha, name="东门驿站", days=30)
    draft(beta, name="西门驿站")
    saved.fields = FIVE[:2]
    with override("en"), pytest.raises(SchemaInUse) as refusal:
        save_product_type(actor=keeper, product_type=saved)

    (sentence,) = refusal.value.sentences
    for word in (str(alpha), "一号驿站", "天数", "30 天"):
        assert word in sentence
    assert directory.read_type("village_post").version == 1  # type: ignore[union-attr]
    assert len(type_of("village_post").fields) == 3


@pytest.mark.parametrize(
    ("feature", "used"),
    [
        (Feature.RATES, {"rates": [{"term": 1}]}), (Feature.SUITABILITY, {"risk_level": 5}),
        (Feature.LINKS, {"links": [{"kind": "function"}]}), (Feature.QUOTA, {"quota": 9}),
        (Feature.QUOTA, {"sale_ends_at": NOW}),
    ],
)  # fmt: skip
def test_a_feature_that_a_draft_makes_use_of_stays(
    keeper: Operator, alpha: Bank, feature: Feature, used: dict[str, Any]
) -> None:
    features = [each.value for each in Feature]
    saved = save_product_type(actor=keeper, product_type=new_type(features=features))
    unused = draft(alpha)
    saved.features = [each for each in features if each != feature]
    with tenant_context(alpha):
        ZoneProduct.objects.filter(pk=unused.pk).update(**used)
    with pytest.raises(SchemaInUse) as refusal:
        save_product_type(actor=keeper, product_type=saved)

    assert str(feature.label) in str(refusal.value)
    assert type_of("village_post").features == sorted(features)
    with tenant_context(alpha):
        ZoneProduct.objects.all().delete()
    assert save_product_type(actor=keeper, product_type=saved).version == 2


def test_what_a_live_product_carries_stays_with_its_type(keeper: Operator, alpha: Bank) -> None:
    told = [{"code": "risk", "label": "风险揭示"}]
    given = new_type(features=["suitability"], disclosures=told)
    save_product_type(actor=keeper, product_type=given)
    product = draft(alpha)
    terms = {"title": "驿站", "values": {}, "risk_level": 5, "disclosures": {"risk": "可能亏损"}}
    with tenant_context(alpha):
        ProductTerms.objects.create(product=product, version=1, terms=terms, published_at=NOW)
        ProductAccount.objects.create(
            product=product, uid=product.uid, type_code="village_post", live_version=1,
            changed_at=NOW,
        )  # fmt: skip

    for name in ("features", "disclosures"):
        kept = type_of("village_post")
        setattr(kept, name, [])
        with pytest.raises(SchemaInUse, match="驿站"):
            save_product_type(actor=keeper, product_type=kept)
    assert type_of("village_post").version == 1


def test_a_disclosure_that_a_bank_has_written_stays_and_one_without_words_may_go(
    keeper: Operator, alpha: Bank
) -> None:
    told = [{"code": "risk", "label": "风险揭示"}, {"code": "fees", "label": "收费公示"}]
    saved = save_product_type(actor=keeper, product_type=new_type(disclosures=told))
    with tenant_context(alpha):
        ZoneProduct.objects.filter(pk=draft(alpha).pk).update(disclosures={"risk": "可能亏损"})
    saved.disclosures = told[1:]
    with pytest.raises(SchemaInUse, match="风险揭示"):
        save_product_type(actor=keeper, product_type=saved)

    saved = type_of("village_post")
    saved.disclosures = saved.disclosures[:1]
    assert save_product_type(actor=keeper, product_type=saved).version == 2


def test_what_is_published_counts_even_when_the_draft_has_moved_on(
    keeper: Operator, alpha: Bank
) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type())
    product = draft(alpha, name="东门驿站")
    with tenant_context(alpha):
        ProductTerms.objects.create(
            product=product, version=3, terms={"title": "驿站", "values": {"days": 7}},
            published_at=NOW,
        )  # fmt: skip
        ProductAccount.objects.create(
            product=product, uid=product.uid, type_code="village_post", live_version=3,
            changed_at=NOW,
        )  # fmt: skip
    saved.fields = FIVE[:2]

    with pytest.raises(SchemaInUse):
        save_product_type(actor=keeper, product_type=saved)
    with tenant_context(alpha):
        ProductAccount.objects.update(live_version=None)
    assert save_product_type(actor=keeper, product_type=saved).version == 2


def test_a_bank_that_still_shows_products_cannot_lose_the_type(
    keeper: Operator, alpha: Bank
) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type())
    activate_type(actor=keeper, product_type=saved, bank=alpha)
    product = draft(alpha, name="东门驿站")
    with tenant_context(alpha):
        ProductTerms.objects.create(
            product=product, version=1, terms={"title": "驿站", "values": {}}, published_at=NOW
        )
        ProductAccount.objects.create(
            product=product, uid=product.uid, type_code="village_post", live_version=1,
            changed_at=NOW,
        )  # fmt: skip

    with pytest.raises(ProductsLive, match="驿站"):
        deactivate_type(actor=keeper, product_type=saved, bank=alpha)
    with tenant_context(alpha):
        ProductAccount.objects.update(starts_at=NOW, ends_at=datetime.now(UTC))
    assert deactivate_type(actor=keeper, product_type=saved, bank=alpha)
    activate_type(actor=keeper, product_type=saved, bank=alpha)
    with tenant_context(alpha):
        ProductAccount.objects.update(ends_at=None)
    with pytest.raises(ProductsLive, match="驿站"):
        deactivate_type(actor=keeper, product_type=saved, bank=alpha)
    assert directory.has_opened(alpha, "village_post")


@pytest.mark.parametrize(
    "given",
    [
        {"fields": [{"key": "Name", "label": "x", "type": "text"}]},
        {"disclosures": [{"code": "a", "label": ""}]},
        {"disclosures": [{"code": "a", "label": "x"}] * 2},
        {"features": ["lottery"]},
    ],
)
def test_a_type_that_says_something_impossible_is_refused_and_not_stored(
    keeper: Operator, given: dict[str, Any]
) -> None:
    with pytest.raises(BadSchema):
        save_product_type(actor=keeper, product_type=new_type(**given))

    assert not ProductType.objects.filter(code="village_post").exists()


def test_the_code_of_a_type_stays(keeper: Operator) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type())
    saved.code = "another"

    with pytest.raises(BadSchema):
        save_product_type(actor=keeper, product_type=saved)


def test_a_type_is_opened_closed_and_opened_again_each_with_an_event(keeper: Operator) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type())
    open_type(actor=keeper, product_type=saved)
    with pytest.raises(WrongState):
        open_type(actor=keeper, product_type=saved)
    close_type(actor=keeper, product_type=saved, reason="试点结束")
    open_type(actor=keeper, product_type=saved)

    events = AuditEvent.objects.filter(event="fuxiang_zone_catalogue.type_state_changed")
    moves = [(each.before["state"], each.after["state"]) for each in events.order_by("at", "id")]
    assert moves == [("draft", "open"), ("open", "closed"), ("closed", "open")]


def test_a_type_without_anything_to_fill_in_is_not_opened(keeper: Operator) -> None:
    saved = save_product_type(actor=keeper, product_type=new_type(fields=[]))

    with pytest.raises(BadSchema):
        open_type(actor=keeper, product_type=saved)


@pytest.mark.parametrize("role", [PlatformRole.COMPLIANCE_REVIEWER, PlatformRole.AUDITOR])
def test_others_neither_save_nor_open_types_nor_set_caps(db: None, role: str) -> None:
    other, wealth = person(role), type_of("wealth")
    cap = RateCap(product_type=type_of("large_cd"), term=1, unit="year", rate=Decimal(2),
                  from_date=date(2026, 1, 1))  # fmt: skip

    for verb, given in (
        (save_product_type, {"product_type": wealth}), (open_type, {"product_type": wealth}),
        (close_type, {"product_type": wealth}), (save_rate_cap, {"cap": cap}),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            verb(actor=other, **given)  # type: ignore[operator]


# --- caps ----------------------------------------------------------------------------------------
def cap(term: int, unit: TermUnit, rate: str, day: int = 1) -> Cap:
    return Cap(term, unit, Decimal(rate), date(2026, 1, day))


CAPS = [
    cap(3, TermUnit.MONTH, "1.5"), cap(1, TermUnit.YEAR, "2"), cap(3, TermUnit.YEAR, "2.6"),
    cap(1, TermUnit.YEAR, "1.9", 20),
]  # fmt: skip


@pytest.mark.parametrize(
    ("term", "unit", "day", "rate"),
    [
        (1, TermUnit.YEAR, 19, "2"), (1, TermUnit.YEAR, 20, "1.9"),
        (12, TermUnit.MONTH, 20, "1.9"), (18, TermUnit.MONTH, 20, "1.9"),
        (2, TermUnit.YEAR, 20, "1.9"),
        (5, TermUnit.YEAR, 1, "2.6"), (7, TermUnit.DAY, 1, "1.5"), (359, TermUnit.DAY, 1, "1.5"),
    ],
)  # fmt: skip
def test_a_term_without_a_cap_of_its_own_has_that_of_the_next_shorter_one(
    term: int, unit: TermUnit, day: int, rate: str
) -> None:
    found = cap_for(CAPS, term, unit, date(2026, 1, day))

    assert found is not None
    assert found.rate == Decimal(rate)


def test_of_two_caps_of_one_term_and_day_the_lower_one_holds() -> None:
    year, months = cap(1, TermUnit.YEAR, "3"), cap(12, TermUnit.MONTH, "2")

    for caps in ([year, months], [months, year]):
        found = cap_for(caps, 360, TermUnit.DAY, date(2026, 1, 1))
        assert found is months


def test_before_the_first_day_there_is_no_cap() -> None:
    assert cap_for(CAPS, 1, TermUnit.YEAR, date(2025, 12, 31)) is None


def test_a_cap_is_read_with_its_type_and_only_types_with_rates_have_one(keeper: Operator) -> None:
    values = {"term": 1, "unit": "year", "rate": Decimal("2.2000"), "from_date": date(2026, 1, 1)}
    save_rate_cap(actor=keeper, cap=RateCap(product_type=type_of("large_cd"), **values))

    info = directory.type_of("large_cd")
    assert info is not None
    assert info.has(Feature.RATES)
    assert info.cap_for(12, "month", date(2026, 5, 1)).rate == Decimal("2.2")  # type: ignore[union-attr]
    with pytest.raises(BadSchema):
        save_rate_cap(actor=keeper, cap=RateCap(product_type=type_of("wealth"), **values))
    with pytest.raises(InvalidEntry):
        save_rate_cap(actor=keeper, cap=RateCap(product_type=type_of("large_cd"), **values))


def test_the_directory_knows_each_banks_open_types_in_their_order(
    keeper: Operator, alpha: Bank, beta: Bank
) -> None:
    for code in ("wealth", "large_cd"):
        activate_type(actor=keeper, product_type=type_of(code), bank=alpha)

    assert [each.code for each in directory.open_types(alpha)] == ["large_cd", "wealth"]
    assert directory.open_types(beta) == []
    assert len(directory.all_types()) == 12
    assert directory.type_of("nothing") is None


def test_a_serving_process_reads_the_directory_once_until_a_change_is_announced(
    keeper: Operator, alpha: Bank, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHANGE_READER = "thread"
    version = 1
    monkeypatch.setattr(directory, "version_of", lambda _schema: version)
    directory.forget()
    assert directory.open_types(alpha) == []
    activate_type(actor=keeper, product_type=type_of("wealth"), bank=alpha)
    assert directory.open_types(alpha) == []

    version = 2

    assert [each.code for each in directory.open_types(alpha)] == ["wealth"]
    directory.forget()
