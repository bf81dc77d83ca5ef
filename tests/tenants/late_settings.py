"""The real settings of a later release: one room more in every bank."""

from __future__ import annotations

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, TENANT_APPS

TENANT_APPS = [*TENANT_APPS, "tests.tenants.late"]
INSTALLED_APPS = [*INSTALLED_APPS, "tests.tenants.late"]
