from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from customers.audience_forms import audience_text
from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.directory import TypeInfo, all_types, read_type, type_of
from fuxiang_zone.forms.products import SALE, form_class
from fuxiang_zone.models import ZoneProduct
from fuxiang_zone.products import figures, services
from fuxiang_zone.products.content import DISCLOSURE, VALUE
from fuxiang_zone.products.offered import types_offered
from fuxiang_zone.products.standing import SaleState, sale_state
from fuxiang_zone.querysets import ProductQuerySet
from operators.admin_base import ModelAdmin, display
from operators.sites import bank_site
from publishing.admin_draft_forms import DraftFormMixin, DraftVerbs
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin

NAME = "fuxiang_zone_zoneproduct"
CHOSEN = "type"
SALE_COLOURS = {
    SaleState.ON_SALE: "success",
    SaleState.TO_COME: "info",
    SaleState.SOLD_OUT: "danger",
    SaleState.OVER: "",
}


class TypeFilter(SimpleListFilter):
    title = _("product type")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        used = set(ZoneProduct.objects.order_by().values_list("type_code", flat=True).distinct())
        return [(info.code, info.name) for info in all_types() if info.code in used]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(type_code=self.value()) if self.value() else queryset


@admin.register(ZoneProduct, site=bank_site)
class ProductAdmin(DraftActionsMixin, DraftFormMixin, DraftPagesMixin, ModelAdmin):
    verbs = DraftVerbs(
        create=services.create_product,
        edit=services.edit_product,
        copy=services.copy_product,
        delete=services.delete_product_draft,
    )
    list_display: Any = (
        "title", "shown_type", "shown_stage", "shown_taken", "shown_sale", "shown_period",
        "shown_branch",
    )  # fmt: skip
    list_filter: Any = (TypeFilter, "branch", "starts_at")
    search_fields = ("title",)
    ordering = ("-updated_at", "-id")
    branch_lookup = "branch__path"
    empty_hint = _(
        "Make the first product with “Add”: choose a type that your bank has opened, fill in what"
        " customers read, submit it for review. Types are applied for under “Zone types”."
    )
    looking_fieldsets = (
        (pgettext_lazy("zone product", "Product"), {"fields": ("title", "shown_terms")}),
        (_("For whom, and when"), {"fields": ("starts_at", "ends_at", "branch", "shown_audience")}),
    )
    readonly_fields = ("shown_terms", "shown_audience")
    change_form_outer_before_template = "publishing/draft_standing.html"
    change_form_outer_after_template = "fuxiang_zone/product_after.html"

    class Media:
        css = {
            "all": (
                "console/review.css",
                "console/announcements.css",
                "console/audience.css",
                "console/coupons.css",
                "console/item_figures.css",
                "console/zone_products.css",
            )
        }
        js = ("console/zone_products.js",)

    # --- list --------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> ProductQuerySet:
        return super().get_queryset(request).for_changelist(timezone.now())

    @display(description=_("product type"), ordering="type_code")
    def shown_type(self, product: ZoneProduct) -> SafeString:
        return _drawn("fuxiang_zone/type_name.html", info=type_of(product.type_code),
                      code=product.type_code)  # fmt: skip

    @display(description=_("taken of the quota"))
    def shown_taken(self, product: ZoneProduct) -> SafeString:
        taken = figures.taken_of(getattr(product, "account", None), _overdue(product))
        return _drawn("fuxiang_zone/taken_small.html", taken=taken, quota=product.quota)

    @display(description=pgettext_lazy("zone product", "sale"), label=SALE_COLOURS)
    def shown_sale(self, product: ZoneProduct) -> tuple[str, Any] | None:
        account = getattr(product, "account", None)
        state = sale_state(account, timezone.now(), _overdue(product))
        return (state, SaleState(state).label) if state is not None else None

    # --- a new one ---------------------------------------------------------------------------
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """First its type, then the form of the type."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        offered = types_offered()
        if request.GET.get(CHOSEN) in {info.code for info in offered}:
            return super().add_view(request, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What kind of product shall it be?"),
            "types": offered,
        }
        return TemplateResponse(request, "fuxiang_zone/choose_type.html", context)

    # --- for those who may only look ---------------------------------------------------------
    @display(description=_("audience"))
    def shown_audience(self, product: ZoneProduct) -> SafeString:
        return audience_text(product.audience)

    # --- form --------------------------------------------------------------------------------
    def _type(self, request: HttpRequest, obj: ZoneProduct | None) -> TypeInfo:
        code = obj.type_code if obj is not None else request.GET.get(CHOSEN, "")
        known = request.__dict__.setdefault("zone_types", {})
        if code not in known:
            known[code] = read_type(code)
        if known[code] is None:
            raise Http404
        return known[code]  # type: ignore[no-any-return]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.only_looks(request, obj):
            return self.looking_fieldsets
        info = self._type(request, obj)
        return tuple((title, {"fields": fields}) for title, fields in _sections(info) if fields)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if not self.only_looks(request, obj):
            operator: Any = request.user
            kwargs["form"] = form_class(self._type(request, obj), operator)
        return super().get_form(request, obj, change=change, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        draft = kwargs.get("obj")
        if draft is None:
            context["subtitle"] = self._type(request, None).name
        else:
            context.update(self.standing(request, draft))
            context.update(self._sold(request, draft))
            context["card_address"] = f"{reverse('preview-desk')}?draft={draft.uid}"
            context["type_info"] = type_of(draft.type_code)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- what is sold ------------------------------------------------------------------------
    def _sold(self, request: HttpRequest, product: ZoneProduct) -> dict[str, Any]:
        taken = figures.taken_of(getattr(product, "account", None), _overdue(product))
        if taken is None:
            return {}
        may_export = request.user.has_perm(figures.EXPORT)  # type: ignore[union-attr]
        return {
            "taken": taken,
            "days": figures.figures_by_day(product.pk, last=figures.today()),
            "export_address": self._address_of("figures_export", product.pk) if may_export else "",
        }

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.figures_export_view))
        address = path("<int:pk>/figures/export/", view, name=f"{NAME}_figures_export")
        return [address, *super().get_urls()]

    def figures_export_view(self, request: HttpRequest, pk: int) -> FileResponse:
        product = self.get_object(request, str(pk))
        if product is None:
            raise Http404
        if not request.user.has_perm(figures.EXPORT):  # type: ignore[union-attr]
            raise PermissionDenied
        file = figures.export_figures(actor=request.user, product=product)  # type: ignore[arg-type]
        name = f"zone-product-{product.pk}-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
        )


def _sections(info: TypeInfo) -> list[tuple[Any, tuple[str, ...]]]:
    def having(feature: Feature, *names: str) -> tuple[str, ...]:
        return names if info.has(feature) else ()

    return [
        (
            pgettext_lazy("zone product", "Product"),
            ("title", "summary", "opened_version", *having(Feature.SUITABILITY, "risk_level")),
        ),
        (info.name, tuple(f"{VALUE}{each.key}" for each in info.fields)),
        (_("Rates"), having(Feature.RATES, "rates")),
        (pgettext_lazy("zone product", "Sale and quota"), having(Feature.QUOTA, *SALE)),
        (
            _("What must be disclosed"),
            tuple(f"{DISCLOSURE}{each.code}" for each in info.disclosures),
        ),
        (_("Who sees it, and when"), ("starts_at", "ends_at", "branch", "audience", "priority")),
        (_("Links"), having(Feature.LINKS, "links")),
        (_("Rules"), ("rules",)),
    ]


def _overdue(product: ZoneProduct) -> int:
    """As the list counted it."""
    return int(getattr(product, "overdue", 0))


def _drawn(template: str, **context: Any) -> SafeString:
    return mark_safe(render_to_string(template, context))  # noqa: S308 - a template
