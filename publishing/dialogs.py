"""What the dialogs above a draft ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from operators.admin_base import DialogForm
from publishing import registry
from publishing.models import Publication

# Where the page that asks keeps the drafts it has looked up, by id.
KNOWN_DRAFTS = "known_drafts"


class NoteForm(DialogForm):
    note = forms.CharField(
        label=gettext_lazy("Note to the checker"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class RollBackForm(NoteForm):
    version = forms.TypedChoiceField(
        label=gettext_lazy("Back to version"), coerce=int, widget=UnfoldAdminSelectWidget
    )
    field_order = ("version", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = list(self._choices())

    def _choices(self) -> list[tuple[int, str]]:
        """Earlier versions that customers have had; the newest is what stands now."""
        draft = getattr(self.request, KNOWN_DRAFTS, {}).get(self.object_id)
        if draft is None:
            return []
        kind = registry.of_draft(draft)
        versions = Publication.objects.of_target(kind.name, draft.uid).order_by("-version")
        return [
            (version.version, self._label(version))
            for version in versions[1:]
            if version.payload is not None
        ]

    def _label(self, version: Publication) -> str:
        published = localtime(version.published_at).strftime("%Y-%m-%d %H:%M")
        return _("Version %(version)s of %(when)s: %(title)s") % {
            "version": version.version,
            "when": published,
            "title": version.title,
        }
