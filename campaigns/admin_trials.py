"""The dry run: as this customer, this event, what would happen, and why not."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from campaigns.designing.trials import DRAFT, Tested, try_out
from campaigns.forms.trials import TrialForm, usual_values
from campaigns.models import Campaign
from coupons.wording import yuan
from customers.models import Customer
from operators.querysets import branch_scope

NAME = "campaigns_campaign_trial"
ASKED = "kind"


class TrialMixin:
    """For the admin of campaigns."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.trial_view))  # type: ignore[attr-defined]
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        return [path("trial/", view, name=NAME), *urls]

    def trial_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        offered = Campaign.objects.visible_to(request.user).select_related("branch", "account")  # type: ignore[arg-type]
        form, tested = self._asked(request, offered.order_by("-updated_at"))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Dry run"),
            "form": form,
            "has_campaigns": offered.exists(),
            "tested": tested,
            "cost": yuan(tested.trial.cost_cents) if tested else "",
        }
        status = 400 if form.is_bound and not form.is_valid() else 200
        return TemplateResponse(request, "campaigns/trial.html", context, status=status)

    def _asked(self, request: HttpRequest, offered: Any) -> tuple[TrialForm, Tested | None]:
        if ASKED not in request.GET:
            chosen = request.GET.get("campaign", "")
            campaign = offered.filter(pk=chosen if chosen.isdecimal() else None).first()
            values = usual_values(campaign or offered.first())
            return TrialForm(campaigns=offered, initial=values), None
        form = TrialForm(request.GET, campaigns=offered)
        if not form.is_valid() or not self._may_try(request, form):
            return form, None
        given = form.cleaned_data
        tested = try_out(
            campaign=given["campaign"], tried=form.tried, of_draft=given["which"] == DRAFT,
            at=timezone.now(),
        )  # fmt: skip
        return form, tested

    def _may_try(self, request: HttpRequest, form: TrialForm) -> bool:
        """What a trial tells of a customer, only those may learn who may look at customers; and
        whoever is confined to a branch, of customers of that branch."""
        number = form.cleaned_data["customer"]
        if not number:
            return True
        scope = branch_scope(request.user)  # type: ignore[arg-type]
        may_look = request.user.has_perm("customers.view_customer")  # type: ignore[union-attr]
        own = Customer.objects.filter(number=number)
        if scope:
            own = own.filter(branch__path__startswith=scope)
        if may_look and own.exists():
            return True
        form.add_error("customer", _("This customer is not one of yours."))
        return False
