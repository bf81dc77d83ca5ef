"""The two consoles: the platform's, and the one every bank has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.admin import ModelAdmin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import SearchResult
from unfold.settings import get_config
from unfold.sites import UnfoldAdminSite

from operators.permission_report_views import permission_report_page
from operators.roles import role_label
from operators.sign_in.site import SignInPages

TERM_LENGTH = 60
FOUND_PER_LIST = 8


class ConsoleSite(SignInPages, UnfoldAdminSite):
    index_template = "console/index.html"
    index_title = _("Workbench")
    empty_value_display = "—"
    # The navigation carries the names; Django's own words never show.
    site_title = site_header = ""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._pages_of_rooms: list[Callable[[ConsoleSite], list[URLPattern]]] = []

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        """Built anew for each request: Unfold's own writes into a dict that requests share, and one
        bank's colour must never show in another's console."""
        configured = get_config(self.settings_name)
        shades = import_string(configured["PRIMARY_COLOURS"])(*args)
        fixed = {name: dict(weights) for name, weights in configured["COLORS"].items()}
        return {**fixed, "primary": dict(shades)}

    def get_urls(self) -> list[Any]:
        """Without Django's redirect from a content type and an id: no page of ours uses it."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def extra_urls(self) -> list[URLPattern]:
        report = self.admin_view(partial(permission_report_page, site=self))
        own = path("permission-report/", report, name="permission_report")
        return [own, *(each for pages in self._pages_of_rooms for each in pages(self))]

    def add_pages(self, pages: Callable[[ConsoleSite], list[URLPattern]]) -> None:
        """Pages of a room that belong to no list; for its admin module to call."""
        self._pages_of_rooms.append(pages)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "account_line": self._account_line(request)}

    def _account_line(self, request: HttpRequest) -> str:
        """What the signed-in person is, and where."""
        if not self.has_permission(request):
            return ""
        operator: Any = request.user
        roles = operator.groups.order_by("name").values_list("name", flat=True)
        schema = request.tenant.schema_name  # type: ignore[attr-defined]
        words = [role_label(schema, role) for role in roles]
        return " · ".join([*words, *([operator.branch.name] if operator.branch else [])])

    # --- sidebar ---------------------------------------------------------------------------------
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's own menu, which our pages do not show: every page would ask every admin for its
        permissions and its address, and throw the answers away."""
        return super().get_app_list(request, app_label) if app_label else []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        groups = get_config(self.settings_name)["SIDEBAR"]["navigation"]
        shown = [{**group, "items": list(self._entries(request, group))} for group in groups]
        self._mark_here(request, [entry for group in shown for entry in group["items"]])
        return [group for group in shown if group["items"]]

    def _entries(self, request: HttpRequest, group: dict[str, Any]) -> Iterator[dict[str, Any]]:
        allowed = request.user.has_perm  # type: ignore[union-attr]
        for entry in group["items"]:
            address, permission = self._link(entry["page"]), entry["permission"]
            if address and (not permission or allowed(permission)):
                badge = import_string(entry["badge"])(request) if entry.get("badge") else None
                link = f"{address}?{entry['query']}" if entry.get("query") else address
                yield {**entry, "address": address, "link": link, "badge": badge, "active": False}

    def _mark_here(self, request: HttpRequest, entries: list[dict[str, Any]]) -> None:
        """One entry at most: the closest address; of two that share a list, the one whose tab is
        open, or the first."""
        index = reverse(f"{self.name}:index")
        here = [
            entry
            for entry in entries
            if request.path == entry["address"]
            or (entry["address"] != index and request.path.startswith(entry["address"]))
        ]
        closest = max((len(entry["address"]) for entry in here), default=0)
        here = [entry for entry in here if len(entry["address"]) == closest]
        asked = [entry for entry in here if self._is_asked(request, entry.get("query", ""))]
        for entry in (asked or here)[:1]:
            entry["active"] = True

    @staticmethod
    def _is_asked(request: HttpRequest, query: str) -> bool:
        return all(request.GET.get(name) == value for name, value in parse_qsl(query))

    def _link(self, page: str) -> str:
        """Empty when the page does not exist."""
        if page.startswith("/"):
            return page
        try:
            return reverse(f"{self.name}:{page}")
        except NoReverseMatch:
            return ""

    # --- command palette --------------------------------------------------------------------------
    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Pages and rows that this operator may open. Never cached: Unfold's own cache knows
        neither the bank nor a permission that was taken away."""
        term = request.GET.get("s", "").strip()[:TERM_LENGTH]
        if not term:
            return HttpResponse()
        found = [*self._pages_named(request, term), *self._rows_named(request, term)]
        context = {"results": found, "page_obj": Paginator(found, len(found) or 1), "term": term}
        return TemplateResponse(request, "console/palette_results.html", context)

    def _pages_named(self, request: HttpRequest, term: str) -> Iterator[SearchResult]:
        for group in self.get_sidebar_list(request):
            for entry in group["items"]:
                if term.lower() in str(entry["title"]).lower():
                    title = str(group.get("title") or _("Page"))
                    yield SearchResult(str(entry["title"]), title, entry["link"], entry["icon"])

    def _rows_named(self, request: HttpRequest, term: str) -> Iterator[SearchResult]:
        searched = get_config(self.settings_name)["COMMAND"]["search_models"]
        for model, model_admin in self._registry.items():
            if model._meta.label_lower in searched and model_admin.has_view_permission(request):
                yield from self._rows(request, model, model_admin, term)

    def _rows(
        self, request: HttpRequest, model: type[Model], model_admin: ModelAdmin, term: str
    ) -> Iterator[SearchResult]:
        if not model_admin.get_search_fields(request):
            return
        opts = model._meta
        rows, _duplicates = model_admin.get_search_results(
            request, model_admin.get_queryset(request), term
        )
        for row in rows.distinct()[:FOUND_PER_LIST]:
            link = reverse(f"{self.name}:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
            yield SearchResult(str(row), capfirst(str(opts.verbose_name)), link, "article")


class PlatformSite(ConsoleSite):
    settings_name = "UNFOLD_PLATFORM"


class BankSite(ConsoleSite):
    settings_name = "UNFOLD_BANK"


platform_site = PlatformSite(name="platform")
bank_site = BankSite(name="bank")
