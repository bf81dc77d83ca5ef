from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from audit.models import AuditEvent
from demo import province
from fuxiang_zone.catalogue import seeds
from fuxiang_zone.catalogue.choices import TypeState
from fuxiang_zone.catalogue.content import parse_disclosures, parse_features
from fuxiang_zone.catalogue.models import ProductType, TypeVersion
from fuxiang_zone.catalogue.schema import parse_schema, raw_schema

TYPES = seeds.seeded_types()


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry["code"])
def test_a_type_of_the_release_is_complete_and_in_its_one_form(entry: dict[str, Any]) -> None:
    fields = parse_schema(entry["fields"])

    assert len(fields) >= 4
    assert parse_schema(raw_schema(fields)) == fields
    assert parse_disclosures(entry["disclosures"])
    assert parse_features(entry["features"])
    assert entry["english_name"]
    assert entry["icon"] != "category"


def test_the_types_of_the_release_are_those_of_the_province() -> None:
    wanted = [(row.code, row.name, row.category) for row in province.product_types()]

    assert [(each["code"], each["name"], each["category"]) for each in TYPES] == wanted


def seed_again() -> None:
    seeds.seed_after_migrate(sender=seeds._last_app(), using="default", apps=apps)


@pytest.mark.django_db
def test_every_installation_offers_the_types_and_seeding_again_adds_nothing() -> None:
    events = AuditEvent.objects.filter(event="fuxiang_zone_catalogue.seeded").count()
    seed_again()

    assert ProductType.objects.filter(state=TypeState.OPEN).count() == 12
    assert TypeVersion.objects.count() == 12
    assert AuditEvent.objects.filter(event="fuxiang_zone_catalogue.seeded").count() == events


@pytest.mark.django_db
def test_what_the_platform_changed_stays() -> None:
    ProductType.objects.filter(code="wealth").update(name="财富", fields=[])

    seed_again()

    changed = ProductType.objects.get(code="wealth")
    assert (changed.name, changed.fields) == ("财富", [])


@pytest.mark.django_db
def test_a_type_of_an_older_release_is_filled_in_and_keeps_its_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM fuxiang_zone_catalogue_typeversion")
    ProductType.objects.filter(code="wealth").update(
        name="财富", fields=[], disclosures=[], features=[]
    )

    seed_again()

    filled = ProductType.objects.get(code="wealth")
    assert (filled.name, len(filled.fields)) == ("财富", 10)
    assert filled.versions.get().content["name"] == "财富"
