"""What the catalogue offers one bank, and what the bank has of it already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.safestring import SafeString

from openapi_gateway.access.choices import CatalogueState, GrantState
from openapi_gateway.access.documents import rendered
from openapi_gateway.access.models import (
    Acknowledgement,
    GrantedService,
    Plan,
    Scope,
    Service,
    ServiceVersion,
)

if TYPE_CHECKING:
    from tenants.models import Bank

SHOWN = (CatalogueState.PUBLISHED, CatalogueState.DEPRECATED)


@dataclass(frozen=True, slots=True)
class OfferedVersion:
    version: ServiceVersion
    plans: Sequence[Plan]
    documentation: SafeString
    is_deprecated: bool
    days_left: int | None
    # Clients of this bank with a grant on it.
    clients: Sequence[str]
    acknowledged: Acknowledgement | None


@dataclass(frozen=True, slots=True)
class OfferedService:
    service: Service
    scopes: Sequence[Scope]
    versions: Sequence[OfferedVersion]

    @property
    def clients(self) -> list[str]:
        return sorted({name for each in self.versions for name in each.clients})

    @property
    def can_be_applied_for(self) -> bool:
        return any(not each.is_deprecated and each.plans for each in self.versions)


def offered_services(bank: Bank, at: datetime) -> list[OfferedService]:
    versions = (
        ServiceVersion.objects.filter(state__in=SHOWN)
        .select_related("service", "replacement__service")
        .prefetch_related("plans", "service__scopes")
        .order_by("service__position", "service__code", "version")
    )
    holders = _holders(bank)
    read = {each.version_id: each for each in Acknowledgement.objects.filter(bank=bank)}
    found: dict[int, tuple[Service, list[OfferedVersion]]] = {}
    for version in versions:
        shown = _version(version, holders.get(version.pk, []), read.get(version.pk), at)
        found.setdefault(version.service_id, (version.service, []))[1].append(shown)
    return [
        OfferedService(service, list(service.scopes.all()), shown)
        for service, shown in found.values()
    ]


def unread_deprecations(bank: Bank) -> list[ServiceVersion]:
    """Of versions that this bank's clients hold grants on and nobody of it has acknowledged."""
    read = Acknowledgement.objects.filter(bank=bank).values_list("version", flat=True)
    rows = ServiceVersion.objects.filter(pk__in=_holders(bank), state=CatalogueState.DEPRECATED)
    return list(rows.exclude(pk__in=read).select_related("service").order_by("sunset_on"))


def _holders(bank: Bank) -> dict[int, list[str]]:
    over = (GrantState.TERMINATED, GrantState.EXPIRED)
    rows = GrantedService.objects.filter(grant__bank=bank).exclude(grant__state__in=over)
    found: dict[int, set[str]] = {}
    for version, client in rows.values_list("plan__version", "grant__client__name"):
        found.setdefault(version, set()).add(client)
    return {version: sorted(names) for version, names in found.items()}


def _version(
    version: ServiceVersion, clients: Sequence[str], read: Acknowledgement | None, at: datetime
) -> OfferedVersion:
    left = (version.sunset_on - timezone.localdate(at)).days if version.sunset_on else None
    published = [plan for plan in version.plans.all() if plan.state == CatalogueState.PUBLISHED]
    return OfferedVersion(
        version=version,
        plans=sorted(published, key=lambda plan: plan.month_quota),
        documentation=rendered(version.documentation),
        is_deprecated=version.state == CatalogueState.DEPRECATED,
        days_left=left,
        clients=clients,
        acknowledged=read,
    )
