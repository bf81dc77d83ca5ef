"""The bank's branches as a tree, ordered by path."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from operators import branches
from operators.admin_base import ModelAdmin, ReasonForm, Tab, action, display
from operators.models import Branch
from operators.sites import bank_site

CHANGE = ["operators.change_branch"]
_CHANGEABLE = ("name", "kind", "address", "latitude", "longitude")


class BranchForm(forms.ModelForm):
    parent = forms.ModelChoiceField(
        label=_("Branch above"),
        queryset=Branch.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Empty only for the head office."),
    )

    class Meta:
        model = Branch
        fields = ("code", *_CHANGEABLE)


class _Indented(forms.models.ModelChoiceIterator):
    def choice(self, obj: Branch) -> tuple[Any, str]:
        value, label = super().choice(obj)
        return value, "\N{EM SPACE}" * (obj.depth - 1) + f"{label} {obj.code}"


@admin.register(Branch, site=bank_site)
class BranchAdmin(ModelAdmin):
    branch_lookup = "path"
    form = BranchForm
    list_display = ("in_tree", "code", "kind", "address", "people", "state")
    list_display_links = ("in_tree",)
    list_filter = ("kind",)
    search_fields = ("name", "name_key", "code")
    search_help_text = _("Name, pinyin or branch code")
    ordering = ("path",)
    sortable_by = ()
    add_fieldsets = ((None, {"fields": ("parent", "code", *_CHANGEABLE)}),)
    fieldsets = ((None, {"fields": ("code", *_CHANGEABLE, "state")}),)
    actions_detail = ("close", "reopen")
    empty_hint = _("Add the head office first; the other branches go below it.")

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        return [
            Tab("all", _("All")),
            Tab("open", _("open"), Q(is_open=True)),
            Tab("closed", _("closed"), Q(is_open=False)),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        enabled = Count("operators", filter=Q(operators__is_active=True))
        return super().get_queryset(request).annotate(enabled_people=enabled)

    @display(description=_("name"))
    def in_tree(self, branch: Branch) -> str:
        return format_html(
            '<span class="fx-tree" data-depth="{}">{}</span>', branch.depth - 1, branch.name
        )

    @display(description=_("operators"))
    def people(self, branch: Branch) -> int:
        return branch.enabled_people  # type: ignore[attr-defined]

    people.numeric = True  # type: ignore[attr-defined]

    @display(description=_("state"), label={"open": "success", "closed": "danger"})
    def state(self, branch: Branch) -> tuple[str, Any]:
        return ("open", _("open")) if branch.is_open else ("closed", _("closed"))

    # --- the form --------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.add_fieldsets if obj is None else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("code", "state")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            kwargs.update(form=forms.ModelForm, fields=_CHANGEABLE)
            return super().get_form(request, obj, change=change, **kwargs)
        form_class = super().get_form(request, obj, change=change, **kwargs)
        parent = form_class.base_fields["parent"]
        parent.iterator = _Indented
        parent.queryset = Branch.objects.visible_to(request.user).filter(is_open=True)  # type: ignore[arg-type]
        return form_class

    def save_through(self, request: HttpRequest, obj: Branch, form: Any, change: bool) -> None:
        given = form.cleaned_data
        details = {name: given[name] for name in _CHANGEABLE}
        if change:
            branches.change_branch(actor=request.user, branch_id=obj.pk, **details)  # type: ignore[arg-type]
            return
        parent = given["parent"]
        made = branches.add_branch(
            actor=request.user,  # type: ignore[arg-type]
            parent_id=parent.pk if parent else None,
            code=given["code"],
            **details,
        )
        obj.__dict__.update(made.__dict__)

    # --- actions ---------------------------------------------------------------------------------
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        branch = self.get_object(request, str(object_id))
        fitting = ("close" if branch.is_open else "reopen") if branch else ""
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path == fitting]

    @action(
        description=_("Close"), title=_("Close this branch"), permissions=CHANGE,
        explanation=_("Transfer its operators and close the branches below it first."),
        form_class=ReasonForm, icon="domain_disabled", variant="danger",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        branches.close_branch(actor=request.user, branch_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The branch is closed."))

    @action(
        description=_("Reopen"), title=_("Reopen this branch"), permissions=CHANGE,
        form_class=ReasonForm, icon="domain_add",
    )  # fmt: skip
    def reopen(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        branches.reopen_branch(actor=request.user, branch_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The branch is open again."))
