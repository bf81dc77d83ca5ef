from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from publishing.years import year_refusal

if TYPE_CHECKING:
    from operators.models import Operator


class DraftForm(forms.ModelForm):
    """The form of a draft. The room says in ``_prepare`` what becomes of its fields."""

    # The version on the screen; the service refuses to overwrite a newer one.
    opened_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # Set by the admin on the class that it makes for one request.
    operator: Operator | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opened_version"].initial = self.instance.version
        for field in self.fields.values():
            if isinstance(field, forms.DateTimeField):
                field.validators.append(_require_year)
        # For those who may only look the page shows words instead.
        if "starts_at" in self.fields:
            self._prepare()

    def _prepare(self) -> None:
        # The platform's form has no branches.
        if "branch" in self.fields:
            for flag in ("can_add_related", "can_change_related", "can_view_related"):
                setattr(self.fields["branch"].widget, flag, False)


def _require_year(moment: datetime) -> None:
    if refusal := year_refusal(moment):
        raise ValidationError(refusal)


def next_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
