from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from operators.admin_base import ModelAdmin
from operators.sites import bank_site


@admin.register(Customer, site=bank_site)
class CustomerAdmin(ModelAdmin):
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
