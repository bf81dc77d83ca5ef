"""The published catalogue as a bank sees it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from openapi_gateway.access import catalogue
from openapi_gateway.access.offer import offered_services
from operators.sites import ConsoleSite, bank_site

NAME = "gateway_access_offer"
VIEW = "gateway_access.view_service"


def pages(site: ConsoleSite) -> list[URLPattern]:
    def guarded(view: Any) -> Any:
        return site.admin_view(partial(view, site=site))

    return [
        path("base-services/", guarded(require_safe(offer_page)), name=NAME),
        path(
            "base-services/<int:version_id>/acknowledge/", guarded(require_POST(acknowledge)),
            name=f"{NAME}_acknowledge",
        ),
    ]  # fmt: skip


def offer_page(request: HttpRequest, *, site: ConsoleSite) -> HttpResponse:
    operator: Any = request.user
    if not operator.has_perm(VIEW):
        raise PermissionDenied
    bank: Any = request.tenant  # type: ignore[attr-defined]
    services = offered_services(bank, timezone.now())
    request.current_app = site.name  # type: ignore[attr-defined]
    context = {
        **site.each_context(request),
        "title": _("Base services"),
        "is_fullwidth": "1",
        "services": services,
        "held": sum(1 for each in services if each.clients),
        "may_apply": operator.has_perm("gateway_access.add_application"),
        "may_acknowledge": operator.has_perm("gateway_access.submit_application"),
    }
    return TemplateResponse(request, "gateway/access/offer.html", context)


def acknowledge(request: HttpRequest, version_id: int, *, site: ConsoleSite) -> HttpResponse:
    operator: Any = request.user
    if not operator.has_perm(VIEW):
        raise Http404
    try:
        catalogue.acknowledge_deprecation(
            actor=operator, bank=request.tenant, version=version_id  # type: ignore[attr-defined]
        )  # fmt: skip
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Acknowledged: the platform sees that you know."))
    return HttpResponseRedirect(reverse(f"{site.name}:{NAME}"))


bank_site.add_pages(pages)
