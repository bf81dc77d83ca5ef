from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fuxiang_zone.catalogue.models import Activation, ProductType
from fuxiang_zone.catalogue.services import save_product_type
from operators.admin_base import ModelAdmin
from operators.sites import platform_site


@admin.register(ProductType, site=platform_site)
class ProductTypeAdmin(ModelAdmin):
    list_display = ("name", "code", "category", "banks_opened", "note", "position")
    list_filter = ("category",)
    search_fields = ("name", "code")
    fields = ("code", "name", "category", "note", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).adoption()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is what banks' products refer to."""
        return ("code",) if obj else ()

    @admin.display(description=_("banks that opened it"), ordering="banks_opened")
    def banks_opened(self, product_type: Any) -> SafeString:
        address = reverse("platform:fuxiang_zone_catalogue_activation_changelist")
        return format_html(
            '<a href="{}?product_type__id__exact={}">{}</a>',
            address, product_type.pk, product_type.banks_opened,
        )  # fmt: skip

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_product_type(actor=request.user, product_type=obj)  # type: ignore[arg-type]


@admin.register(Activation, site=platform_site)
class ActivationAdmin(ModelAdmin):
    """To read: a bank opens a type through a service."""

    list_display = ("bank", "product_type", "activated_at", "is_demo")
    list_filter = ("product_type", "bank__prefecture", "activated_at")
    list_select_related = ("bank", "product_type")
    search_fields = ("bank__name", "bank__slug", "bank__name_key", "product_type__name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
