from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from announcements import services
from announcements.admin_figures import FiguresMixin
from announcements.admin_readers import ReadersMixin
from announcements.bodies import sanitise
from announcements.forms import AnnouncementForm
from announcements.models import Announcement
from announcements.querysets import AnnouncementQuerySet
from customers.audience_forms import audience_text
from operators.admin_base import ModelAdmin, badge, display
from operators.sites import bank_site, platform_site
from publishing.admin_draft_forms import DraftFormMixin, DraftVerbs
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin

# Who may only look sees the text as customers do, not its markup.
LOOKS = (
    "title", "shown_body", "starts_at", "ends_at", "must_read", "is_pinned", "branch",
    "shown_audience", "for_seniors", "trial_starts_at",
)  # fmt: skip


class AnnouncementAdmin(
    DraftActionsMixin, DraftFormMixin, DraftPagesMixin, ReadersMixin, FiguresMixin, ModelAdmin
):
    form = AnnouncementForm
    verbs = DraftVerbs(
        create=services.create_draft,
        edit=services.edit_draft,
        copy=services.copy_announcement,
        delete=services.delete_draft,
    )
    list_display: Sequence[str] = (
        "title", "shown_stage", "shown_period", "shown_pinned", "shown_must_read", "shown_branch",
        "owner", "shown_updated",
    )  # fmt: skip
    list_filter: Sequence[Any] = ("is_pinned", "must_read", "branch", "starts_at")
    search_fields = ("title",)
    ordering = ("-updated_at", "-id")
    branch_lookup = "branch__path"
    empty_hint = _("Write the first announcement with “Add”; a second person checks it.")
    fieldsets: Any = (
        (
            pgettext_lazy("part of a form", "Content"),
            {"fields": ("title", "body", "opened_version")},
        ),
        (_("Period"), {"fields": ("starts_at", "ends_at")}),
        (_("Display"), {"fields": ("must_read", "is_pinned", "priority", "branch")}),
        (_("Audience"), {"fields": ("audience", "for_seniors", "trial_starts_at")}),
    )
    looking_fieldsets: Any = ((None, {"fields": LOOKS}),)
    readonly_fields = ("shown_body", "shown_audience")
    is_province = False
    change_form_outer_before_template = "publishing/draft_standing.html"
    change_form_outer_after_template = "announcements/history.html"

    class Media:
        css = {"all": ("console/review.css", "console/announcements.css", "console/audience.css")}

    # --- list --------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> AnnouncementQuerySet:
        return super().get_queryset(request).for_changelist(timezone.now())

    @display(description=_("pinned"), ordering="is_pinned")
    def shown_pinned(self, draft: Announcement) -> str:
        return badge(_("Pinned"), "info") if draft.is_pinned else "—"

    @display(description=_("must be read"), ordering="must_read")
    def shown_must_read(self, draft: Announcement) -> str:
        return badge(_("Must read"), "danger") if draft.must_read else "—"

    @display(description=_("text"))
    def shown_body(self, draft: Announcement) -> SafeString:
        body = mark_safe(sanitise(draft.body))  # noqa: S308 - sanitised
        return format_html('<div class="fx-prose">{}</div>', body)

    @display(description=_("audience"))
    def shown_audience(self, draft: Announcement) -> SafeString:
        return audience_text(draft.audience, province=self.is_province)

    # --- form --------------------------------------------------------------------------------
    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.operator, form_class.province = request.user, self.is_province
        return form_class

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        draft = kwargs.get("obj")
        if draft is not None:
            context.update(self.standing(request, draft))
            context.update(self.readers_context(request, draft))
            context.update(self.figures_context(draft))
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Announcement, site=bank_site)
class BankAnnouncementAdmin(AnnouncementAdmin):
    pass


@admin.register(Announcement, site=platform_site)
class ProvinceAnnouncementAdmin(AnnouncementAdmin):
    """Province-wide announcements: of no branch, read in the banks."""

    list_filter = ("is_pinned", "must_read", "starts_at")
    list_display = (
        "title", "shown_stage", "shown_period", "shown_pinned", "shown_must_read", "owner",
        "shown_updated",
    )  # fmt: skip
    fieldsets = (
        (
            pgettext_lazy("part of a form", "Content"),
            {"fields": ("title", "body", "opened_version")},
        ),
        (_("Period"), {"fields": ("starts_at", "ends_at")}),
        (_("Display"), {"fields": ("must_read", "is_pinned", "priority")}),
        (_("Audience"), {"fields": ("audience", "for_seniors", "trial_starts_at")}),
    )
    looking_fieldsets = ((None, {"fields": tuple(name for name in LOOKS if name != "branch")}),)
    is_province = True
