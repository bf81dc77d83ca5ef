"""The trial list in the list of customers: the ticked ones, or by their numbers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.errors import DomainError
from customers import services
from customers.services import TrialChange
from customers.trial_list import MAX_NUMBERS, PERMISSION, numbers_in
from operators.admin_base import ReasonForm, action

ADD = gettext_lazy("Put on the trial list")
REMOVE = gettext_lazy("Take off the trial list")
WHAT = gettext_lazy(
    "Customers on the trial list, usually staff, see approved announcements and ads from the "
    "trial's beginning, before the others."
)


class NumbersForm(ReasonForm):
    numbers = forms.CharField(
        label=gettext_lazy("Customer numbers"),
        help_text=format_lazy(
            gettext_lazy("One per line, or with blanks or commas between; at most {limit}."),
            limit=MAX_NUMBERS,
        ),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
    )
    field_order = ("numbers", "reason")

    @property
    def asked(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"numbers": numbers_in(given["numbers"]), "reason": given["reason"]}


class TrialListMixin:
    """For the admin of customers; before ModelAdmin among the bases."""

    actions = ("add_chosen_to_trial", "remove_chosen_from_trial")
    actions_list = ("add_to_trial", "remove_from_trial")
    actions_detail = ("add_this_to_trial", "remove_this_from_trial")

    def has_trial_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(PERMISSION)  # type: ignore[union-attr]

    def has_may_join_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._stands(request, object_id) is False

    def has_may_leave_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._stands(request, object_id) is True

    def _stands(self, request: HttpRequest, object_id: Any) -> bool | None:
        """None = not for this operator to change."""
        if not self.has_trial_permission(request) or not object_id:
            return None
        customer = self.get_object(request, str(object_id))  # type: ignore[attr-defined]
        return customer.is_trial if customer is not None else None

    # --- by number --------------------------------------------------------------------------------
    @action(
        description=gettext_lazy("Add to the trial list"), permissions=["trial"],
        explanation=WHAT, form_class=NumbersForm, icon="group_add", url_path="trial-add",
    )  # fmt: skip
    def add_to_trial(self, request: HttpRequest, form: NumbersForm) -> None:
        change = services.add_to_trial_list(actor=_who(request), **form.asked)
        _tell(request, change, True)

    @action(
        description=gettext_lazy("Remove from the trial list"), permissions=["trial"],
        explanation=WHAT, form_class=NumbersForm, icon="group_remove", url_path="trial-remove",
    )  # fmt: skip
    def remove_from_trial(self, request: HttpRequest, form: NumbersForm) -> None:
        change = services.remove_from_trial_list(actor=_who(request), **form.asked)
        _tell(request, change, False)

    # --- from a customer's page -------------------------------------------------------------------
    @action(
        description=ADD, permissions=["may_join"], explanation=WHAT, form_class=ReasonForm,
        icon="group_add", url_path="trial-join",
    )  # fmt: skip
    def add_this_to_trial(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        change = services.add_to_trial_list(
            actor=_who(request), numbers=self._number(request, object_id),
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        _tell(request, change, True)

    @action(
        description=REMOVE, permissions=["may_leave"], explanation=WHAT, form_class=ReasonForm,
        icon="group_remove", url_path="trial-leave",
    )  # fmt: skip
    def remove_this_from_trial(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> None:
        change = services.remove_from_trial_list(
            actor=_who(request), numbers=self._number(request, object_id),
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        _tell(request, change, False)

    def _number(self, request: HttpRequest, object_id: str) -> list[str]:
        return [self.get_object(request, object_id).number]  # type: ignore[attr-defined]

    # --- the ticked ones --------------------------------------------------------------------------
    @admin.action(description=ADD, permissions=["trial"])
    def add_chosen_to_trial(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return self._confirmed(request, queryset, "add_chosen_to_trial", is_trial=True)

    @admin.action(description=REMOVE, permissions=["trial"])
    def remove_chosen_from_trial(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return self._confirmed(request, queryset, "remove_chosen_from_trial", is_trial=False)

    def _confirmed(
        self, request: HttpRequest, queryset: Any, name: str, *, is_trial: bool
    ) -> HttpResponse:
        """First the page that asks why; confirmed, the change."""
        chosen = list(queryset.order_by("number").select_related("branch")[: MAX_NUMBERS + 1])
        refusal, reason = "", request.POST.get("reason", "")
        if "confirmed" in request.POST:
            verb = services.add_to_trial_list if is_trial else services.remove_from_trial_list
            try:
                numbers = [customer.number for customer in chosen]
                _tell(request, verb(actor=_who(request), numbers=numbers, reason=reason), is_trial)
            except DomainError as error:
                refusal = str(error.message)
            else:
                return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": ADD if is_trial else REMOVE,
            "explanation": WHAT,
            "chosen": chosen,
            "is_trial": is_trial,
            "name": name,
            "tick_name": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
            "refusal": refusal,
            "reason": reason,
        }
        status = 400 if refusal else 200
        return TemplateResponse(request, "customers/trial.html", context, status=status)


def _who(request: HttpRequest) -> Any:
    return request.user


def _tell(request: HttpRequest, change: TrialChange, is_trial: bool) -> None:
    count = len(change.changed)
    if is_trial:
        text = ngettext(
            "%(count)d customer put on the trial list.",
            "%(count)d customers put on the trial list.", count,
        )  # fmt: skip
    else:
        text = ngettext(
            "%(count)d customer taken off the trial list.",
            "%(count)d customers taken off the trial list.", count,
        )  # fmt: skip
    messages.success(request, text % {"count": count})
    if change.unchanged:
        same = {"count": len(change.unchanged)}
        messages.info(request, _("%(count)d needed no change.") % same)
