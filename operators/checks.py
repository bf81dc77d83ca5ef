from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.management import (
    _get_all_permissions,  # type: ignore[attr-defined]  # missing in the stubs
)
from django.core.checks import CheckMessage, Error, register

from operators.roles import BANK_ROLES, PLATFORM_ROLES


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
