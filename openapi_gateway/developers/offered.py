"""What the catalogue says of a service's version, as far as partners need it beside a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.models import ServiceVersion
from openapi_gateway.access.seeds import SERVICES, VERSION


@dataclass(frozen=True, slots=True)
class Offered:
    name: str
    api_id: str
    version: str
    level: str
    state: str = CatalogueState.PUBLISHED.value
    sunset_on: date | None = None


def as_seeded() -> Mapping[str, Offered]:
    """By service code; what every installation begins with."""
    return {
        each["code"]: Offered(each["name"], each["api_id"], VERSION, each["level"].value)
        for each in SERVICES
    }


def as_stored() -> Mapping[str, Offered]:
    """The version that the calls below /gw/v1/ serve."""
    rows = ServiceVersion.objects.filter(version=VERSION).select_related("service")
    return {
        row.service.code: Offered(
            row.service.name, row.api_id, row.version, row.service.level, row.state, row.sunset_on
        )
        for row in rows
    }
