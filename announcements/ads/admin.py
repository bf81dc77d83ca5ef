from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

import announcements.ads.admin_orders  # noqa: F401  (registers its page)
from announcements.ads import links, services, windows
from announcements.ads.admin_calendar import CalendarMixin
from announcements.ads.forms import AdForm
from announcements.ads.models import Ad
from announcements.ads.pictures.admin import PictureUploadMixin
from announcements.ads.querysets import AdQuerySet
from customers.audience_forms import audience_text
from customers.audiences import audience_size, describe
from customers.figures import item_figures_context
from operators.admin_base import ModelAdmin, badge, display
from operators.querysets import branch_scope
from operators.sites import bank_site, platform_site
from publishing.admin_draft_forms import DraftFormMixin, DraftVerbs
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin


class AdAdmin(
    DraftActionsMixin, DraftFormMixin, DraftPagesMixin, CalendarMixin, PictureUploadMixin,
    ModelAdmin,
):  # fmt: skip
    form = AdForm
    verbs = DraftVerbs(
        create=services.create_ad,
        edit=services.edit_ad,
        copy=services.copy_ad,
        delete=services.delete_ad_draft,
    )
    list_display: Any = (
        "shown_picture", "title", "placement", "shown_stage", "shown_period", "shown_link",
        "shown_share", "shown_size", "shown_branch",
    )  # fmt: skip
    list_display_links = ("title",)
    list_filter: Any = ("placement", "is_house", "for_seniors", "branch", "starts_at")
    search_fields = ("title", "alt_text")
    ordering = ("-updated_at", "-id")
    branch_lookup = "branch__path"
    empty_hint = _("Make the first ad with “Add”: a picture, a link, a period. It is reviewed.")
    is_province = False
    fieldsets: Any = (
        (
            _("Creative"),
            {"fields": ("title", "placement", "picture", "alt_text", "opened_version")},
        ),
        (_("Link"), {"fields": ("link",)}),
        (_("When it shows"), {"fields": ("starts_at", "ends_at", "windows", "trial_starts_at")}),
        (_("Who sees it"), {"fields": ("branch", "audience", "for_seniors")}),
        (
            _("How often"),
            {"fields": ("priority", "weight", "slot", "daily_cap", "lifetime_cap", "is_house")},
        ),
    )
    readonly_fields = ("shown_picture", "shown_link", "shown_windows", "shown_audience")
    change_form_outer_before_template = "publishing/draft_standing.html"
    change_form_outer_after_template = "announcements/history.html"

    class Media:
        css = {
            "all": (
                "console/review.css",
                "console/announcements.css",
                "console/audience.css",
                "console/pictures.css",
                "console/ads.css",
            )
        }

    # --- list --------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> AdQuerySet:
        return super().get_queryset(request).for_changelist(timezone.now())

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Sizes are counted for the page that is shown, once for each rule on it."""
        shown = super().get_changelist_instance(request)
        shows_sizes = not self.is_province and request.user.has_perm("customers.view_customer")  # type: ignore[union-attr]
        if shows_sizes:
            _count_audiences(list(shown.result_list), branch_scope(request.user))  # type: ignore[arg-type]
        return shown

    @display(description=_("link"))
    def shown_link(self, ad: Ad) -> str:
        return links.describe_link(ad.link_kind, ad.link_target)

    @display(description=_("weight"), ordering="weight")
    def shown_share(self, ad: Ad) -> str:
        if ad.is_house:
            return badge(_("House ad"))
        if ad.slot is not None:
            return badge(_("slot %(slot)s") % {"slot": ad.slot}, "info")
        return str(ad.weight)

    @display(description=_("audience"))
    def shown_size(self, ad: Any) -> str:
        words = "; ".join(describe(ad.audience)) or str(_("everybody"))
        size = getattr(ad, "audience_count", None)
        if size is None:
            return words
        return format_html('<span title="{}">{}</span>', words, f"{size:,}")

    # --- for those who may only look ----------------------------------------------------------
    @display(description=_("Weekdays and hours"))
    def shown_windows(self, ad: Ad) -> SafeString:
        return format_html('<span class="fx-lines">{}</span>', windows.describe(ad.windows))

    @display(description=_("audience"))
    def shown_audience(self, ad: Ad) -> SafeString:
        return audience_text(ad.audience, province=self.is_province)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.only_looks(request, obj):
            return super().get_fieldsets(request, obj)
        instead = {
            "picture": "shown_picture", "link": "shown_link", "windows": "shown_windows",
            "audience": "shown_audience",
        }  # fmt: skip
        return [
            (title, {"fields": [instead.get(name, name) for name in part["fields"]
                                if name != "opened_version"]})
            for title, part in self.fieldsets
        ]  # fmt: skip

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
            if draft.published_version is not None:
                context.update(item_figures_context(draft.uid))
        return super().render_change_form(request, context, *args, **kwargs)


def _count_audiences(ads: list[Any], branch_path: str) -> None:
    at, known = timezone.now(), {}
    for ad in ads:
        path = ad.branch.path if ad.branch is not None else branch_path
        key = (str(ad.audience), path)
        if key not in known:
            known[key] = audience_size(ad.audience, at, branch_path=path)
        ad.audience_count = known[key]


@admin.register(Ad, site=bank_site)
class BankAdAdmin(AdAdmin):
    pass


@admin.register(Ad, site=platform_site)
class ProvinceAdAdmin(AdAdmin):
    """Province-wide ads: of no branch, shown in the banks beside their own."""

    is_province = True
    list_filter = ("placement", "is_house", "for_seniors", "starts_at")
    list_display = (
        "shown_picture", "title", "placement", "shown_stage", "shown_period", "shown_link",
        "shown_share", "shown_size",
    )  # fmt: skip
    fieldsets = tuple(
        (title, {"fields": tuple(name for name in part["fields"] if name != "branch")})
        for title, part in AdAdmin.fieldsets
    )
