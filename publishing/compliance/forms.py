from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from publishing.models import ForbiddenWord

MOST_TRIED = 5000


class WordForm(forms.ModelForm):
    class Meta:
        model = ForbiddenWord
        fields = ("word", "severity", "harmless", "note", "source", "is_active")
        widgets = {
            "word": UnfoldAdminTextInputWidget,
            "harmless": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "note": UnfoldAdminTextInputWidget,
            "source": UnfoldAdminTextInputWidget,
        }
        help_texts = {
            "word": _(
                "Width, blanks, case and marks between the characters do not matter: “最 佳” and"
                " “最·佳” are found by 最佳."
            ),
            "severity": _(
                "What blocks cannot be submitted. What warns is pointed out to maker and checker."
            ),
            "harmless": _("Longer words in which it is allowed, separated by commas."),
            "note": _("What makers read: what to say instead."),
            "source": _("The law, notice or decision behind it."),
            "is_active": _("Untick it to let the word rest without losing it."),
        }


class TrialForm(forms.Form):
    """A text to be held against the words in force; nothing of it is stored."""

    text = forms.CharField(
        label=_("Text to try"),
        max_length=MOST_TRIED,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )
