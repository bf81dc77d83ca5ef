"""The real settings, with one more address on the banks' hosts."""

from __future__ import annotations

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.tenants.server_urls"
