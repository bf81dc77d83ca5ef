"""Vendors, the meaning of their codes and their breakers, on the platform's console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from openapi_gateway.choices import Environment
from openapi_gateway.upstream import services
from openapi_gateway.upstream.breaker import look
from openapi_gateway.upstream.choices import BreakerState, Deployment, Force, VendorKind
from openapi_gateway.upstream.forms import SecretForm, VendorCodeForm, VendorForm
from openapi_gateway.upstream.models import Breaker, Vendor, VendorCode
from openapi_gateway.upstream.spending import spent
from operators.admin_base import ModelAdmin, ReasonForm, Tab, action, badge, display
from operators.sites import platform_site

STATES = {
    BreakerState.CLOSED: "success",
    BreakerState.OPEN: "danger",
    BreakerState.HALF_OPEN: "warning",
    BreakerState.UNKNOWN: "danger",
}


@admin.register(Vendor, site=platform_site)
class VendorAdmin(ModelAdmin):
    form = VendorForm
    list_display = (
        "name", "kind", "shown_standing", "shown_deployment", "shown_serves", "priority", "weight",
        "shown_spent", "shown_cap",
    )  # fmt: skip
    sortable_by = ()
    list_filter = ("deployment",)
    search_fields = ("name", "code")
    actions_detail = ("set_secret",)
    fieldsets = (
        (None, {"fields": ("code", "name", "kind", "is_active")}),
        (
            _("Connection"),
            {"fields": ("deployment", "base_url", "shown_secret", "connect_ms", "total_ms")},
        ),
        (
            _("Routing"),
            {"fields": ("serves_sandbox", "serves_production", "priority", "weight")},
        ),
        (_("Cost"), {"fields": ("price", "daily_cap", "shown_spent")}),
    )
    readonly_fields = ("shown_secret", "shown_spent")

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        kinds = [Tab(each.value, each.label, Q(kind=each)) for each in VendorKind]
        return (Tab("all", _("All")), *kinds)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("secret")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """References to its sessions carry the code; its codes are of its kind."""
        fixed = ("code", "kind") if obj else ()
        return (*fixed, *super().get_readonly_fields(request, obj))

    @display(description=_("standing"), label={"on": "success", "off": "", "unset": "warning"})
    def shown_standing(self, vendor: Vendor) -> tuple[str, Any]:
        if not vendor.is_active:
            return "off", _("not in use")
        return ("on", _("in use")) if vendor.address else ("unset", _("no address"))

    @display(
        description=_("deployment"), ordering="deployment",
        label={Deployment.PUBLIC_SAAS: "warning"},
    )  # fmt: skip
    def shown_deployment(self, vendor: Vendor) -> tuple[str, Any]:
        return vendor.deployment, Deployment(vendor.deployment).label

    @display(description=_("serves"))
    def shown_serves(self, vendor: Vendor) -> str:
        pairs = ((Environment.SANDBOX, vendor.serves_sandbox),
                 (Environment.PRODUCTION, vendor.serves_production))  # fmt: skip
        return "、".join(str(each.label) for each, serves in pairs if serves) or "—"

    @display(description=_("spent today (yuan)"))
    def shown_spent(self, vendor: Vendor) -> str:
        return f"{spent(vendor, timezone.now()):,.2f}" if vendor.pk else "—"

    @display(description=_("most per day (yuan)"), ordering="daily_cap")
    def shown_cap(self, vendor: Vendor) -> str:
        return "—" if vendor.daily_cap is None else f"{vendor.daily_cap:,.2f}"

    shown_spent.numeric = shown_cap.numeric = True

    @display(description=_("shared secret"))
    def shown_secret(self, vendor: Vendor) -> Any:
        if not vendor.base_url:
            return _("of the installation's settings")
        row = getattr(vendor, "secret", None)
        if row is None:
            return badge(_("not set: calls are refused"), "danger")
        at = timezone.localtime(row.set_at)
        return _now("set at %(at)s") % {"at": f"{at:%Y-%m-%d %H:%M}"}

    def has_set_secret_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        vendor = self.get_object(request, str(object_id)) if object_id else None
        return self.has_change_permission(request) and (vendor is None or bool(vendor.base_url))

    @action(
        description=_("Set the shared secret"),
        permissions=["set_secret"],
        explanation=_(
            "Calls to the vendor and its callbacks are signed with it. It takes the place of the "
            "one before at once, and is never shown again."
        ),
        form_class=SecretForm,
        icon="key",
    )
    def set_secret(self, request: HttpRequest, form: SecretForm, object_id: Any) -> None:
        vendor = self.get_object(request, str(object_id))
        operator: Any = request.user
        services.set_secret(actor=operator, vendor=vendor, secret=form.cleaned_data["secret"])
        messages.success(request, _now("The secret is set."))

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.save_vendor(actor=request.user, vendor=obj)  # type: ignore[arg-type]


@admin.register(VendorCode, site=platform_site)
class VendorCodeAdmin(ModelAdmin):
    form = VendorCodeForm
    list_display = (
        "vendor_code", "vendor", "shown_code", "shown_meaning", "shown_retryable",
        "shown_billable", "note",
    )  # fmt: skip
    sortable_by = ()
    list_filter = ("vendor", "code")
    list_select_related = ("vendor",)
    search_fields = ("vendor_code", "note")
    fields = ("vendor", "vendor_code", "code", "is_retryable", "is_billable", "note")
    empty_hint = _("A code that is not listed is refused: it never counts as passed.")

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        kinds = [Tab(each.value, each.label, Q(vendor__kind=each)) for each in VendorKind]
        return (Tab("all", _("All")), *kinds)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("vendor", "vendor_code") if obj else ()

    @display(description=_("our code"))
    def shown_code(self, code: VendorCode) -> str:
        return code.code

    @display(description=_("meaning"))
    def shown_meaning(self, code: VendorCode) -> str:
        return code.get_code_display()

    @display(description=_("may be tried again"))
    def shown_retryable(self, code: VendorCode) -> Any:
        return badge(_("may be tried again"), "info") if code.is_retryable else "—"

    @display(description=_("billable"))
    def shown_billable(self, code: VendorCode) -> Any:
        return badge(_("billable"), "warning") if code.is_billable else "—"

    def save_through(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.save_code(actor=request.user, code=obj)  # type: ignore[arg-type]


@admin.register(Breaker, site=platform_site)
class BreakerAdmin(ModelAdmin):
    list_display = (
        "shown_vendor", "environment", "shown_state", "shown_calls", "shown_failures",
        "forced_by", "forced_at", "reason",
    )  # fmt: skip
    list_filter = ("environment",)
    list_select_related = ("vendor",)
    sortable_by = ()
    search_fields = ("vendor__name", "vendor__code")
    actions_row = ("force_open", "force_closed", "release")
    actions_detail = ("force_open", "force_closed", "release")
    fields = (
        "vendor", "environment", "shown_state", "shown_calls", "shown_failures", "forced_by",
        "forced_at", "reason",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return (Tab("all", _("All")), Tab("forced", _("Forced by operators"), ~Q(forced="")))

    # --- columns
    @display(description=_("vendor"), ordering="vendor__name")
    def shown_vendor(self, breaker: Breaker) -> str:
        return breaker.vendor.name

    @display(description=_("state"))
    def shown_state(self, breaker: Breaker) -> Any:
        if breaker.forced:
            kind = "danger" if breaker.forced == Force.OPEN else "warning"
            return badge(Force(breaker.forced).label, kind)
        sight = self._sight(breaker)
        label = badge(BreakerState(sight.state).label, STATES[sight.state])
        if sight.state != BreakerState.OPEN:
            return label
        if not sight.seconds_left:
            return format_html("{} {}", label, _("the next call probes"))
        wait = ngettext("%(count)s second left", "%(count)s seconds left", sight.seconds_left)
        return format_html("{} {}", label, wait % {"count": sight.seconds_left})

    @display(description=_("calls in 10 s"))
    def shown_calls(self, breaker: Breaker) -> int:
        return self._sight(breaker).calls

    @display(description=_("failures in 10 s"))
    def shown_failures(self, breaker: Breaker) -> int:
        return self._sight(breaker).failures

    shown_calls.numeric = shown_failures.numeric = True

    @staticmethod
    def _sight(breaker: Any) -> Any:
        """Once per row and page."""
        if not hasattr(breaker, "sight"):
            breaker.sight = look(breaker.vendor.code, breaker.environment)
        return breaker.sight

    # --- verbs
    def has_force_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("gateway_upstream.force_breaker"))  # type: ignore[union-attr]

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_force_permission(request)

    @action(
        description=_("Force open"),
        permissions=["force"],
        explanation=_("No call reaches the vendor until you give the breaker back to itself."),
        form_class=ReasonForm,
        icon="block",
        variant="danger",
    )
    def force_open(self, request: HttpRequest, form: ReasonForm, object_id: Any) -> None:
        self._force(request, form, object_id, Force.OPEN)

    @action(
        description=_("Force closed"),
        permissions=["force"],
        explanation=_("Every call reaches the vendor, however many fail."),
        form_class=ReasonForm,
        icon="check_circle",
    )
    def force_closed(self, request: HttpRequest, form: ReasonForm, object_id: Any) -> None:
        self._force(request, form, object_id, Force.CLOSED)

    @action(
        description=_("Give back to itself"),
        permissions=["release"],
        explanation=_("It begins closed and goes by its own measurements again."),
        form_class=ReasonForm,
        icon="autorenew",
    )
    def release(self, request: HttpRequest, form: ReasonForm, object_id: Any) -> None:
        breaker: Any = self.get_object(request, str(object_id))
        operator: Any = request.user
        services.release_breaker(
            actor=operator, breaker=breaker, reason=form.cleaned_data["reason"]
        )
        messages.success(request, _now("The breaker goes by its own measurements again."))

    def _force(self, request: HttpRequest, form: Any, object_id: Any, force: Force) -> None:
        breaker: Any = self.get_object(request, str(object_id))
        operator: Any = request.user
        services.force_breaker(
            actor=operator, breaker=breaker, force=force, reason=form.cleaned_data["reason"]
        )
        messages.success(
            request, _now("%(breaker)s: %(state)s") % {"breaker": breaker, "state": force.label}
        )
