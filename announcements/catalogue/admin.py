from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

import announcements.catalogue.admin_placements  # noqa: F401  (registers its page)
from announcements.appearance.contrast import judge_primary, words_on
from announcements.appearance.scenes import scene_address
from announcements.appearance.widgets import ACCENT, PRIMARY, ColourInput
from announcements.catalogue.models import AppFunction, Skin
from announcements.catalogue.services import save_function, save_skin
from operators.admin_base import ModelAdmin, MomentWidget, display
from operators.sites import platform_site


class EntryAdmin(ModelAdmin):
    """The code is what banks' rows and the mobile app know the entry by: it stays."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


class SkinForm(forms.ModelForm):
    class Meta:
        model = Skin
        fields = (
            "code", "name", "mood", "position", "primary", "accent", "is_festival", "starts_at",
            "ends_at",
        )  # fmt: skip
        widgets = {
            "primary": ColourInput(PRIMARY),
            "accent": ColourInput(ACCENT),
            "starts_at": MomentWidget,
            "ends_at": MomentWidget,
        }
        field_classes = {"starts_at": forms.DateTimeField, "ends_at": forms.DateTimeField}
        help_texts = {
            "primary": _("Heads and buttons; white words on it need a contrast of 4.5 : 1."),
            "accent": _("Rings, strips and gradients. Words on it are black or white by itself."),
            "is_festival": _("Worn in its period by the banks that follow festivals."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        # A skin for ordinary days has no period.
        if not cleaned.get("is_festival"):
            cleaned["starts_at"] = cleaned["ends_at"] = None
        return cleaned


@admin.register(Skin, site=platform_site)
class SkinAdmin(EntryAdmin):
    form = SkinForm
    list_display = ("name", "code", "colours", "contrast", "period", "mood", "position")
    list_filter = ("is_festival",)
    search_fields = ("name", "code")
    fieldsets = (
        (None, {"fields": ("code", "name", "mood", "position")}),
        (_("Colours"), {"fields": ("primary", "accent", "strip")}),
        (_("Festival"), {"fields": ("is_festival", "starts_at", "ends_at")}),
    )
    empty_hint = _("The demo province brings seven skins and a festival.")

    class Media:
        css = {"all": ["console/appearance.css"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "strip")

    @admin.display(description=_("colours"))
    def colours(self, skin: Skin) -> SafeString:
        return format_html(
            '<span class="fx-swatches" style="background-color:{};border-color:{};'
            "background-image:url('{}')\" title=\"{} {}\"></span>",
            skin.primary, skin.accent, scene_address(skin.code), skin.primary, skin.accent,
        )  # fmt: skip

    @display(description=_("contrast"), label={True: "success", False: "danger"})
    def contrast(self, skin: Skin) -> tuple[bool, str]:
        """Of white words on the primary colour."""
        verdict = judge_primary(skin.primary)
        return verdict.passes, f"{verdict.figure} : 1"

    @admin.display(description=_("festival period"), ordering="starts_at", empty_value="–")
    def period(self, skin: Skin) -> str | None:
        if skin.starts_at is None or skin.ends_at is None:
            return None
        return f"{day_of(skin.starts_at)} – {day_of(skin.ends_at)}"

    @admin.display(description=_("how it looks"))
    def strip(self, skin: Skin) -> SafeString:
        context: dict[str, Any] = {}
        if skin.pk:
            context["skin"], context["verdict"] = skin, judge_primary(skin.primary)
            context["on_accent"] = words_on(skin.accent)
            context["scene"] = scene_address(skin.code)
        return mark_safe(  # noqa: S308 - a template
            render_to_string("announcements/appearance/strip.html", context)
        )

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_skin(actor=request.user, skin=obj)  # type: ignore[arg-type]


def day_of(at: datetime) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M")


@admin.register(AppFunction, site=platform_site)
class AppFunctionAdmin(EntryAdmin):
    list_display = ("name", "code", "group", "in_senior_mode", "position")
    list_filter = ("group", "in_senior_mode")
    search_fields = ("name", "code")
    fields = ("code", "name", "group", "in_senior_mode", "position")

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_function(actor=request.user, function=obj)  # type: ignore[arg-type]
