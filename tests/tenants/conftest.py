from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tenants.own import OwnProvince, copied_province, own_province

FOUR = ("north", "south", "east", "west")

# Each bank's schema holds one group that no other has. Its id is not the sequence's: otherwise the
# schemas are as they were made.
MAKE_FOUR = f"""
from django.contrib.auth.models import Group
from django_tenants.utils import tenant_context
from tenants.services import provision_bank
for slug in {FOUR!r}:
    bank = provision_bank(slug=slug, name=slug.title() + " Bank", short_name=slug)
    with tenant_context(bank):
        Group.objects.create(id=9000, name="only-" + slug)
"""


@pytest.fixture(scope="session")
def four_banks(django_db_setup: None) -> Iterator[OwnProvince]:
    """To be copied only: it stays as it was made."""
    with own_province("four") as province:
        province.run(MAKE_FOUR)
        yield province


@pytest.fixture(scope="session")
def own(four_banks: OwnProvince) -> Iterator[OwnProvince]:
    with copied_province("own", four_banks) as province:
        yield province
