from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.forms.widgets import WysiwygWidget

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
