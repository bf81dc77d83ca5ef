"""The forms of the operators' pages: a new person, and the dialogs of the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import connection
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from operators.admin_base import DialogForm, ReasonForm
from operators.models import Branch, Operator
from operators.roles import is_platform, role_choices
from operators.services import role_names


def offered_roles() -> list[tuple[str, Any]]:
    return list(role_choices(connection.schema_name).choices)


def open_branches(actor: Operator) -> list[tuple[Any, str]]:
    """The tree as a list: two blanks per level, for a select."""
    rows = Branch.objects.visible_to(actor).filter(is_open=True)
    shown = [(row.pk, "\N{EM SPACE}" * (row.depth - 1) + f"{row.name} {row.code}") for row in rows]
    return [("", _("Whole bank (no branch)")), *shown]


def _roles_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Roles"),
        choices=offered_roles,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("A second person must approve them before they take effect."),
    )


def _note_field() -> forms.CharField:
    return forms.CharField(
        label=_("Note to the second person"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class OperatorForm(forms.ModelForm):
    roles = _roles_field()
    note = _note_field()

    class Meta:
        model = Operator
        fields = ("username", "name", "staff_number", "phone", "branch")
        help_texts = {
            "username": _("Latin letters, digits and @ . + - _; it cannot be changed later."),
        }


class DisableForm(ReasonForm):
    colleague = forms.ChoiceField(
        label=_("Who takes over the drafts"), required=False, widget=UnfoldAdminSelectWidget
    )
    field_order = ["colleague", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = Operator.objects.enabled().exclude(pk=self.object_id)
        named = [(row.pk, f"{row.name} ({row.username})") for row in colleagues]
        self.fields["colleague"].choices = [("", _("Nobody: there are none")), *named]


class TransferForm(ReasonForm):
    branch = forms.ChoiceField(
        label=_("New branch"), required=False, widget=UnfoldAdminSelectWidget
    )
    field_order = ["branch", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].choices = open_branches(self.request.user)  # type: ignore[arg-type]
        operator = Operator.objects.filter(pk=self.object_id).first()
        self.fields["branch"].initial = operator.branch_id if operator else None


class RolesForm(DialogForm):
    roles = _roles_field()
    note = _note_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        operator = Operator.objects.filter(pk=self.object_id).first()
        self.fields["roles"].initial = role_names(operator) if operator else []


def number_or_none(text: str) -> int | None:
    return int(text) if text else None


def has_branches() -> bool:
    return not is_platform(connection.schema_name)
