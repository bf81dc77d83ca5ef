from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django_tenants.utils import tenant_context

BANKS = ("alpha", "beta")

# No background thread in the tests' own process: what changed is read at each request.
settings.CHANGE_READER = "sync"
# Hundreds of operators sign in here; a slow hash would only prove that it is slow.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Two banks for the whole session; every test then runs in one rolled-back transaction."""
    from tenants.models import Bank
    from tenants.services import provision_bank

    with django_db_blocker.unblock():
        # When none of the chosen tests asks for the database, there is no test database to fill.
        if not str(connection.settings_dict["NAME"]).startswith("test_"):
            return
        for slug in BANKS:
            if not Bank.objects.filter(slug=slug).exists():
                provision_bank(slug=slug, name=f"{slug.title()} Bank", short_name=slug.title())
        connection.set_schema_to_public()


@pytest.fixture(scope="session", autouse=True)
def _media_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture
def alpha(db: None) -> Any:
    from tenants.models import Bank

    return Bank.objects.get(slug="alpha")


@pytest.fixture
def beta(db: None) -> Any:
    from tenants.models import Bank

    return Bank.objects.get(slug="beta")


@pytest.fixture
def bank(alpha: Any) -> Iterator[Any]:
    with tenant_context(alpha):
        yield alpha


@pytest.fixture(autouse=True)
def _public_schema_between_tests() -> Iterator[None]:
    yield
    connection.set_schema_to_public()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """A rolled-back test takes its version numbers back: what they stood for must be forgotten."""
    from mobile import catalogue, editions

    yield
    editions.forget()
    catalogue.forget()
