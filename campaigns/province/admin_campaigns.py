"""The platform's pages of a province campaign: its list and the form in which it is designed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.choices import CampaignKind
from campaigns.designing.starting import STARTING_POINTS
from campaigns.designing.wording import describe_kind
from campaigns.province import drafts
from campaigns.province.admin_board import BoardMixin
from campaigns.province.choices import KIND, Field, JoinState
from campaigns.province.content import rendered
from campaigns.province.forms import ProvinceCampaignForm, sections
from campaigns.province.models import ProvinceCampaign
from campaigns.province.wording import show_value
from operators.admin_base import ModelAdmin, display
from operators.sites import platform_site
from publishing import registry
from publishing.admin_draft_forms import DraftFormMixin, DraftVerbs
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin
from publishing.choices import Lock
from publishing.governed.rows import LockShown
from publishing.stages import with_stage

STARTING_POINT = "kind"
LOCK_WORDS = {
    Lock.LOCKED: _("Every bank that joins has exactly this."),
    Lock.DEFAULT: _("Banks begin with it and may change it; who kept it follows newer versions."),
    Lock.FREE: _("Every bank decides for itself; a value here is a suggestion."),
    Lock.MUST_FILL: _("Every bank fills it in when it joins."),
}


@admin.register(ProvinceCampaign, site=platform_site)
class ProvinceCampaignAdmin(
    BoardMixin, DraftActionsMixin, DraftFormMixin, DraftPagesMixin, ModelAdmin
):
    form = ProvinceCampaignForm
    verbs = DraftVerbs(
        create=drafts.create_province_campaign,
        edit=drafts.edit_province_campaign,
        copy=drafts.copy_province_campaign,
        delete=drafts.delete_province_campaign,
    )
    list_display: Any = (
        "title", "shown_kind", "shown_stage", "shown_period", "shown_waves", "shown_joined",
        "shown_updated",
    )  # fmt: skip
    list_filter: Any = ("starts_at",)
    search_fields = ("title",)
    ordering = ("-updated_at", "-id")
    actions = ()
    empty_hint = _(
        "Design the first campaign for all banks with “Add”: say what is locked and what every bank"
        " decides for itself, have it reviewed, then open it to pilot banks."
    )
    explanation = _(
        "Banks join with their own coupons and budget. What is locked holds for the version that a"
        " bank has joined; of a newer one each bank sees the differences and accepts them."
    )
    actions_detail = (
        "submit", "withdraw_review", "request_withdrawal", "roll_back", "copy", "discard",
        "withdraw_now",
    )  # fmt: skip
    change_form_outer_before_template = "campaigns/province/before.html"
    change_form_after_template = "campaigns/province/fields.html"
    change_form_outer_after_template = "publishing/draft_versions.html"

    class Media:
        css = {
            "all": (
                "console/review.css", "console/announcements.css", "console/audience.css",
                "console/coupons.css", "console/campaigns.css", "console/governed.css",
                "console/province.css",
            )
        }  # fmt: skip
        js = ("console/coupons.js", "console/campaigns.js")

    # --- list --------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> Any:
        counted = super().get_queryset(request).select_related("edited_by", "branch")
        joined = Q(joinings__state=JoinState.JOINED)
        counted = counted.annotate(
            wave_count=Count("waves", distinct=True),
            bank_count=Count("joinings", distinct=True),
            joined_count=Count("joinings", filter=joined, distinct=True),
        )
        return with_stage(counted, registry.get(KIND), timezone.now())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Several at a time make no sense here."""
        return {}

    @display(description=_("kind of campaign"))
    def shown_kind(self, draft: ProvinceCampaign) -> str:
        return describe_kind(draft.rules.get(Field.KIND, {}).get("value", ""))

    @display(description=_("waves"))
    def shown_waves(self, draft: Any) -> str:
        return str(draft.wave_count or "—")

    @display(description=_("banks that joined"))
    def shown_joined(self, draft: Any) -> str:
        return f"{draft.joined_count} / {draft.bank_count}" if draft.bank_count else "—"

    # --- a new one ---------------------------------------------------------------------------
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """First what it starts from, then the form."""
        chosen = request.GET.get(STARTING_POINT, "")
        asks = request.method == "GET" and chosen not in CampaignKind.values
        if not asks or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What shall the new campaign start from?"),
            "points": STARTING_POINTS,
        }
        return TemplateResponse(request, "campaigns/starting.html", context)

    # --- form --------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """None: the fields stand in their own rows, below."""
        return ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if not self.only_looks(request, obj):
            kwargs["fields"] = ProvinceCampaignForm.Meta.fields
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.starting_point = request.GET.get(STARTING_POINT, "")
        return form_class

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        draft = kwargs.get("obj")
        form = context["adminform"].form
        editable = "starts_at" in form.fields
        payload = rendered(draft) if draft is not None else None
        context["sections"] = sections(payload, form if editable else None, show_value)
        context["form_of_campaign"] = form if editable else None
        context["locks"] = [(LockShown(lock), words) for lock, words in LOCK_WORDS.items()]
        if draft is not None:
            context |= self.standing(request, draft)
            context["explanation"] = self.explanation
            context["board_address"] = reverse(f"{self.admin_site.name}:{self.page('board')}",
                                               args=[draft.pk])  # fmt: skip
        return super().render_change_form(request, context, *args, **kwargs)
