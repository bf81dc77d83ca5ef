from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from coupons.forms.templates import TemplateForm
from coupons.forms.trying import verdict
from coupons.models import CouponTemplate
from coupons.querysets import TemplateQuerySet
from coupons.stock.shortage import low_stock
from coupons.terms import services
from coupons.terms.figures import taken_of
from coupons.terms.wording import describe_value
from customers.audience_forms import audience_text
from operators.admin_base import ModelAdmin, display
from operators.querysets import branch_scope
from operators.sites import bank_site
from publishing.admin_draft_forms import DraftFormMixin, DraftVerbs
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin

PATTERN_NAME = "coupons_coupontemplate_pattern"


@admin.register(CouponTemplate, site=bank_site)
class TemplateAdmin(DraftActionsMixin, DraftFormMixin, DraftPagesMixin, ModelAdmin):
    form = TemplateForm
    verbs = DraftVerbs(
        create=services.create_template,
        edit=services.edit_template,
        copy=services.copy_template,
        delete=services.delete_template_draft,
    )
    list_display: Any = (
        "title", "code", "kind", "shown_value", "shown_stage", "shown_period", "shown_held",
        "shown_branch",
    )  # fmt: skip
    list_filter: Any = ("kind", "is_claimable", "branch", "starts_at")
    search_fields = ("title", "code")
    ordering = ("-updated_at", "-id")
    branch_lookup = "branch__path"
    empty_hint = _(
        "Make the first coupon template with “Add”: what it is worth, who may claim it, what it may"
        " cost. It is reviewed; then batches of coupons are imported or generated for it."
    )
    fieldsets: Any = (
        (_("Coupon"), {"fields": ("title", "code", "kind", "opened_version")}),
        (
            pgettext_lazy("coupon", "Value"),
            {
                "fields": (
                    "face_min_cents", "face_max_cents", "discount", "interest", "threshold_cents",
                )
            },
        ),
        (
            _("Who may claim it, and when"),
            {"fields": ("starts_at", "ends_at", "is_claimable", "branch", "audience")},
        ),
        (
            _("How long it is valid"),
            {"fields": ("validity", "valid_from", "valid_until", "days_after_claim")},
        ),
        (
            _("Where it is used"),
            {"fields": ("redeemed_at", "scenes", "stacking_group", "lock_minutes")},
        ),
        (
            _("What it may cost"),
            {"fields": ("stock_limit", "budget_cents", "limits", "bearers")},
        ),
        (_("Codes"), {"fields": ("code_pattern", "pattern_sample")}),
        (_("Rules"), {"fields": ("rules",)}),
    )  # fmt: skip
    looking_fieldsets = (
        (_("Coupon"), {"fields": ("title", "shown_terms")}),
        (
            _("Who may claim it, and when"),
            {"fields": ("starts_at", "ends_at", "branch", "shown_audience")},
        ),
    )
    readonly_fields = ("shown_terms", "shown_audience")
    list_before_template = "coupons/low_stock.html"
    change_form_outer_before_template = "publishing/draft_standing.html"
    change_form_outer_after_template = "coupons/template_after.html"

    class Media:
        css = {
            "all": (
                "console/review.css",
                "console/announcements.css",
                "console/audience.css",
                "console/coupons.css",
                "console/coupon_stock.css",
            )
        }
        js = ("console/coupons.js",)

    # --- list --------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> TemplateQuerySet:
        return super().get_queryset(request).for_changelist(timezone.now())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        low = low_stock(timezone.now(), branch_scope(request.user))  # type: ignore[arg-type]
        return super().changelist_view(request, {"low": low, **(extra_context or {})})

    @display(description=pgettext_lazy("coupon", "Value"))
    def shown_value(self, template: CouponTemplate) -> str:
        return describe_value(template.render_payload())

    @display(description=_("claim period"), ordering="starts_at")
    def shown_period(self, template: CouponTemplate) -> str:
        return super().shown_period(template)

    @display(description=_("stocked of at most"))
    def shown_held(self, template: CouponTemplate) -> str:
        account = getattr(template, "account", None)
        held = account.held_count if account is not None else 0
        return f"{held:,} / {template.stock_limit:,}"

    # --- for those who may only look ---------------------------------------------------------
    @display(description=_("audience"))
    def shown_audience(self, template: CouponTemplate) -> SafeString:
        return audience_text(template.audience)

    # --- form --------------------------------------------------------------------------------
    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.operator = request.user
        form_class.pattern_address = reverse(f"{self.admin_site.name}:{PATTERN_NAME}")
        return form_class

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.pattern_view))
        return [path("pattern/", view, name=PATTERN_NAME), *super().get_urls()]

    def pattern_view(self, request: HttpRequest) -> HttpResponse:
        """Whether a sample code fits the pattern as it is typed, before it is saved."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pattern = request.POST.get("code_pattern", "")[:200]
        sample = request.POST.get("pattern_sample", "")[:200]
        return render(request, "coupons/pattern_verdict.html", verdict(pattern, sample))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        draft = kwargs.get("obj")
        if draft is not None:
            context.update(self.standing(request, draft))
            context["taken"] = taken_of(draft)
            context["card_address"] = f"{reverse('preview-desk')}?draft={draft.uid}"
        return super().render_change_form(request, context, *args, **kwargs)
