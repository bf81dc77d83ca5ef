from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.admin_figures import FiguresMixin
from campaigns.admin_switches import STATE_COLOURS, SwitchesMixin
from campaigns.admin_trials import TrialMixin
from campaigns.choices import CampaignKind, RunState
from campaigns.designing import services
from campaigns.designing.starting import STARTING_POINTS
from campaigns.forms.campaigns import CampaignForm
from campaigns.models import Campaign
from campaigns.querysets import CampaignQuerySet
from campaigns.running.budgets import budget_bar
from customers.audience_forms import audience_text
from operators.admin_base import ModelAdmin, display
from operators.sites import bank_site
from publishing.admin_draft_forms import DraftFormMixin, DraftVerbs
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin

STARTING_POINT = "kind"


@admin.register(Campaign, site=bank_site)
class CampaignAdmin(
    FiguresMixin, TrialMixin, SwitchesMixin, DraftActionsMixin, DraftFormMixin, DraftPagesMixin,
    ModelAdmin,
):  # fmt: skip
    form = CampaignForm
    verbs = DraftVerbs(
        create=services.create_campaign,
        edit=services.edit_campaign,
        copy=services.copy_campaign,
        delete=services.delete_campaign_draft,
    )
    list_display: Any = (
        "title", "kind", "shown_stage", "shown_running", "shown_period", "shown_budget",
        "shown_branch",
    )  # fmt: skip
    list_filter: Any = ("kind", "branch", "starts_at")
    search_fields = ("title",)
    ordering = ("-updated_at", "-id")
    branch_lookup = "branch__path"
    empty_hint = _(
        "Design the first campaign with “Add”: what qualifies, under which conditions, what is"
        " given, and what it may cost. It is reviewed before customers see it."
    )
    actions_detail = (*SwitchesMixin.switch_actions, *DraftActionsMixin.actions_detail)
    fieldsets: Any = (
        (_("Campaign"), {"fields": ("title", "kind", "starts_at", "ends_at", "opened_version")}),
        (_("Rule"), {"fields": ("events", "conditions", "effects", "limits")}),
        (pgettext_lazy("campaign", "What it may cost"), {"fields": ("budget_cents", "bearers")}),
        (pgettext_lazy("campaign", "For whom"), {"fields": ("branch", "audience")}),
        (_("What customers read"), {"fields": ("summary", "button", "rules_text")}),
    )
    looking_fieldsets = (
        (_("Campaign"), {"fields": ("title", "shown_terms")}),
        (_("For whom, and when"), {"fields": ("starts_at", "ends_at", "branch", "shown_audience")}),
    )
    readonly_fields = ("shown_terms", "shown_audience")
    change_form_outer_before_template = "campaigns/before.html"
    change_form_outer_after_template = "publishing/draft_versions.html"

    class Media:
        css = {
            "all": (
                "console/review.css",
                "console/announcements.css",
                "console/audience.css",
                "console/coupons.css",
                "console/campaigns.css",
            )
        }
        js = ("console/coupons.js", "console/campaigns.js")

    # --- list --------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> CampaignQuerySet:
        return super().get_queryset(request).for_changelist(timezone.now())

    @display(description=_("switched"), label=STATE_COLOURS)
    def shown_running(self, campaign: Campaign) -> tuple[str, Any] | None:
        account = getattr(campaign, "account", None)
        if account is None or account.live_version is None:
            return None
        return account.run_state, RunState(account.run_state).label

    @display(description=_("committed of the budget"))
    def shown_budget(self, campaign: Campaign) -> SafeString:
        bar = budget_bar(campaign)
        return mark_safe(render_to_string("campaigns/budget_small.html", {"bar": bar}))  # noqa: S308 - a template

    # --- a new one ---------------------------------------------------------------------------
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """First what it starts from, then the form."""
        chosen = request.GET.get(STARTING_POINT, "")
        if request.method != "GET" or chosen in CampaignKind.values:
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What shall the new campaign start from?"),
            "points": STARTING_POINTS,
        }
        return TemplateResponse(request, "campaigns/starting.html", context)

    # --- form --------------------------------------------------------------------------------
    @display(description=_("audience"))
    def shown_audience(self, campaign: Campaign) -> SafeString:
        return audience_text(campaign.audience)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.operator = request.user
        form_class.starting_point = request.GET.get(STARTING_POINT, "")
        return form_class

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        draft = kwargs.get("obj")
        if draft is not None:
            context.update(self.standing(request, draft))
            site = self.admin_site.name
            trial = reverse(f"{site}:campaigns_campaign_trial")
            context["trial_address"] = f"{trial}?campaign={draft.pk}"
            context["campaign_account"] = getattr(draft, "account", None)
            if context["campaign_account"] is not None:
                figures = reverse(f"{site}:campaigns_campaign_figures", args=[draft.pk])
                context["figures_address"] = figures
            context["bar"] = budget_bar(draft)
        return super().render_change_form(request, context, *args, **kwargs)
