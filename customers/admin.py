from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path as url_path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from customers.admin_history import HistoryMixin
from customers.audience_forms import AudienceField, size_context
from customers.models import Customer
from operators.admin_base import ModelAdmin
from operators.models import Branch
from operators.sites import bank_site


@admin.register(Customer, site=bank_site)
class CustomerAdmin(HistoryMixin, ModelAdmin):
    """To look only: customers come from the bank's files, not from the console."""

    list_display = ("number", "masked_name", "masked_phone", "branch", "opened_on")
    list_filter = ("branch", "opened_on")
    # A prefix of the number: the index answers it on a million rows.
    search_fields = ("number__startswith",)
    search_help_text = _("Beginning of the customer number")
    ordering = ("number",)
    sortable_by = ("number",)
    branch_lookup = "branch__path"
    fields = ("number", "masked_name", "masked_phone", "branch", "opened_on", "created_at")
    empty_hint = _("Customers appear here once the bank's customer file has been imported.")

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
