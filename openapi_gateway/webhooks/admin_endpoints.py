"""Callback addresses. Secrets are in none of their fields: the page that answers the POST which
made one is the only one that shows it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from audit.errors import DomainError
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.key_rows import ENVIRONMENT_COLOURS
from openapi_gateway.foreign_ids import ForeignIdsAreUnknown
from openapi_gateway.outbox.services import KINDS
from openapi_gateway.webhooks import services
from openapi_gateway.webhooks.choices import DeliveryState, EndpointState
from openapi_gateway.webhooks.forms import EndpointForm, KindsForm
from openapi_gateway.webhooks.models import Endpoint
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, Tab, action, display
from operators.sites import bank_site, platform_site

STATE_COLOURS = {EndpointState.ACTIVE: "success", EndpointState.DISABLED: "danger"}
ADD_PAGE, ROLL_PAGE = "gateway_endpoint_new", "gateway_endpoint_roll"
_FIELDS = (
    "url", "shown_client", "shown_environment", "shown_kinds", "shown_state", "disabled_reason",
    "old_secret_until", "created_by", "created_at",
)  # fmt: skip


class EndpointLists(ForeignIdsAreUnknown, ModelAdmin):
    list_filter: Any = ("environment", "state")
    search_fields: Any = ("url", "client__name", "client__app_id")
    search_help_text = _("Address, client or client id")
    list_select_related: Any = ("client", "client__bank")
    fields: Any = _FIELDS
    readonly_fields: Any = _FIELDS
    change_form_outer_after_template = "gateway/webhooks/deliveries_link.html"

    class Media:
        css = {"all": ("console/review.css", "console/gateway_keys.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        failed = Q(deliveries__state=DeliveryState.FAILED)
        waiting = Q(deliveries__state=DeliveryState.WAITING)
        return super().get_queryset(request).select_related("client__bank").annotate(
            failed=Count("deliveries", filter=failed), waiting=Count("deliveries", filter=waiting)
        )  # fmt: skip

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = [Tab(each.value, each.label, Q(state=each)) for each in EndpointState]
        return [Tab("all", _("All")), *states]

    @display(description=_("client"), ordering="client__name")
    def shown_client(self, endpoint: Endpoint) -> SafeString:
        address = reverse(
            f"{self.admin_site.name}:gateway_credentials_client_change", args=[endpoint.client_id]
        )
        return format_html('<a class="fx-link" href="{}">{}</a>', address, endpoint.client.name)

    @display(description=_("environment"), ordering="environment", label=ENVIRONMENT_COLOURS)
    def shown_environment(self, endpoint: Endpoint) -> tuple[str, Any]:
        return endpoint.environment, Environment(endpoint.environment).label

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, endpoint: Endpoint) -> tuple[str, Any]:
        return endpoint.state, EndpointState(endpoint.state).label

    @display(description=_("told of"))
    def shown_kinds(self, endpoint: Endpoint) -> str:
        words = [str(KINDS.get(each, each)) for each in endpoint.kinds]
        return "、".join(words) or gettext("everything")

    @display(description=_("waiting"), ordering="waiting")
    def shown_waiting(self, endpoint: Any) -> int:
        return int(endpoint.waiting)

    @display(description=_("failed"), ordering="failed")
    def shown_failed(self, endpoint: Any) -> int:
        return int(endpoint.failed)

    shown_waiting.numeric = shown_failed.numeric = True

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        endpoint = kwargs.get("obj")
        if endpoint is not None:
            address = reverse(f"{self.admin_site.name}:gateway_webhooks_delivery_changelist")
            context["deliveries_address"] = f"{address}?endpoint__id__exact={endpoint.pk}"
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Endpoint, site=bank_site)
class BankEndpointAdmin(EndpointLists):
    list_display = (
        "url", "shown_client", "shown_environment", "shown_state", "shown_waiting", "shown_failed",
        "created_at",
    )  # fmt: skip
    empty_hint = _(
        "A grant names the addresses at which a partner may be called back. Give one a secret with "
        "“New callback address”, and the partner hears of decisions, keys and results."
    )
    actions_detail = ("test", "choose", "enable", "disable")
    change_form_outer_before_template = "gateway/webhooks/endpoint_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(client__bank=request.tenant)  # type: ignore[attr-defined]

    def get_urls(self) -> list[Any]:
        def inside(view: Any) -> Any:
            return self.admin_site.admin_view(never_cache(view))

        either = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("new/", inside(either(self.new_page)), name=ADD_PAGE),
            path("<int:endpoint_id>/roll/", inside(require_POST(self.roll_page)), name=ROLL_PAGE),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links = []
        if self._may_manage(request):
            address = reverse(f"{self.admin_site.name}:{ADD_PAGE}")
            links = [{"address": address, "icon": "add", "title": gettext("New callback address")}]
        return super().changelist_view(request, {**(extra_context or {}), "toolbar_links": links})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if kwargs.get("obj") is not None:
            context["may_manage"] = self._may_manage(request)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- pages --------------------------------------------------------------------------------
    def new_page(self, request: HttpRequest) -> HttpResponse:
        self._require(request)
        bank: Any = request.tenant  # type: ignore[attr-defined]
        known = Endpoint.objects.filter(client__bank=bank)
        taken = set(known.values_list("client_id", "environment", "url"))
        form = EndpointForm(request.POST or None, bank=bank, taken=taken)
        if request.method == "POST" and form.is_valid():
            try:
                made = services.add_endpoint(actor=request.user, **form.chosen)  # type: ignore[arg-type]
            except DomainError as refusal:
                form.add_error(None, str(refusal.message))
            else:
                return self._shown(request, *made)
        return self._page(request, "endpoint", gettext("New callback address"), {"form": form})

    def roll_page(self, request: HttpRequest, endpoint_id: int) -> HttpResponse:
        self._require(request)
        endpoint = self.get_object(request, str(endpoint_id))
        if endpoint is None:
            raise Http404
        made = services.roll_secret(actor=request.user, endpoint=endpoint)  # type: ignore[arg-type]
        return self._shown(request, *made)

    def _shown(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        context = {"endpoint": endpoint, "secret_text": secret, "overlaps": endpoint.version > 1}
        return self._page(request, "secret_shown", gettext("The new secret"), context)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"gateway/webhooks/{name}.html", {**shared, **context})

    def _may_manage(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm(services.MANAGE))

    def _require(self, request: HttpRequest) -> None:
        if not self._may_manage(request):
            raise PermissionDenied

    # --- actions ------------------------------------------------------------------------------
    def _in_state(self, request: HttpRequest, object_id: Any, state: EndpointState) -> bool:
        endpoint = self.get_object(request, str(object_id)) if object_id else None
        return endpoint is not None and endpoint.state == state and self._may_manage(request)

    def has_active_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in_state(request, object_id, EndpointState.ACTIVE)

    def has_disabled_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in_state(request, object_id, EndpointState.DISABLED)

    @action(
        description=_("Send a test"), permissions=["active"], icon="send",
        explanation=_("A callback of the type “test”, signed as all others. See what becomes of it "
                      "in the list of callbacks."), url_path="test",
    )  # fmt: skip
    def test(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        endpoint: Any = self.get_object(request, object_id)
        delivery = services.send_test(actor=request.user, endpoint=endpoint)  # type: ignore[arg-type]
        messages.success(request, gettext("The test is on its way."))
        name = f"{self.admin_site.name}:gateway_webhooks_delivery_change"
        return HttpResponseRedirect(reverse(name, args=[delivery.pk]))

    @action(
        description=_("Choose events"), permissions=["active"], form_class=KindsForm,
        explanation=_("Replaces the present choice."), icon="checklist", url_path="kinds",
    )  # fmt: skip
    def choose(self, request: HttpRequest, form: KindsForm, object_id: str) -> None:
        endpoint: Any = self.get_object(request, object_id)
        kinds = form.cleaned_data["kinds"]
        services.choose_kinds(actor=request.user, endpoint=endpoint, kinds=kinds)  # type: ignore[arg-type]
        messages.success(request, gettext("The choice is kept."))

    @action(
        description=_("Disable"), permissions=["active"], form_class=ReasonForm,
        explanation=_("Nothing is sent there until it is enabled again; what waits is dropped."),
        icon="block", variant="danger", url_path="disable",
    )  # fmt: skip
    def disable(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        endpoint: Any = self.get_object(request, object_id)
        reason = form.cleaned_data["reason"]
        services.disable_endpoint(actor=request.user, endpoint=endpoint, reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The callback address is disabled."))

    @action(
        description=_("Enable"), permissions=["disabled"], icon="play_arrow",
        explanation=_("What happens from now on is sent there again."),
        variant="primary", url_path="enable",
    )  # fmt: skip
    def enable(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        endpoint: Any = self.get_object(request, object_id)
        services.enable_endpoint(actor=request.user, endpoint=endpoint)  # type: ignore[arg-type]
        messages.success(request, gettext("The callback address is enabled."))


@admin.register(Endpoint, site=platform_site)
class PlatformEndpointAdmin(EndpointLists):
    list_display = (
        "url", "bank", "shown_client", "shown_environment", "shown_state", "shown_waiting",
        "shown_failed",
    )  # fmt: skip
    list_filter = ("client__bank", "environment", "state")
    search_fields = (*EndpointLists.search_fields, "client__bank__name", "client__bank__name_key")
    empty_hint = _("Banks keep their callback addresses in their own consoles.")

    @display(description=_("bank"), ordering="client__bank__name")
    def bank(self, endpoint: Endpoint) -> str:
        return str(endpoint.client.bank)
