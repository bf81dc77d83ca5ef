"""The people of a console, as their administrator sees them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from operators import services
from operators.admin_base import ModelAdmin, ReasonForm, Tab, action, display
from operators.models import Operator
from operators.operator_forms import (
    DisableForm,
    OperatorForm,
    RolesForm,
    TransferForm,
    has_branches,
    number_or_none,
    offered_roles,
)
from operators.roles import role_label
from operators.sign_in.passwords import IssuedLink
from operators.sign_in.second_factor import is_enrolled
from operators.sites import bank_site, platform_site

MANAGE = ["operators.manage_operators"]
STATUS_COLOURS = {"enabled": "success", "locked": "warning", "disabled": "danger"}
STATUS_LABELS = {"enabled": _("enabled"), "locked": _("locked"), "disabled": _("disabled")}
_DETAILS = ("name", "staff_number", "phone")
_FACTS = ("username", "branch", "roles", "status")
_SECURITY = ("last_login", "password_age", "second_factor", "locked_until", "created_at",
             "disabled_at")  # fmt: skip


class RoleFilter(SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return offered_roles()

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        return queryset.with_role(self.value()) if self.value() else queryset


@admin.register(Operator, site=platform_site)
@admin.register(Operator, site=bank_site)
class OperatorAdmin(ModelAdmin):
    branch_lookup = "branch__path"
    form = OperatorForm
    list_display = ("username", "name", "staff_number", "branch", "roles", "status",
                    "second_factor", "last_login")  # fmt: skip
    list_filter = (RoleFilter, "branch")
    search_fields = ("username", "name", "name_key", "staff_number")
    search_help_text = _("User name, name, pinyin or staff number")
    ordering = ("username",)
    add_fieldsets = (
        (_("Person"), {"fields": ("username", *_DETAILS)}),
        (_("Place and roles"), {"fields": ("branch", "roles", "note")}),
    )
    fieldsets = (
        (_("Person"), {"fields": ("username", *_DETAILS)}),
        (_("Place and roles"), {"fields": ("branch", "roles", "status")}),
        (_("Sign-in"), {"fields": _SECURITY}),
    )
    actions_detail = ("change_roles", "reset_link", "transfer", "unlock", "reset_second_factor",
                      "disable", "enable")  # fmt: skip
    empty_hint = _("Create the first colleague; a one-time link to set the password follows.")

    # --- what is listed --------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        locked = Q(is_active=True, locked_until__gt=timezone.now())
        return [
            Tab("all", _("All")),
            Tab("enabled", _("enabled"), Q(is_active=True)),
            Tab("locked", _("locked"), locked),
            Tab("disabled", _("disabled"), Q(is_active=False)),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows = super().get_queryset(request).select_related("branch").prefetch_related("groups")
        return rows.annotate(has_second_factor=Exists(device))

    @display(description=_("roles"))
    def roles(self, operator: Operator) -> str:
        names = sorted(group.name for group in operator.groups.all())
        return "、".join(role_label(connection.schema_name, name) for name in names)

    @display(description=_("status"), label=STATUS_COLOURS)
    def status(self, operator: Operator) -> tuple[str, Any]:
        key = "enabled" if operator.is_active else "disabled"
        if operator.is_active and operator.is_locked(timezone.now()):
            key = "locked"
        return key, STATUS_LABELS[key]

    @display(description=_("second factor"), label={"on": "success"})
    def second_factor(self, operator: Operator) -> tuple[str, Any] | None:
        return ("on", _("set up")) if operator.has_second_factor else None  # type: ignore[attr-defined]

    @display(description=_("password age"))
    def password_age(self, operator: Operator) -> str | None:
        if operator.password_changed_at is None:
            return None
        days = (timezone.now() - operator.password_changed_at).days
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}

    # --- who may change what ---------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One's own row is read only: colleagues administer each other."""
        own = isinstance(obj, Operator) and obj.pk == request.user.pk
        return not own and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return self.fieldsets if has_branches() else self._without_branch(self.fieldsets)
        return self.add_fieldsets if has_branches() else self._without_branch(self.add_fieldsets)

    @staticmethod
    def _without_branch(fieldsets: Any) -> list[Any]:
        return [
            (title, {"fields": [name for name in part["fields"] if name != "branch"]})
            for title, part in fieldsets
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        return [name for name in self.list_display if name != "branch" or has_branches()]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return super().get_list_filter(request)[: 2 if has_branches() else 1]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*_FACTS, *_SECURITY)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            # Roles, branch and state change by actions only.
            kwargs.update(form=ModelForm, fields=_DETAILS)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        operator = self.get_object(request, str(object_id))
        fitting = self._fitting(request, operator) if operator else set()
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path in fitting]

    @staticmethod
    def _fitting(request: HttpRequest, operator: Operator) -> set[str]:
        if operator.pk == request.user.pk:
            return set()
        if not operator.is_active:
            return {"enable"}
        fitting = {"change_roles", "reset_link", "disable"}
        if has_branches():
            fitting.add("transfer")
        if operator.locked_until is not None:
            fitting.add("unlock")
        if is_enrolled(operator):
            fitting.add("reset_second_factor")
        return fitting

    # --- a new person, and their details ---------------------------------------------------------
    def save_through(self, request: HttpRequest, obj: Operator, form: Any, change: bool) -> None:
        given = form.cleaned_data
        details = {name: given[name] for name in _DETAILS}
        if change:
            services.change_operator(actor=request.user, operator_id=obj.pk, **details)  # type: ignore[arg-type]
            return
        branch = given.get("branch")
        made = services.create_operator(
            actor=request.user,  # type: ignore[arg-type]
            username=given["username"],
            branch_id=branch.pk if branch else None,
            roles=given["roles"],
            note=given["note"],
            **details,
        )
        obj.__dict__.update(made.operator.__dict__)
        request.made_operator = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Operator, post_url_continue: Any = None
    ) -> HttpResponse:
        """The link is on this answer and nowhere else."""
        made = request.made_operator  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request), "opts": self.opts,
            "title": gettext("Operator created"), "person": made.operator, "link": made.link,
        }  # fmt: skip
        response = TemplateResponse(request, "operators/operator_created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    # --- actions ---------------------------------------------------------------------------------
    @action(
        description=_("Change roles"), title=_("Propose other roles"), permissions=MANAGE,
        explanation=_("Nothing changes until a second person has approved it."),
        form_class=RolesForm, submit_text=_("Submit for review"), icon="assignment_ind",
    )  # fmt: skip
    def change_roles(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.request_role_change(
            actor=request.user, operator_id=int(object_id),  # type: ignore[arg-type]
            roles=form.cleaned_data["roles"], note=form.cleaned_data["note"],
        )  # fmt: skip
        messages.success(request, gettext("Submitted: a second person decides on the roles."))

    @action(
        description=_("Reset password"), permissions=MANAGE, form_class=ReasonForm,
        explanation=_("Makes a one-time link and ends the person's sessions. Earlier links stop "
                      "working."),
        submit_text=_("Make the link"), icon="key",
    )  # fmt: skip
    def reset_link(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        link = services.issue_password_link(**self._common(request, form, object_id))
        return shown_once(request, Operator.objects.get(pk=object_id), link)

    @action(
        description=_("Transfer"), title=_("Transfer to another branch"), permissions=MANAGE,
        form_class=TransferForm, icon="move_up",
    )  # fmt: skip
    def transfer(self, request: HttpRequest, form: Any, object_id: str) -> None:
        branch_id = number_or_none(form.cleaned_data["branch"])
        services.transfer_operator(branch_id=branch_id, **self._common(request, form, object_id))
        messages.success(request, gettext("The operator is transferred."))

    @action(
        description=_("Unlock"), title=_("Unlock sign-in"), permissions=MANAGE,
        form_class=ReasonForm, icon="lock_open",
    )  # fmt: skip
    def unlock(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.unlock_operator(**self._common(request, form, object_id))
        messages.success(request, gettext("The operator can sign in again."))

    @action(
        description=_("Reset second factor"), permissions=MANAGE, form_class=ReasonForm,
        explanation=_("For a lost phone. Make sure that it is really this person who asks."),
        icon="phonelink_erase",
    )  # fmt: skip
    def reset_second_factor(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.reset_second_factor(**self._common(request, form, object_id))
        messages.success(request, gettext("The second factor is reset."))

    @action(
        description=_("Disable"), title=_("Disable this operator"), permissions=MANAGE,
        explanation=_("Signs the person out for good, withdraws their requests and hands over "
                      "their drafts."),
        form_class=DisableForm, icon="person_off", variant="danger",
    )  # fmt: skip
    def disable(self, request: HttpRequest, form: Any, object_id: str) -> None:
        colleague_id = number_or_none(form.cleaned_data["colleague"])
        moved = services.disable_operator(
            colleague_id=colleague_id, **self._common(request, form, object_id)
        )
        sentence = gettext("The operator is disabled; %(count)d items were handed over.")
        messages.success(request, sentence % {"count": sum(moved.values())})

    @action(
        description=_("Enable"), title=_("Enable this operator again"), permissions=MANAGE,
        explanation=_("With the roles of before; the password must be changed at sign-in."),
        form_class=ReasonForm, icon="person_check",
    )  # fmt: skip
    def enable(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.enable_operator(**self._common(request, form, object_id))
        messages.success(request, gettext("The operator is enabled."))

    @staticmethod
    def _common(request: HttpRequest, form: Any, object_id: str) -> dict[str, Any]:
        reason = form.cleaned_data["reason"]
        return {"actor": request.user, "operator_id": int(object_id), "reason": reason}


def shown_once(request: HttpRequest, operator: Operator, link: IssuedLink) -> HttpResponse:
    """In place of the dialog: the link is on this answer and nowhere else."""
    context = {"operator": operator, "link": link}
    response = render(request, "operators/link_dialog.html", context)
    response["Cache-Control"] = "no-store"
    response["HX-Retarget"] = response["HX-Reselect"] = "#dialog"
    return response
