"""Form fields that consist of several controls and work without a script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from audit.errors import DomainError


class TemplateWidget(forms.Widget):
    """A group of controls that a template of the project draws."""

    use_fieldset = True

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # A form renderer does not look into the project's own templates.
        return mark_safe(render_to_string(template_name, context))  # noqa: S308 - a template

    def id_for_label(self, id_: str) -> str:
        # None of the controls alone is what the label names.
        return ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class TidyField(forms.Field):
    """Its widget gives what was typed; ``tidy`` makes the value of it."""

    # What ``tidy`` raises, with a sentence for the person who typed.
    refusal: type[DomainError]

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def tidy(self, typed: Any) -> Any:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        try:
            return self.tidy(value)
        except self.refusal as error:
            raise forms.ValidationError(str(error.message)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or []))
        except forms.ValidationError:
            return True
