"""What became of each callback."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment
from openapi_gateway.credentials.key_rows import ENVIRONMENT_COLOURS
from openapi_gateway.foreign_ids import ForeignIdsAreUnknown
from openapi_gateway.outbox.services import KINDS
from openapi_gateway.webhooks import services
from openapi_gateway.webhooks.choices import DeliveryState, Outcome
from openapi_gateway.webhooks.models import Delivery
from operators.admin_base import DialogForm, ModelAdmin, Tab, action, display
from operators.sites import bank_site, platform_site

STATE_COLOURS = {
    DeliveryState.WAITING: "info", DeliveryState.DELIVERED: "success",
    DeliveryState.FAILED: "danger", DeliveryState.CANCELLED: "",
}  # fmt: skip
OUTCOME_COLOURS = {Outcome.DELIVERED: "success", Outcome.UNKNOWN: ""}
_FIELDS = (
    "shown_id", "shown_kind", "shown_endpoint", "shown_environment", "shown_state",
    "attempts_made", "shown_next", "created_at", "finished_at", "shown_again", "shown_body",
)  # fmt: skip


class DeliveryAdmin(ForeignIdsAreUnknown, ModelAdmin):
    list_filter: Any = ("endpoint__environment", "kind", "created_at")
    search_fields: Any = ("endpoint__url", "endpoint__client__name")
    search_help_text = _("Address or client")
    list_select_related: Any = ("endpoint__client__bank",)
    fields: Any = _FIELDS
    readonly_fields: Any = _FIELDS
    actions_detail: Any = ("send_again",)
    change_form_outer_after_template = "gateway/webhooks/attempts.html"
    empty_hint = _("Every callback that a partner was sent, or is to be sent, stands here.")

    class Media:
        css = {"all": ("console/review.css", "console/gateway_keys.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)
        return rows.select_related("endpoint__client__bank", "again")

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = [Tab(each.value, each.label, Q(state=each)) for each in DeliveryState]
        return [Tab("all", _("All")), *states]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "endpoint__id__exact" or super().lookup_allowed(lookup, value, request)

    # --- columns ------------------------------------------------------------------------------
    @display(description=_("message"), ordering="pk")
    def shown_id(self, delivery: Delivery) -> SafeString:
        return format_html('<span class="fx-key-id">{}</span>', str(delivery))

    @display(description=_("event"), ordering="kind")
    def shown_kind(self, delivery: Delivery) -> str:
        if delivery.kind == services.TEST:
            return gettext("test")
        return f"{KINDS.get(delivery.kind, '')} ({delivery.kind})"

    @display(description=_("callback address"), ordering="endpoint__url")
    def shown_endpoint(self, delivery: Delivery) -> SafeString:
        name = f"{self.admin_site.name}:gateway_webhooks_endpoint_change"
        address = reverse(name, args=[delivery.endpoint_id])
        return format_html('<a class="fx-link" href="{}">{}</a>', address, delivery.endpoint.url)

    @display(description=_("client"), ordering="endpoint__client__name")
    def shown_client(self, delivery: Delivery) -> str:
        return str(delivery.endpoint.client)

    @display(description=_("environment"), label=ENVIRONMENT_COLOURS)
    def shown_environment(self, delivery: Delivery) -> tuple[str, Any]:
        environment = delivery.endpoint.environment
        return environment, Environment(environment).label

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, delivery: Delivery) -> tuple[str, Any]:
        return delivery.state, DeliveryState(delivery.state).label

    @display(description=_("next attempt"))
    def shown_next(self, delivery: Delivery) -> str | None:
        if delivery.state != DeliveryState.WAITING:
            return None
        return timezone.localtime(delivery.next_at).strftime("%Y-%m-%d %H:%M:%S")

    @display(description=_("sent again"))
    def shown_again(self, delivery: Delivery) -> str | None:
        return str(delivery.again) if delivery.again else None

    @display(description=_("body"))
    def shown_body(self, delivery: Delivery) -> SafeString:
        text = json.dumps(json.loads(delivery.body), ensure_ascii=False, indent=2)
        return format_html('<pre class="fx-pem">{}</pre>', text)

    # --- page ---------------------------------------------------------------------------------
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        delivery = kwargs.get("obj")
        if delivery is not None:
            context["attempts"] = [
                (each, Outcome(each.outcome).label,
                 OUTCOME_COLOURS.get(Outcome(each.outcome), "danger"))
                for each in delivery.attempts.all()
            ]  # fmt: skip
        return super().render_change_form(request, context, *args, **kwargs)

    def has_send_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        user: Any = request.user
        delivery = self.get_object(request, str(object_id)) if object_id else None
        is_done = delivery is not None and delivery.state != DeliveryState.WAITING
        return is_done and user.has_perm(services.RESEND)

    @action(
        description=_("Send again"), permissions=["send_again"], icon="replay",
        explanation=_("As a new message with the same content, with all its attempts."),
        variant="primary", url_path="send-again",
    )  # fmt: skip
    def send_again(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        delivery: Any = self.get_object(request, object_id)
        again = services.send_again(actor=request.user, delivery=delivery)  # type: ignore[arg-type]
        messages.success(request, gettext("It is on its way again."))
        name = f"{self.admin_site.name}:gateway_webhooks_delivery_change"
        return HttpResponseRedirect(reverse(name, args=[again.pk]))


@admin.register(Delivery, site=bank_site)
class BankDeliveryAdmin(DeliveryAdmin):
    list_display = (
        "shown_id", "shown_kind", "shown_client", "shown_endpoint", "shown_state", "attempts_made",
        "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(endpoint__client__bank=request.tenant)  # type: ignore[attr-defined]


@admin.register(Delivery, site=platform_site)
class PlatformDeliveryAdmin(DeliveryAdmin):
    list_display = (
        "shown_id", "bank", "shown_kind", "shown_client", "shown_endpoint", "shown_state",
        "attempts_made", "created_at",
    )  # fmt: skip
    list_filter = ("endpoint__client__bank", "endpoint__environment", "kind", "created_at")

    @display(description=_("bank"), ordering="endpoint__client__bank__name")
    def bank(self, delivery: Delivery) -> str:
        return str(delivery.endpoint.client.bank)
