from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from announcements.catalogue.models import Placement
from announcements.catalogue.services import save_placement
from announcements.catalogue.slots import read_slots, write_slots
from operators.admin_base import ModelAdmin, badge, display
from operators.entries import InvalidEntry
from operators.sites import platform_site


class PlacementForm(forms.ModelForm):
    province_slots = forms.CharField(
        label=_("slots of the province"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Numbers and ranges, such as 1, 3-4. Empty = all slots are the banks'."),
    )

    class Meta:
        model = Placement
        fields = (
            "code", "width", "height", "slots", "province_slots", "daily_cap", "must_close",
            "position",
        )  # fmt: skip
        help_texts = {
            "width": _("In points, at 1x. Pictures of another proportion are cropped."),
            "height": _("Pictures that were cropped before stay as they are."),
            "slots": _("How many ads show at once: 1 to 12."),
            "daily_cap": _("Over all ads here; empty = no limit. A bank may set its own."),
            "must_close": _("Splash screens, popups and floating pictures always have one."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "province_slots" in self.fields:
            self.initial["province_slots"] = write_slots(self.instance.province_slots)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        slots = cleaned.get("slots")
        if slots is None or "province_slots" not in cleaned:
            return cleaned
        try:
            cleaned["province_slots"] = read_slots(cleaned["province_slots"], slots)
        except InvalidEntry as error:
            self.add_error("province_slots", str(error.message))
        return cleaned


@admin.register(Placement, site=platform_site)
class PlacementAdmin(ModelAdmin):
    form = PlacementForm
    list_display = ("name", "code", "size", "slots", "reserved", "shown_cap", "close", "position")
    fieldsets: Any = (
        (None, {"fields": ("code", "position")}),
        (_("Picture"), {"fields": ("width", "height")}),
        (_("Slots"), {"fields": ("slots", "province_slots")}),
        (_("For the customer"), {"fields": ("daily_cap", "must_close")}),
    )
    empty_hint = _("Add the placements that the mobile app shows; banks then fill them.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is what publications and the mobile app know it by: it stays."""
        return ("code",) if obj else ()

    @display(description=_("placement"), ordering="position")
    def name(self, placement: Placement) -> str:
        return str(placement)

    @display(description=_("size"))
    def size(self, placement: Placement) -> str:
        return f"{placement.width} × {placement.height}"

    @display(description=_("slots of the province"))
    def reserved(self, placement: Placement) -> str:
        return write_slots(placement.province_slots) or "—"

    @display(description=_("shows per customer a day"), ordering="daily_cap")
    def shown_cap(self, placement: Placement) -> str:
        return "—" if placement.daily_cap is None else str(placement.daily_cap)

    @display(description=_("close button"), ordering="must_close")
    def close(self, placement: Placement) -> str:
        return badge(_("always"), "info") if placement.must_close else "—"

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_placement(actor=request.user, placement=obj)  # type: ignore[arg-type]
