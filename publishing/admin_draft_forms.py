"""The form of a draft on its admin page, and what stands there for those who may only look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext_lazy

from operators.admin_base import display
from publishing import registry


@dataclass(frozen=True, slots=True)
class DraftVerbs:
    """The services of one kind of drafts."""

    create: Callable[..., Any]
    edit: Callable[..., Any]
    copy: Callable[..., Any]
    delete: Callable[..., Any]


class DraftFormMixin:
    """For an admin whose form leaves the ``content`` that the services take."""

    verbs: DraftVerbs
    # For those who may only look; None = the same as in the form.
    looking_fieldsets: Any = None

    def only_looks(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)  # type: ignore[attr-defined]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.looking_fieldsets is not None and self.only_looks(request, obj):
            return self.looking_fieldsets
        return super().get_fieldsets(request, obj)  # type: ignore[misc]

    @display(description=pgettext_lazy("part of a form", "Content"))
    def shown_terms(self, draft: Any) -> SafeString:
        lines = registry.of_draft(draft).show_payload(draft.render_payload())
        return mark_safe(render_to_string("publishing/terms.html", {"lines": lines}))  # noqa: S308 - a template

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            draft = self.verbs.create(actor=request.user, content=form.content)
            obj.pk, obj.uid = draft.pk, draft.uid
            return
        self.verbs.edit(
            actor=request.user,
            draft_id=obj.pk,
            version=form.cleaned_data["opened_version"] or 0,
            content=form.content,
        )
