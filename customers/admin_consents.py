"""What customers agreed to, for questions and complaints: to look only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Consent
from customers.partners import partner_names
from operators.admin_base import ModelAdmin, display
from operators.sites import bank_site

LABELS = {"valid": "success", "withdrawn": "warning", "expired": ""}
STATES = {
    "valid": _("valid"),
    "withdrawn": pgettext_lazy("consent", "withdrawn"),
    "expired": _("expired"),
}


class StateFilter(SimpleListFilter):
    """No tabs: they would count millions of rows each time."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        conditions = {
            "valid": Q(withdrawn_at__isnull=True, expires_at__gt=now),
            "withdrawn": Q(withdrawn_at__isnull=False),
            "expired": Q(withdrawn_at__isnull=True, expires_at__lte=now),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(Consent, site=bank_site)
class ConsentAdmin(ModelAdmin):
    list_display = (
        "customer_number", "purpose", "shown_name", "wording_version", "given_at",
        "expires_at", "shown_state",
    )  # fmt: skip
    list_filter = ("purpose", StateFilter, "given_at")
    # The index answers it on a million rows.
    search_fields = ("customer_number__startswith",)
    search_help_text = _("Beginning of the customer number")
    ordering = ("-given_at",)
    sortable_by = ()
    fieldsets = (
        (_("Consent"), {
            "fields": ("customer_number", "purpose", "shown_partner", "shown_state"),
        }),
        (_("Wording"), {"fields": ("wording_version", "wording_digest")}),
        (_("Times"), {"fields": ("given_at", "expires_at", "withdrawn_at")}),
    )  # fmt: skip
    readonly_fields = ("shown_partner", "shown_state")
    empty_hint = _("Consents appear here once customers have agreed to something in the app.")

    @display(description=_("partner"))
    def shown_name(self, consent: Consent) -> str:
        return partner_names([consent.app_id]).get(consent.app_id, consent.app_id)

    @display(description=_("partner"))
    def shown_partner(self, consent: Consent) -> SafeString | str:
        name = partner_names([consent.app_id]).get(consent.app_id)
        return format_html("{} <code>{}</code>", name, consent.app_id) if name else consent.app_id

    @display(description=_("state"), label=LABELS)
    def shown_state(self, consent: Consent) -> tuple[str, Any]:
        state = "valid" if consent.expires_at > timezone.now() else "expired"
        if consent.withdrawn_at is not None:
            state = "withdrawn"
        return state, STATES[state]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
