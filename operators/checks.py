from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import (
    _get_all_permissions,  # type: ignore[attr-defined]  # missing in the stubs
)
from django.core.checks import CheckMessage, Error, register

from operators.roles import BANK_ROLES, PLATFORM_ROLES
from operators.totp_keys import KEY_ID_BYTES


@register()
def the_active_key_has_a_short_name(
    app_configs: Iterable[Any] | None, **_options: Any
) -> list[CheckMessage]:
    """Its id stands in every encrypted cell, also in the narrow one of a second factor."""
    active = next(iter(settings.FIELD_KEYS), "")
    if len(active.encode()) <= KEY_ID_BYTES:
        return []
    return [
        Error(
            f"The id of the active key of FIELD_KEYS, {active!r}, is too long.",
            hint=f"Give it at most {KEY_ID_BYTES} characters, such as the month: 2026-11.",
            id="operators.E002",
        )
    ]


@register()
def every_role_names_real_permissions(
    app_configs: Iterable[Any] | None, **_options: Any
) -> list[CheckMessage]:
    """A misspelt permission would silently be one that nobody holds."""
    known = {
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename, _name in _get_all_permissions(model._meta)
    }
    return [
        Error(
            f"The role {role} names the unknown permission {permission}.",
            hint="Correct operators/roles.py, or declare the permission on its model.",
            id="operators.E001",
        )
        for roles in (BANK_ROLES, PLATFORM_ROLES)
        for role, permissions in roles.items()
        for permission in sorted(permissions - known)
    ]
