from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tenants.own import OwnProvince, own_province

FOUR = ("north", "south", "east", "west")

# Each bank's schema holds one group that no other has.
MAKE_FOUR = f"""
from django.contrib.auth.models import Group
from django_tenants.utils import tenant_context
from tenants.services import provision_bank
for slug in {FOUR!r}:
    bank = provision_bank(slug=slug, name=slug.title() + " Bank", short_name=slug)
    with tenant_context(bank):
        Group.objects.create(name="only-" + slug)
"""


@pytest.fixture(scope="session")
def own(django_db_setup: None) -> Iterator[OwnProvince]:
    with own_province("own") as province:
        province.run(MAKE_FOUR)
        yield province
