"""The form field of a picture: holds its uid; uploading and cropping happen beside the form."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from announcements.ads.models import Picture
from announcements.ads.pictures import showing
from announcements.ads.pictures.services import MAX_BYTES, is_cut

VENDOR = "console/vendor/cropper-1.6.2.min"


class PictureWidget(forms.Widget):
    """``address``: where pictures are posted to; ``PictureUploadMixin`` sets it.

    ``placement_field`` names the field of the same form that says what the picture is for.
    """

    template_name = "announcements/picture_field.html"
    address = ""
    placement_field = "placement"

    class Media:
        css = {"all": (f"{VENDOR}.css", "console/pictures.css")}
        js = (f"{VENDOR}.js", "console/pictures.js")

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_file" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        picture = picture_of(value)
        context["widget"] |= {
            "value": str(picture.uid) if picture is not None else "",
            "address": self.address,
            "placement_field": self.placement_field,
            "most_bytes": MAX_BYTES,
            "picture": _json(showing.document_of(picture) if picture is not None else None),
            "placements": _json(showing.placements()),
            "texts": _json(_texts()),
        }
        return context

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # A form renderer does not look into the project's own templates.
        return mark_safe(render_to_string(template_name, context))  # noqa: S308 - a template


class PictureField(forms.Field):
    """Gives a ``Picture`` that has been cropped, or None when it is not required."""

    widget = PictureWidget
    default_error_messages = {
        "required": gettext_lazy("An ad needs a picture. Please upload one."),
        "gone": gettext_lazy("This picture is no longer there. Please upload it again."),
        "uncut": gettext_lazy(
            "The picture has not been cropped yet. Choose the part that customers see."
        ),
    }

    def prepare_value(self, value: Any) -> str:
        picture = picture_of(value)
        return str(picture.uid) if picture is not None else ""

    def to_python(self, value: Any) -> Picture | None:
        if value in self.empty_values:
            return None
        picture = picture_of(value)
        if picture is None:
            raise ValidationError(self.error_messages["gone"], code="gone")
        if not is_cut(picture):
            raise ValidationError(self.error_messages["uncut"], code="uncut")
        return picture

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and self.prepare_value(initial) != (data or "")


def picture_of(value: Any) -> Picture | None:
    """By itself, its key (what a model form starts from) or its uid (what a form sends)."""
    if value is None or value == "" or isinstance(value, Picture):
        return value or None
    if isinstance(value, int):
        return Picture.objects.filter(pk=value).first()
    try:
        return Picture.objects.filter(uid=UUID(str(value))).first()
    except ValueError:
        return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts() -> dict[str, str]:
    return {
        "tooLarge": _("The file is larger than 10 MB. Make it smaller and upload it again."),
        "uploading": _("Uploading…"),
        "converting": _("Checking and converting the picture…"),
        "cropping": _("Cropping…"),
        "done": _("The picture is ready. Save the ad to keep it."),
        "choosePlacement": _("Choose the placement first."),
        "failed": _("The connection failed. Please try again."),
        "ended": _("Your session has ended. Open this page again and sign in."),
        "small": _("This part is too small for the placement."),
        "sharpness": _("Sharp up to %s."),
        "replace": _("Replace picture"),
        "upload": _("Upload picture"),
    }
