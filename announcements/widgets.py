from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import is_aware, localtime
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.widgets import DATETIME_CLASSES

from announcements.bodies import editor_html


class BodyWidget(WysiwygWidget):
    """Unfold's editor with the tools whose result we keep, named in the operator's language."""

    template_name = "announcements/editor.html"

    def format_value(self, value: Any) -> str:
        return editor_html(value or "")

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # A form renderer does not look into the project's own templates.
        return mark_safe(render_to_string(template_name, context))  # noqa: S308 - a template


class MomentWidget(forms.DateTimeInput):
    """One field for day and time, with the browser's own picker, also on a phone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join([*DATETIME_CLASSES, "max-w-2xl"])})

    def format_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            local = localtime(value) if is_aware(value) else value
            return local.strftime("%Y-%m-%dT%H:%M")
        return value
