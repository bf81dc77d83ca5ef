"""A customer's history, from the customer's page."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers.history import PERMISSION, Cursor, Filters, all_sources, open_history

NAME = "customers_customer_history_of"


class HistoryMixin:
    """For the admin of customers."""

    change_form_outer_after_template = "customers/history_link.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.history_of_view))  # type: ignore[attr-defined]
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        return [path("<int:customer_id>/shown/", view, name=NAME), *urls]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        customer = kwargs.get("obj")
        if customer is not None and request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
            context["history_of"] = reverse(f"{self.admin_site.name}:{NAME}", args=[customer.pk])  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def history_of_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        customer = self.get_object(request, str(customer_id))  # type: ignore[attr-defined]
        if customer is None:
            raise Http404
        allowed = self.has_view_permission(request, customer)  # type: ignore[attr-defined]
        if not allowed or not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        filters, wrong = _filters(request)
        page = open_history(actor=request.user, customer=customer, filters=filters)  # type: ignore[arg-type]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("What a customer was shown"),
            "customer": customer,
            "customer_address": reverse(
                f"{self.admin_site.name}:customers_customer_change",  # type: ignore[attr-defined]
                args=[customer.pk],
            ),
            "page": page,
            "filters": filters,
            "wrong": wrong,
            "kept_weeks": settings.TOUCHPOINT_WEEKS,
            "sources": all_sources(),
            **_addresses(filters, page.next_after),
        }
        return TemplateResponse(request, "customers/history.html", context)


def _filters(request: HttpRequest) -> tuple[Filters, str]:
    """What was asked for; the sentence says what of it could not be understood."""
    wrong = ""
    days: dict[str, date | None] = {}
    for name in ("first", "last"):
        text = request.GET.get(name, "").strip()
        days[name] = _day(text)
        if text and days[name] is None:
            wrong = str(_("Write dates like 2026-07-01."))
    first, last = days["first"], days["last"]
    if first and last and first > last:
        wrong = str(_("The first day lies behind the last one."))
    kind = request.GET.get("kind", "")
    known = {source.name for source in all_sources()}
    after = Cursor.parse(request.GET.get("after", ""))
    return Filters(first, last, kind if kind in known else "", after), wrong


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 2000 <= day.year <= 2100 else None


def _addresses(filters: Filters, next_after: str) -> dict[str, str]:
    asked = {
        "first": filters.first.isoformat() if filters.first else "",
        "last": filters.last.isoformat() if filters.last else "",
        "kind": filters.kind,
    }
    query = {name: value for name, value in asked.items() if value}
    return {
        "first_page": f"?{urlencode(query)}" if filters.after else "",
        "next_page": f"?{urlencode({**query, 'after': next_after})}" if next_after else "",
    }
