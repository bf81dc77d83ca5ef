"""Usage of a month: by bank, client and operation, on a page and as a file."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from openapi_gateway.choices import Environment
from openapi_gateway.metering import exports, names, usage
from openapi_gateway.metering.admin_list import NO_SERVICE, own_bank
from openapi_gateway.metering.months import day_of
from openapi_gateway.metering.usage import Wanted

if TYPE_CHECKING:
    from operators.sites import ConsoleSite

PERMISSION = "gateway_metering.view_usage"
MONTHS_OFFERED = 24
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def pages(site: ConsoleSite) -> list[URLPattern]:
    page = site.admin_view(require_safe(partial(usage_page, site=site)))
    file = site.admin_view(require_POST(export_file))
    return [
        path("gateway/usage/", page, name="gateway_usage"),
        path("gateway/usage/export/", file, name="gateway_usage_export"),
    ]


def usage_page(request: HttpRequest, site: ConsoleSite) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
        raise PermissionDenied
    request.current_app = site.name  # type: ignore[attr-defined]
    wanted, own = wanted_by(request, request.GET), own_bank(request)
    lines, days = usage.lines_of(wanted), usage.days_of(wanted)
    context = {
        **site.each_context(request),
        "title": _("Monthly usage"),
        "wanted": wanted,
        "months": usage.months_until(_today(), MONTHS_OFFERED),
        "days": [(day, each) for day, each in reversed(days.items()) if day <= _today()],
        "total": usage.total(lines.values()),
        "lines": _named(lines),
        "by_bank": _by_bank(wanted) if own is None and wanted.bank_id is None else [],
        "is_platform": own is None,
        "banks": names.all_banks() if own is None else [],
        "clients": names.clients_of(wanted.bank_id) if wanted.bank_id else {},
        "services": [(code or NO_SERVICE, name) for code, name in names.service_names().items()],
        "chosen_service": {None: "", "": NO_SERVICE}.get(wanted.service, wanted.service),
        "environments": Environment.choices,
        "may_export": request.user.has_perm(exports.EXPORT_USAGE),  # type: ignore[union-attr]
    }
    return TemplateResponse(request, "gateway_metering/usage.html", context)


def export_file(request: HttpRequest) -> FileResponse:
    """What the page shows, as a file."""
    file_format = request.POST.get("format", "")
    if file_format not in CONTENT_TYPES or not request.user.has_perm(exports.EXPORT_USAGE):  # type: ignore[union-attr]
        raise PermissionDenied
    wanted = wanted_by(request, request.POST)
    file = exports.export_usage(actor=request.user, wanted=wanted, file_format=file_format)  # type: ignore[arg-type]
    name = f"gateway-usage-{wanted.month:%Y-%m}.{file_format}"
    kind = CONTENT_TYPES[file_format]
    return FileResponse(file, as_attachment=True, filename=name, content_type=kind)


def wanted_by(request: HttpRequest, given: QueryDict) -> Wanted:
    """Inside the operator's own bank."""
    own, bank = own_bank(request), given.get("bank", "")
    chosen = int(bank) if bank.isascii() and bank.isdigit() and len(bank) < 19 else None
    environment, service = given.get("environment", ""), given.get("service", "")
    app_id = given.get("client", "")[:20]
    return Wanted(
        month=_month(given.get("month", "")),
        bank_id=own if own is not None else chosen,
        app_id=app_id if app_id.isprintable() else "",
        environment=environment if environment in Environment.values else "",
        service={"": None, NO_SERVICE: ""}.get(service, service[:20].replace("\0", "")),
    )


def _today() -> date:
    return day_of(timezone.now())


def _month(text: str) -> date:
    this = _today().replace(day=1)
    offered = usage.months_until(this, MONTHS_OFFERED)
    return next((month for month in offered if f"{month:%Y-%m}" == text), this)


def _named(lines: dict[usage.Line, usage.Calls]) -> list[dict[str, Any]]:
    banks = names.bank_names({line.bank_id for line in lines})
    clients = names.client_names({line.app_id for line in lines})
    services = names.service_names()
    return [
        {
            "bank": banks.get(line.bank_id, line.bank_id),
            "client": clients.get(line.app_id, ""),
            "app_id": line.app_id,
            "environment": str(Environment(line.environment).label)
            if line.environment in Environment.values
            else line.environment,
            "service": services.get(line.service, line.service),
            "operation": line.operation,
            "calls": calls,
        }
        for line, calls in lines.items()
    ]


def _by_bank(wanted: Wanted) -> list[tuple[int, Any, usage.Calls]]:
    found = usage.banks_of(wanted)
    banks = names.bank_names(found)
    return [(pk, banks.get(pk, pk), calls) for pk, calls in found.items()]
