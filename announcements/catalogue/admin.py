from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from announcements.catalogue.models import AppFunction, Skin
from announcements.catalogue.services import save_function, save_skin
from operators.admin_base import ModelAdmin
from operators.sites import platform_site


class EntryAdmin(ModelAdmin):
    """The code is what banks' rows and the mobile app know the entry by: it stays."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


@admin.register(Skin, site=platform_site)
class SkinAdmin(EntryAdmin):
    list_display = ("name", "code", "colours", "mood", "position")
    search_fields = ("name", "code")
    fields = ("code", "name", "mood", "primary", "accent", "position")
    empty_hint = _("The demo province brings seven skins.")

    @admin.display(description=_("colours"))
    def colours(self, skin: Skin) -> SafeString:
        return format_html(
            '<span class="swatch" style="background:{}" title="{}"></span>'
            '<span class="swatch" style="background:{}" title="{}"></span>',
            skin.primary, skin.primary, skin.accent, skin.accent,
        )  # fmt: skip

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_skin(actor=request.user, skin=obj)  # type: ignore[arg-type]


@admin.register(AppFunction, site=platform_site)
class AppFunctionAdmin(EntryAdmin):
    list_display = ("name", "code", "group", "in_senior_mode", "position")
    list_filter = ("group", "in_senior_mode")
    search_fields = ("name", "code")
    fields = ("code", "name", "group", "in_senior_mode", "position")

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_function(actor=request.user, function=obj)  # type: ignore[arg-type]
