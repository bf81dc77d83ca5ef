from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from announcements.catalogue.models import Skin
from tenants.platform import PLATFORM
from tests.consoles.visitor import Visitor
from tests.operators.people import make_operator

SKINS = {"huxiang": "#256D6B", "dragon": "#9E1B32"}


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def skins(db: None) -> None:
    for position, (code, primary) in enumerate(SKINS.items()):
        Skin.objects.update_or_create(
            code=code,
            defaults={
                "name": code, "primary": primary, "accent": primary, "position": position,
            },
        )  # fmt: skip


@pytest.fixture
def enter(db: None) -> Callable[..., Visitor]:
    """A client of somebody signed in to a bank's console, or to the platform's (bank None)."""

    def sign_in(bank: Any, *roles: str, username: str = "", **fields: Any) -> Visitor:
        tenant = bank or PLATFORM
        client = Visitor(HTTP_HOST=f"{tenant.slug or 'console'}.localhost")
        with tenant_context(tenant):
            client.operator = make_operator(username or "-".join(roles), *roles, **fields)
            client.force_login(client.operator)
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        return client

    return sign_in
