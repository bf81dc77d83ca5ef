"""Clients: a bank registers its products here; the platform looks on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openapi_gateway.access.models import Grant
from openapi_gateway.choices import Environment
from openapi_gateway.credentials import services
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.forms import ClientForm
from openapi_gateway.credentials.key_pages import client_pages
from openapi_gateway.credentials.key_rows import place_of
from openapi_gateway.credentials.models import Client
from operators.admin_base import ModelAdmin, ReasonForm, Tab, action, display
from operators.sites import bank_site, platform_site

STATE_COLOURS = {ClientState.ACTIVE: "success", ClientState.CLOSED: ""}


class ClientLists:
    """What both consoles list."""

    list_filter: Any = ("created_at",)
    search_fields: Any = ("name", "app_id", "summary")
    search_help_text = _("Name, client id or summary")
    ordering: Any = ("-id",)
    list_select_related: Any = ("bank",)
    readonly_fields: Any = ("app_id", "bank", "shown_state", "created_by", "created_at")
    change_form_outer_after_template = "gateway/credentials/client_keys.html"

    class Media:
        css = {"all": ("console/review.css", "console/gateway_keys.css")}

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = [Tab(each.value, each.label, Q(state=each)) for each in ClientState]
        return [Tab("all", _("All")), *states]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request).select_related("bank")  # type: ignore[misc]
        usable = Q(keys__state__in=KeyState.usable(), keys__expires_at__gt=timezone.now())
        grants = Grant.objects.filter(client=OuterRef("pk")).order_by().values("client")
        return rows.annotate(
            keys_in_use=Count("keys", filter=usable, distinct=True),
            grants_held=Subquery(grants.annotate(count=Count("pk")).values("count")),
        )

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, client: Client) -> tuple[str, Any]:
        return client.state, ClientState(client.state).label

    @display(description=_("keys in use"), ordering="keys_in_use")
    def shown_keys(self, client: Any) -> int:
        return int(client.keys_in_use)

    @display(description=_("grants"), ordering="grants_held")
    def shown_grants(self, client: Any) -> int:
        return int(client.grants_held or 0)

    shown_keys.numeric = shown_grants.numeric = True

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        client = kwargs.get("obj")
        if client is not None:
            site = self.admin_site.name  # type: ignore[attr-defined]
            user: Any = request.user
            is_own = site == bank_site.name and client.state == ClientState.ACTIVE
            context["may_manage"] = is_own and user.has_perm(services.MANAGE)
            context["places"] = [place_of(client, each, site) for each in Environment]
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        return answer


@admin.register(Client, site=bank_site)
class BankClientAdmin(ClientLists, ModelAdmin):
    form = ClientForm
    list_display = (
        "name", "app_id", "shown_state", "shown_keys", "shown_grants", "created_by", "created_at",
    )  # fmt: skip
    empty_hint = _(
        "Register a client for each product that shall call base services: it gets its id, its "
        "keys, and, when an access application is approved, its grants."
    )
    add_fieldsets: Any = ((_("Client"), {"fields": ("name", "summary", "origins")}),)
    fieldsets: Any = (
        (_("Client"), {"fields": ("name", "app_id", "shown_state", "summary", "origins")}),
        (_("Registered"), {"fields": ("created_by", "created_at")}),
    )
    actions_detail = ("close",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(bank=request.tenant)  # type: ignore[attr-defined]

    def get_urls(self) -> list[Any]:
        return [*client_pages(self), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and not (isinstance(obj, Client) and obj.state == ClientState.CLOSED)

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        client = self.get_object(request, str(object_id)) if object_id else None
        return client is not None and self.has_change_permission(request, client)

    def save_through(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        actor: Any = request.user
        given = {name: form.cleaned_data[name] for name in ("name", "summary", "origins")}
        if change:
            services.edit_client(actor=actor, client=obj, **given)
            return
        bank: Any = request.tenant  # type: ignore[attr-defined]
        obj.pk = services.register_client(actor=actor, bank=bank, **given).pk

    @action(
        description=_("Close client"), permissions=["close"], form_class=ReasonForm,
        explanation=_("For good: its keys are revoked at once, and it gets no new ones."),
        icon="block", variant="danger", url_path="close",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        client = self.get_object(request, object_id)
        services.close_client(
            actor=request.user, client=client, reason=form.cleaned_data["reason"]  # type: ignore[arg-type]
        )  # fmt: skip
        messages.success(request, gettext("The client is closed and its keys are revoked."))


@admin.register(Client, site=platform_site)
class PlatformClientAdmin(ClientLists, ModelAdmin):
    """To read: clients and their keys belong to the banks."""

    list_display = (
        "name", "app_id", "bank", "shown_state", "shown_keys", "shown_grants", "created_at",
    )  # fmt: skip
    list_filter = ("bank", "created_at")
    search_fields = ("name", "app_id", "summary", "bank__name", "bank__name_key", "bank__slug")
    fieldsets: Any = (
        (_("Client"), {"fields": ("name", "app_id", "bank", "shown_state", "summary", "origins")}),
        (_("Registered"), {"fields": ("created_by", "created_at")}),
    )
    empty_hint = _("Banks register their clients in their own consoles.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
