"""What tells the consoles apart at a glance: name, colour, and whether the data is real."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from announcements.appearance.groups import APPEARANCE
from announcements.appearance.reading import skins_by_code
from announcements.appearance.resolving import ordinary_look
from config.palette import palette
from fuxiang_zone.catalogue.models import Activation
from publishing.governed.reading import effective_values
from tenants.changes import version_of

INK_BLUE = "#33527A"


def colours(request: HttpRequest) -> dict[str, str]:
    """A new dict each time: Unfold writes into what it is given."""
    return dict(palette(_primary(request.tenant)))  # type: ignore[attr-defined]


def _primary(tenant: Any) -> str:
    if tenant.is_platform:
        return INK_BLUE
    seen = (version_of(get_public_schema_name()), version_of(tenant.schema_name))
    return _skin_colour(tenant.schema_name, tenant.skin, seen)


@lru_cache(maxsize=512)
def _skin_colour(schema_name: str, opened_with: str, seen: tuple[int, int]) -> str:
    """The skin that the bank has published, festivals apart: a console is recognised by its colour.

    Asked once per process and version, not once per page; the schema is the current one.
    """
    values = effective_values(APPEARANCE)
    return ordinary_look(values, skins_by_code(), bank_skin=opened_with).palette["primary"]


def site_title(request: HttpRequest) -> str:
    """In the document title and on the sign-in page."""
    return f"{request.tenant.name} · {_('Fuxiang Console')}"  # type: ignore[attr-defined]


def site_header(request: HttpRequest) -> str:
    return str(request.tenant.name)  # type: ignore[attr-defined]


def site_subheader(request: HttpRequest) -> str:
    tenant = request.tenant  # type: ignore[attr-defined]
    return _("Platform console") if tenant.is_platform else _("Fuxiang Console")


def environment(request: HttpRequest) -> list[str] | None:
    """A label beside the title wherever nothing is real."""
    if settings.EMBEDDED or _holds_demo(version_of(get_public_schema_name())):
        return [_("Demo data"), "warning"]
    return [_("Development"), "info"] if settings.DEBUG else None


@lru_cache(maxsize=2)
def _holds_demo(seen: int) -> bool:
    return Activation.objects.filter(is_demo=True).exists()


def stylesheet(request: HttpRequest) -> str:
    return static("console/console.css")


def script(request: HttpRequest) -> str:
    return static("console/console.js")


def favicon(request: HttpRequest) -> str:
    return static("console/favicon.svg")
