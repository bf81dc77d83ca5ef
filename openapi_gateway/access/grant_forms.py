"""What the dialogs of a grant ask."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from openapi_gateway.access.choices import Suspension
from openapi_gateway.access.exits import STEPS
from operators.admin_base import DialogForm, ReasonForm


class NoteForm(DialogForm):
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )  # fmt: skip


class SuspendForm(ReasonForm):
    scope = forms.ChoiceField(
        label=_("What is suspended"),
        choices=[each for each in Suspension.choices if each[0]],
        initial=Suspension.PRODUCTION,
        widget=UnfoldAdminRadioSelectWidget,
    )

    field_order = ("scope", "reason")


class ExitStepForm(NoteForm):
    step = forms.ChoiceField(
        label=_("Step"), choices=list(STEPS.items()), widget=UnfoldAdminRadioSelectWidget
    )

    field_order = ("step", "note")
