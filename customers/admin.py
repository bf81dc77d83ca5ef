from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path as url_path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from customers import admin_consents  # noqa: F401  (registers its pages)
from customers.admin_history import HistoryMixin
from customers.admin_import import ImportMixin
from customers.admin_trial import TrialListMixin
from customers.audience_forms import AudienceField, known_tags, size_context
from customers.audiences import year_of
from customers.choices import CustomerGroup
from customers.models import Customer
from customers.tags import MAX_TAG_CHARACTERS
from operators.admin_base import ModelAdmin, badge, display
from operators.models import Branch
from operators.sites import bank_site


class GroupFilter(SimpleListFilter):
    title = _("customer group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CustomerGroup.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        known = self.value() in CustomerGroup.values
        return queryset.filter(groups__contains=[self.value()]) if known else queryset


class TagFilter(SimpleListFilter):
    """By one of the usual tags of the bank."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        tags = known_tags()
        return [(tag, tag) for tag in ([*tags, chosen] if chosen not in (*tags, "") else tags)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        tag = self.value() or ""
        is_tag = tag != "" and len(tag) <= MAX_TAG_CHARACTERS and tag.isprintable()
        return queryset.filter(tags__contains=[tag]) if is_tag else queryset


@admin.register(Customer, site=bank_site)
class CustomerAdmin(ImportMixin, TrialListMixin, HistoryMixin, ModelAdmin):
    """To look only: customers come from the bank's files."""

    list_display = (
        "number", "masked_name", "masked_phone", "branch", "shown_groups", "shown_tags",
        "shown_risk", "shown_trial",
    )  # fmt: skip
    list_filter = ("branch", GroupFilter, TagFilter, "risk_level", "is_trial", "opened_on")
    # A prefix of the number: the index answers it on a million rows.
    search_fields = ("number__startswith",)
    search_help_text = _("Beginning of the customer number")
    ordering = ("number",)
    sortable_by = ("number",)
    branch_lookup = "branch__path"
    fieldsets = (
        (_("Customer"), {
            "fields": ("number", "masked_name", "masked_phone", "branch", "opened_on"),
        }),
        (_("Portrait"), {
            "fields": ("shown_age", "shown_groups", "shown_tags", "shown_assessment"),
        }),
        (_("Trial"), {"fields": ("shown_trial", "created_at")}),
    )  # fmt: skip
    readonly_fields = (
        "shown_age", "shown_groups", "shown_tags", "shown_assessment", "shown_trial",
    )  # fmt: skip
    empty_hint = _("Customers appear here once the bank's customer file has been imported.")

    class Media:
        css = {"all": ("console/audience.css",)}

    @display(description=_("customer groups"))
    def shown_groups(self, customer: Customer) -> SafeString:
        names = dict(CustomerGroup.choices)
        return _badges([str(names.get(code, code)) for code in customer.groups], "info")

    @display(description=_("tags"))
    def shown_tags(self, customer: Customer) -> SafeString:
        return _badges(customer.tags, "")

    @display(description=_("risk level"))
    def shown_risk(self, customer: Customer) -> str:
        return customer.risk_level or "—"

    @display(description=_("risk assessment"))
    def shown_assessment(self, customer: Customer) -> SafeString | str:
        """Also whether it still lets the customer buy wealth products."""
        if not customer.risk_level:
            return "—"
        level = customer.get_risk_level_display()
        assessed = customer.risk_assessed_on
        if assessed is None or assessed < _a_year_before(timezone.localdate()):
            told = badge(_("assessment missing or older than a year"), "warning")
        else:
            told = badge(_("valid"), "success")
        return format_html("{} {} {}", level, assessed or "", told)

    @display(description=_("age"))
    def shown_age(self, customer: Customer) -> str:
        if customer.birth_year is None:
            return "—"
        age = year_of(timezone.now()) - customer.birth_year
        return _("%(age)s (born in %(year)s)") % {"age": age, "year": customer.birth_year}

    @display(description=_("trial list"), label={True: "warning"})
    def shown_trial(self, customer: Customer) -> tuple[bool, Any] | None:
        return (True, _("on the trial list")) if customer.is_trial else None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).for_changelist()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.audience_size_view))
        name = "customers_customer_audience_size"
        return [url_path("audience-size/", view, name=name), *super().get_urls()]

    def audience_size_view(self, request: HttpRequest) -> HttpResponse:
        """How many a form's rule means as it is typed, before it is saved."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        operator: Any = request.user
        name = request.GET.get("name", "audience")
        typed = AudienceField(operator=operator).widget.value_from_datadict(request.POST, {}, name)
        chosen = request.POST.get("branch", "")
        branches = Branch.objects.visible_to(operator).filter(
            pk=chosen if chosen.isdecimal() else 0
        )
        path = branches.values_list("path", flat=True).first() or ""
        context = size_context(typed, operator, branch_path=path)
        return render(request, "customers/audience_size.html", context)


def _badges(words: Iterable[str], kind: str) -> SafeString:
    shown = format_html_join("", "{}", ((badge(word, kind),) for word in words))
    return format_html('<span class="fx-words">{}</span>', shown) if shown else mark_safe("—")


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
