"""Keys: lists and pages of both consoles. Secrets are in none of their fields."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Algorithm, Environment
from openapi_gateway.credentials import services
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.forms import AddressesForm
from openapi_gateway.credentials.key_pages import PROOF_PAGE, SECRET_PAGE, UPLOAD_PAGE, key_pages
from openapi_gateway.credentials.key_rows import (
    ENVIRONMENT_COLOURS,
    STATE_COLOURS,
    end_of,
    row_of,
)
from openapi_gateway.credentials.models import Key
from openapi_gateway.credentials.querysets import SOON_DAYS
from openapi_gateway.foreign_ids import ForeignIdsAreUnknown
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, Tab, action, display
from operators.sites import bank_site, platform_site

_DETAILS = (
    "key_id", "shown_client", "shown_environment", "algorithm", "shown_state", "fingerprint",
)  # fmt: skip
_LIFE = ("created_by", "created_at", "activated_at", "shown_end", "shown_replaces", "last_used_at")
_REVOKED = ("revoked_at", "revoked_by", "revocation_reason")


class KeyAdmin(ForeignIdsAreUnknown, ModelAdmin):
    list_filter: Any = ("environment", "algorithm")
    search_fields: Any = ("key_id", "fingerprint", "client__name", "client__app_id")
    search_help_text = _("Key id, fingerprint, client or client id")
    list_select_related: Any = ("client", "client__bank")
    ordering = ("-id",)
    change_form_outer_before_template = "gateway/credentials/key_standing.html"
    actions_detail: Any = ("revoke",)

    class Media:
        css = {"all": ("console/review.css", "console/gateway_keys.css")}

    # --- list ---------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        now = timezone.now()
        soon = now + timedelta(days=SOON_DAYS)
        open_end = Q(retires_at__isnull=True) | Q(retires_at__gt=now)
        usable = Q(state__in=KeyState.usable(), expires_at__gt=now) & open_end
        ending = Q(expires_at__lte=soon) | Q(retires_at__lte=soon)
        pending = Q(state=KeyState.PENDING)
        return [
            Tab("all", _("All")),
            Tab("usable", _("usable now"), usable),
            Tab("ending", _("ending soon"), usable & ending),
            Tab("pending", _("waiting for proof"), pending),
            Tab("ended", _("no longer usable"), ~usable & ~pending),
        ]

    @display(description=_("client"), ordering="client__name")
    def shown_client(self, key: Key) -> SafeString:
        address = reverse(
            f"{self.admin_site.name}:gateway_credentials_client_change", args=[key.client_id]
        )
        return format_html('<a class="fx-link" href="{}">{}</a>', address, key.client.name)

    @display(description=_("environment"), ordering="environment", label=ENVIRONMENT_COLOURS)
    def shown_environment(self, key: Key) -> tuple[str, Any]:
        return key.environment, Environment(key.environment).label

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, key: Key) -> tuple[str, Any]:
        state = key.standing(timezone.now())
        return state, state.label

    @display(description=_("ends"), ordering="expires_at")
    def shown_end(self, key: Key) -> str:
        return end_of(key, timezone.now())

    @display(description=_("replaces"))
    def shown_replaces(self, key: Key) -> str | None:
        return key.replaces.key_id if key.replaces else None

    @display(description=_("public key"))
    def shown_public_key(self, key: Key) -> SafeString:
        return format_html('<pre class="fx-pem">{}</pre>', key.public_key)

    @display(description=_("addresses"))
    def shown_addresses(self, key: Key) -> str:
        return "、".join(key.addresses) or gettext("as the grants allow")

    # --- page ---------------------------------------------------------------------------------
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        material = () if Algorithm(obj.algorithm).is_symmetric else ("shown_public_key",)
        parts = [
            (_("Details of the key"), {"fields": (*_DETAILS, *material, "shown_addresses")}),
            (_("Validity of the key"), {"fields": _LIFE}),
        ]
        if obj.state == KeyState.REVOKED:
            parts.append((_("Revocation"), {"fields": _REVOKED}))
        return parts

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*_DETAILS, "shown_public_key", "shown_addresses", *_LIFE, *_REVOKED)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        key = kwargs.get("obj")
        if key is not None:
            context["row"] = row_of(key, self.admin_site.name, timezone.now())
            context["key"] = key
        return super().render_change_form(request, context, *args, **kwargs)

    # --- revoking -----------------------------------------------------------------------------
    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        key = self._not_ended(request, object_id)
        user: Any = request.user
        return key is not None and user.has_perm(services.REVOKE)

    def _not_ended(self, request: HttpRequest, object_id: Any) -> Key | None:
        key: Key | None = self.get_object(request, str(object_id)) if object_id else None
        return key if key is not None and key.state not in KeyState.final() else None

    @action(
        description=_("Revoke"), permissions=["revoke"], form_class=ReasonForm,
        title=_("Revoke this key"),
        explanation=_("At once and for good: every call signed with it is refused from now on."),
        icon="gpp_bad", variant="danger", url_path="revoke",
    )  # fmt: skip
    def revoke(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        key: Any = self.get_object(request, object_id)
        reason = form.cleaned_data["reason"]
        services.revoke_key(actor=request.user, key=key, reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The key is revoked."))


@admin.register(Key, site=bank_site)
class BankKeyAdmin(KeyAdmin):
    list_display = (
        "key_id", "shown_client", "shown_environment", "algorithm", "shown_state", "shown_end",
        "last_used_at",
    )  # fmt: skip
    empty_hint = _("Keys are made on the page of a client: open the client first.")
    actions_detail = ("change_addresses", "revoke")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).filter(client__bank=request.tenant)  # type: ignore[attr-defined]
        return rows.select_related("client__bank", "replaces")

    def get_urls(self) -> list[Any]:
        return [*key_pages(self), *super().get_urls()]

    def has_change_addresses_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        key = self._not_ended(request, object_id)
        user: Any = request.user
        return key is not None and user.has_perm(services.MANAGE)

    @action(
        description=_("Addresses"), permissions=["change_addresses"], form_class=AddressesForm,
        title=_("Addresses that may use this key"),
        explanation=_("Replaces the whole list, within the addresses of the grants."),
        icon="lan", url_path="addresses",
    )  # fmt: skip
    def change_addresses(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        key: Any = self.get_object(request, object_id)
        addresses = form.cleaned_data["addresses"]
        services.allow_addresses(actor=request.user, key=key, addresses=addresses)  # type: ignore[arg-type]
        messages.success(request, gettext("The addresses are changed."))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        key = kwargs.get("obj")
        user: Any = request.user
        if key is not None and user.has_perm(services.MANAGE):
            context["links"] = self._links(key)
        return super().render_change_form(request, context, *args, **kwargs)

    def _links(self, key: Key) -> list[tuple[str, str, str]]:
        """Where one goes on: address, words, icon."""
        site = self.admin_site.name
        if key.state == KeyState.PENDING:
            address = reverse(f"{site}:{PROOF_PAGE}", args=[key.pk])
            return [(address, gettext("Prove possession"), "draw")]
        is_active = key.standing(timezone.now()) == KeyState.ACTIVE
        if not is_active or key.client.state != ClientState.ACTIVE:
            return []
        which = [key.client_id, key.environment]
        return [
            (reverse(f"{site}:{SECRET_PAGE}", args=which), gettext("Replace by a secret"), "key"),
            (
                reverse(f"{site}:{UPLOAD_PAGE}", args=which),
                gettext("Replace by a key pair"),
                "upload",
            ),
        ]


@admin.register(Key, site=platform_site)
class PlatformKeyOfClientAdmin(KeyAdmin):
    list_display = (
        "key_id", "bank", "shown_client", "shown_environment", "algorithm", "shown_state",
        "shown_end", "last_used_at",
    )  # fmt: skip
    list_filter = ("client__bank", "environment", "algorithm")
    search_fields = (*KeyAdmin.search_fields, "client__bank__name", "client__bank__name_key")
    empty_hint = _("Banks make their clients' keys in their own consoles.")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("client__bank", "replaces")

    @display(description=_("bank"), ordering="client__bank__name")
    def bank(self, key: Key) -> str:
        return str(key.client.bank)
