"""Product types in the platform's console: an editor of their fields, with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from fuxiang_zone.catalogue.choices import Feature, TypeState
from fuxiang_zone.catalogue.errors import BadSchema
from fuxiang_zone.catalogue.forms import ProductTypeForm
from fuxiang_zone.catalogue.keeping import close_type, open_type, save_product_type
from fuxiang_zone.catalogue.models import ProductType
from fuxiang_zone.catalogue.previews import example_form, phone_lines
from fuxiang_zone.catalogue.schema import parse_schema
from fuxiang_zone.catalogue.schema_widgets import DisclosuresWidget, SchemaWidget
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, Tab, action, display
from operators.sites import platform_site

COLOURS = {TypeState.DRAFT: "", TypeState.OPEN: "success", TypeState.CLOSED: "warning"}
NAME = "fuxiang_zone_catalogue_producttype"
VERSIONS_SHOWN = 10


@admin.register(ProductType, site=platform_site)
class ProductTypeAdmin(ModelAdmin):
    form = ProductTypeForm
    list_display = (
        "shown_name", "code", "category", "shown_state", "banks_opened", "version", "position",
    )  # fmt: skip
    list_filter = ("category",)
    search_fields = ("name", "code", "english_name")
    fieldsets: Any = (
        (
            pgettext_lazy("product type", "What it is"),
            {
                "fields": (
                    ("name", "english_name"), ("code", "category"), ("icon", "position"),
                    "description", "note", "features",
                )
            },
        ),
        (_("Fields of the product"), {"fields": ("fields_of_type",)}),
        (_("What customers must be told"), {"fields": ("disclosures",)}),
    )  # fmt: skip
    actions_detail = ("offer", "close")
    change_form_outer_after_template = "fuxiang_zone/catalogue/type_after.html"

    class Media:
        css = {"all": ("console/audience.css", "console/review.css", "console/zone_types.css")}
        js = ("console/zone_types.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).adoption()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is what banks' products refer to."""
        return ("code",) if obj else ()

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        from django.db.models import Q

        states = [Tab(each.value, each.label, Q(state=each)) for each in TypeState]
        return [Tab("all", _("All")), *states]

    @display(description=_("name"), ordering="position")
    def shown_name(self, product_type: Any) -> SafeString:
        return format_html(
            '<span class="fx-type-name"><span class="material-symbols-outlined" aria-hidden="true">'
            "{}</span>{}</span>",
            product_type.icon, product_type.name,
        )  # fmt: skip

    @display(description=_("state"), ordering="state", label=COLOURS)
    def shown_state(self, product_type: Any) -> tuple[str, Any]:
        return product_type.state, product_type.get_state_display()

    @admin.display(description=_("banks that opened it"), ordering="banks_opened")
    def banks_opened(self, product_type: Any) -> SafeString:
        address = reverse("platform:fuxiang_zone_catalogue_activation_changelist")
        return format_html(
            '<a href="{}?product_type__id__exact={}">{}</a>',
            address, product_type.pk, product_type.banks_opened,
        )  # fmt: skip

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_product_type(actor=request.user, product_type=obj)  # type: ignore[arg-type]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = kwargs.get("obj")
        if found is not None:
            context["versions"] = found.versions.order_by("-version")[:VERSIONS_SHOWN]
            context["caps"] = found.rate_caps.begun(timezone.localdate())
            context["has_caps"] = Feature.RATES in found.features
        return super().render_change_form(request, context, *args, **kwargs)

    # --- state ------------------------------------------------------------------------------------
    def _may_move(self, request: HttpRequest, object_id: Any, *states: TypeState) -> bool:
        found = self.get_object(request, str(object_id)) if object_id else None
        return found is not None and found.state in states and self.has_change_permission(request)

    def has_offer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_move(request, object_id, TypeState.DRAFT, TypeState.CLOSED)

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_move(request, object_id, TypeState.OPEN)

    @action(
        description=_("Offer to banks"), permissions=["offer"], form_class=DialogForm,
        explanation=_("Banks can apply for it from now on."), icon="storefront",
        variant="primary", url_path="offer",
    )  # fmt: skip
    def offer(self, request: HttpRequest, form: Any, object_id: Any) -> None:
        open_type(actor=request.user, product_type=ProductType.objects.get(pk=object_id))  # type: ignore[arg-type]

    @action(
        description=_("Offer no more"), permissions=["close"], form_class=ReasonForm,
        explanation=_(
            "Banks can neither apply for it nor publish new products of it. What is published "
            "stays as it is."
        ),
        icon="block", variant="danger", url_path="close",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: Any, object_id: Any) -> None:
        close_type(
            actor=request.user,  # type: ignore[arg-type]
            product_type=ProductType.objects.get(pk=object_id),
            reason=form.cleaned_data["reason"],
        )

    # --- preview ----------------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        return [path("preview/", view, name=f"{NAME}_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Of what stands in the form; nothing is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        context: dict[str, Any] = {
            "name": request.POST.get("name", "")[:20] or _("New type"),
            "icon": request.POST.get("icon", "")[:40] or "category",
            "description": request.POST.get("description", "")[:500],
            "features": [
                each.label for each in Feature if each in request.POST.getlist("features")
            ],
        }
        rows = SchemaWidget().value_from_datadict(request.POST, {}, "fields_of_type")
        told = DisclosuresWidget().value_from_datadict(request.POST, {}, "disclosures")
        context["disclosures"] = [each for each in told if each["label"]]
        try:
            fields = parse_schema(rows)
        except BadSchema as error:
            context["wrong"] = error.message
        else:
            context["form"] = example_form(fields, today)
            context["lines"] = phone_lines(fields, today)
        return render(request, "fuxiang_zone/catalogue/preview.html", context)
