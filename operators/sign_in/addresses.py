"""Where the pages around signing in are: known before any page is looked up."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from operators.roles import is_platform

SIGN_IN = settings.LOGIN_URL
SIGN_OUT = "/admin/logout/"
CHANGE_PASSWORD = "/admin/password_change/"  # noqa: S105 - an address
SECOND_FACTOR = "/admin/account/second-factor/"
SECOND_FACTOR_SETUP = "/admin/account/second-factor/setup/"
SET_LANGUAGE = "/i18n/setlang/"


def console_address(path: str) -> str:
    """The full address of a page of the console at hand, for people who are not signed in to it."""
    name = connection.schema_name
    host = (
        settings.PLATFORM_HOST
        if is_platform(name)
        else f"{connection.tenant.slug}.{settings.BASE_DOMAIN}"
    )
    # Behind a proxy that ends TLS our own port is not what a browser asks for.
    return f"https://{host}{path}" if settings.HTTPS else f"http://{host}:{settings.PORT}{path}"
