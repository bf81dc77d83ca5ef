from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from operators import role_changes
from operators.models import Operator
from tests.operators.people import make_operator


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(bank: Any) -> Operator:
    return make_operator("ada", "administrator")


@pytest.fixture
def bo(bank: Any) -> Operator:
    return make_operator("bo", "administrator")


@pytest.fixture
def mia(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def submitted() -> Iterator[list[dict[str, Any]]]:
    """Takes the place of the review room: what was submitted to it."""
    kept, before = [], list(role_changes._submitters)

    def submit(**change: Any) -> dict[str, Any]:
        kept.append(change)
        return change

    role_changes.register_submitter(submit)
    yield kept
    role_changes._submitters[:] = before


@pytest.fixture
def at_alpha(bank: Any) -> Client:
    return Client(HTTP_HOST="alpha.localhost")


@pytest.fixture
def at_platform(db: None) -> Client:
    connection.set_schema_to_public()
    return Client(HTTP_HOST="console.localhost")


@pytest.fixture
def racing_bank(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A bank whose rows are committed, for real threads; it goes when the test is over."""
    from tenants.models import Bank
    from tenants.services import provision_bank

    with django_db_blocker.unblock():
        bank = provision_bank(slug="racing", name="Racing Bank", short_name="Racing")
        yield bank
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA "{bank.schema_name}" CASCADE')
        Bank.objects.filter(pk=bank.pk).delete()
