from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import is_aware, localtime
from unfold.widgets import DATETIME_CLASSES


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
