"""The platform's workbench: the province at a glance."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from config.dashboards.figures import Figure, link_to
from config.dashboards.open_platform import hints_for_platform
from config.dashboards.sign_ins import last_sign_ins
from fuxiang_zone.catalogue.models import ProductType
from openapi_gateway.metering.alarms import alarm_for
from tenants.choices import BankStatus, UpgradeState
from tenants.models import Bank, BankUpgrade

SHOWN = 8
BANKS = "tenants_bank_changelist"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    allowed = request.user.has_perm  # type: ignore[union-attr]
    banks, zone = allowed("tenants.view_bank"), allowed("fuxiang_zone_catalogue.view_activation")
    return {
        **context,
        "dashboard_template": "console/platform_dashboard.html",
        "gateway_hints": hints_for_platform(request, timezone.now()),
        "late_calls": alarm_for(request.user),
        "shows_banks": banks,
        "shows_zone": zone,
        "figures": _figures() if banks else [],
        "sign_ins": last_sign_ins() if banks else None,
        "suspended": list(_suspended()) if banks else [],
        "failures": list(_failures()) if banks else [],
        "adoption": list(adoption()) if zone else [],
    }


def _figures() -> list[Figure]:
    counts = Bank.objects.aggregate(
        **{status: Count("pk", filter=Q(status=status)) for status in BankStatus.values}
    )
    icons = {
        BankStatus.ACTIVE: "check_circle", BankStatus.ONBOARDING: "hourglass_top",
        BankStatus.SUSPENDED: "pause_circle", BankStatus.CLOSED: "cancel",
    }  # fmt: skip
    return [
        Figure(
            _("Banks: %(status)s") % {"status": status.label}, counts[status.value], icon,
            link=link_to(BANKS, f"tab={status.value}"),
            urgent=status == BankStatus.SUSPENDED and counts[status.value] > 0,
        )
        for status, icon in icons.items()
    ]  # fmt: skip


def adoption() -> Any:
    """Product types with the number of banks that opened each, most first."""
    opened = Count("activations", distinct=True)
    return ProductType.objects.annotate(opened=opened).order_by("-opened", "position", "code")


def _suspended() -> Any:
    return Bank.objects.filter(status=BankStatus.SUSPENDED).order_by("name_key")[:SHOWN]


def _failures() -> Any:
    return BankUpgrade.objects.filter(state=UpgradeState.FAILED).order_by("-started_at")[:SHOWN]
