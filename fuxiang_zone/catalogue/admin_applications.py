"""The platform's inbox of applications for product types."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from fuxiang_zone.catalogue.applying import DECIDE, decide_application
from fuxiang_zone.catalogue.choices import ApplicationState
from fuxiang_zone.catalogue.models import Activation, ActivationApplication
from fuxiang_zone.catalogue.showing import STATE_COLOURS, shown_steps
from operators.admin_base import ModelAdmin, Tab, display
from operators.sites import platform_site

NAME = "fuxiang_zone_catalogue_activationapplication"
STATES = (
    ApplicationState.SUBMITTED, ApplicationState.RETURNED, ApplicationState.APPROVED,
    ApplicationState.REJECTED,
)  # fmt: skip


@admin.register(ActivationApplication, site=platform_site)
class ApplicationAdmin(ModelAdmin):
    list_display = (
        "bank", "product_type", "shown_state", "person_in_charge", "planned_on", "round",
        "submitted_at", "decided_at",
    )  # fmt: skip
    list_filter = ("product_type", "bank__prefecture", "submitted_at")
    list_select_related = ("bank", "product_type")
    search_fields = ("bank__name", "bank__slug", "bank__name_key", "product_type__name")
    search_help_text = _("Bank or product type")
    ordering = ("-submitted_at", "-id")
    empty_hint = _("Applications appear here once a bank has submitted them.")

    class Media:
        css = {"all": ("console/review.css", "console/zone_types.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).exclude(round=0)

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = [Tab(each.value, each.label, Q(state=each)) for each in STATES]
        return [*states, Tab("all", _("All"))]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, application: Any) -> tuple[str, Any]:
        return application.state, application.get_state_display()

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        decide = guard(require_POST(self.decide_view))
        return [path("<int:pk>/decide/", decide, name=f"{NAME}_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return require_safe(self.show)(request, object_id)

    def show(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self._seen(request, unquote(object_id))
        opened = Activation.objects.filter(bank=found.bank).select_related("product_type")
        may = request.user.has_perm(DECIDE)  # type: ignore[union-attr]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": found,
            "application": found,
            "title": str(found),
            "is_fullwidth": "1",
            "colour": STATE_COLOURS[ApplicationState(found.state)],
            "steps": shown_steps(found),
            "opened": opened.order_by("activated_at"),
            "also_opened": found.product_type.activations.counted().count(),
            "may_decide": may and found.state == ApplicationState.SUBMITTED,
        }
        return TemplateResponse(request, "fuxiang_zone/catalogue/application.html", context)

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self._seen(request, str(pk))
        try:
            decided = decide_application(
                actor=request.user, application=found,  # type: ignore[arg-type]
                verdict=request.POST.get("verdict", ""), comment=request.POST.get("comment", ""),
            )  # fmt: skip
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Decided: %s.") % decided.get_state_display())
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:{NAME}_change", args=[pk]))

    def _seen(self, request: HttpRequest, pk: str) -> ActivationApplication:
        found = self.get_object(request, pk)
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        application: ActivationApplication = found
        return application
