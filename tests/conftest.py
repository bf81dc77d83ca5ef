from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from django_tenants.utils import tenant_context
from psycopg import OperationalError

from tests.province import drop_migrated_template, migrated_template

BANKS = ("alpha", "beta")


def _redis_of_this_worker() -> None:
    """Tests that run side by side share the Redis server, not its databases, as pytest-django does
    with PostgreSQL's."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not worker:
        return
    url = urlunsplit(urlsplit(settings.REDIS_URL)._replace(path=f"/{32 + int(worker)}"))
    os.environ["REDIS_URL"] = url
    settings.REDIS_URL = settings.CELERY_BROKER_URL = url
    settings.CACHES["default"]["LOCATION"] = url


_redis_of_this_worker()

# No background thread in the tests' own process: what changed is read at each request.
settings.CHANGE_READER = "sync"
# Hundreds of operators sign in here; a slow hash would only prove that it is slow.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, tests go to the workers by file. Those that commit empty the tables afterwards,
    the two banks' rows included, and therefore stand in groups of their own at the end."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        commits = marker is not None and bool(marker.kwargs.get("transaction"))
        commits = commits or "transactional_db" in getattr(item, "fixturenames", ())
        file = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(f"{file} commits" if commits else file))
    items.sort(key=lambda item: "commits" in item.get_closest_marker("xdist_group").args[0])


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files and tokens name no test: they differ from process to process, by the second."""
    return argname if isinstance(val, str | bytes) and len(val) > 80 else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """pytest-xdist hands groups over within the ids. Where it does not, tests would go to the
    workers one by one, and every file would make its fixtures in each of them."""
    if not all("@" in each for each in ids):
        raise pytest.UsageError("Side by side, tests go in groups: --dist loadgroup.")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        with suppress(OperationalError):  # without a server there is nothing to drop
            drop_migrated_template()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_keepdb: bool, django_db_createdb: bool
) -> None:
    if django_db_createdb or not django_db_keepdb:
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


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
def _speaks_english() -> Iterator[None]:
    """Until it makes a request, whose language stays active in the process: what a test reads does
    not depend on the tests before it."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """A rolled-back test takes its version numbers back: what they stood for must be forgotten."""
    from campaigns.rules import live
    from mobile import catalogue, editions

    yield
    editions.forget()
    catalogue.forget()
    live.forget()
