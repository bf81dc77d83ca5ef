"""The open platform at a glance: of one bank in its console, of the province in the platform's."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openapi_gateway.choices import Environment
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key
from openapi_gateway.metering import names, overview, steps
from openapi_gateway.metering.admin_list import NO_SERVICE, own_bank
from openapi_gateway.metering.alarms import standing
from openapi_gateway.metering.overview import Period, View
from openapi_gateway.metering.quota_view import SHOWN, quotas_of

if TYPE_CHECKING:
    from operators.sites import ConsoleSite

PERMISSION = "gateway_metering.view_usage"
SOON = timedelta(days=30)


def pages(site: ConsoleSite) -> list[URLPattern]:
    view = site.admin_view(require_safe(partial(overview_page, site=site)))
    return [path("gateway/overview/", view, name="gateway_overview")]


def overview_page(request: HttpRequest, site: ConsoleSite) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
        raise PermissionDenied
    request.current_app = site.name  # type: ignore[attr-defined]
    view = _view(request)
    points = overview.points_of(view)
    context = {
        **site.each_context(request),
        "title": _("Open platform overview"),
        "view": view,
        "points": points,
        "total": overview.total(points, view.at),
        "standing": standing(view.at),
        **_choices(request, view),
        **_tables(view),
        "keys": _keys(view.bank_id, view.at),
    }
    return TemplateResponse(request, "gateway_metering/overview.html", context)


def _view(request: HttpRequest) -> View:
    given, own = request.GET, own_bank(request)
    service = given.get("service", "")
    bank = given.get("bank", "")
    chosen = int(bank) if bank.isascii() and bank.isdigit() and len(bank) < 19 else None
    environment = given.get("environment", "")
    app_id = given.get("client", "")[:20]
    return View(
        period=next((each for each in Period if each.value == given.get("period")), Period.MONTH),
        at=timezone.now(),
        bank_id=own if own is not None else chosen,
        environment=environment if environment in Environment.values else "",
        service={"": None, NO_SERVICE: ""}.get(service, service[:20].replace("\0", "")),
        app_id=app_id if app_id.isprintable() else "",
    )


def _choices(request: HttpRequest, view: View) -> dict[str, Any]:
    own = own_bank(request)
    services = names.service_names()
    return {
        "is_platform": own is None,
        "banks": names.all_banks() if own is None else [],
        "clients": names.clients_of(view.bank_id) if view.bank_id else {},
        "services": [(code or NO_SERVICE, name) for code, name in services.items()],
        "chosen_service": {None: "", "": NO_SERVICE}.get(view.service, view.service),
        "environments": Environment.choices,
        "periods": [
            (Period.DAY.value, _("last 24 hours")), (Period.WEEK.value, _("last 7 days")),
            (Period.MONTH.value, _("last 30 days")),
        ],
    }  # fmt: skip


def _tables(view: View) -> dict[str, Any]:
    quotas = quotas_of(
        at=view.at, bank_id=view.bank_id, environment=view.environment, app_id=view.app_id,
        service=view.service,
    )  # fmt: skip
    banks = overview.top_banks(view) if view.bank_id is None else []
    clients = overview.top_clients(view)
    bank_names = names.bank_names({bank_id for bank_id, _calls in banks})
    client_names = names.client_names({app_id for app_id, _calls in clients})
    owners = names.owners_of(client_names) if view.bank_id is None else {}
    codes = [(code, calls, steps.problem_of(code)) for code, calls in overview.top_codes(view)]
    return {
        "quotas": _with_banks(quotas[:SHOWN], view) if quotas is not None else None,
        "more_quotas": max(0, len(quotas) - SHOWN) if quotas is not None else 0,
        "codes": codes,
        "top_banks": [(pk, bank_names.get(pk, pk), calls) for pk, calls in banks],
        "top_clients": [
            (
                app_id,
                client_names.get(app_id) or app_id or _("nobody known"),
                owners.get(app_id, ""),
                calls,
            )
            for app_id, calls in clients
        ],
    }


def _with_banks(quotas: list[Any], view: View) -> list[tuple[Any, str]]:
    """In the platform's console clients of several banks stand side by side, some of one name."""
    if view.bank_id is not None:
        return [(each, "") for each in quotas]
    banks = names.bank_names({each.place.bank_id for each in quotas})
    return [(each, banks.get(each.place.bank_id, "")) for each in quotas]


def _keys(bank_id: int | None, at: datetime) -> dict[str, int]:
    rows = Key.objects.all() if bank_id is None else Key.objects.filter(client__bank_id=bank_id)
    usable = Q(state__in=KeyState.usable())
    return rows.aggregate(
        usable=Count("pk", filter=usable & Q(expires_at__gt=at)),
        expiring=Count("pk", filter=usable & Q(expires_at__gt=at, expires_at__lte=at + SOON)),
        revoked=Count("pk", filter=Q(revoked_at__gt=at - SOON)),
    )
