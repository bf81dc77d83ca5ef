"""What customers have reserved: one product's list, its quota above it; release and export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from audit.context import current_schema
from audit.errors import BadFilter, DomainError
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import ProductAccount, Reservation
from fuxiang_zone.products.wording import yuan
from fuxiang_zone.sales import actors, listing, services
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, action, badge, display
from operators.sites import bank_site

SALT = "fuxiang_zone.reservations"
TICKET_SECONDS = 120
COLOURS = {
    ReservationState.HELD: "info", ReservationState.CONFIRMED: "success",
    ReservationState.RELEASED: "", ReservationState.EXPIRED: "warning",
}  # fmt: skip
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ProductFilter(SimpleListFilter):
    """One product at a time, the last one sold first: its index answers on millions of rows. A
    customer's number is looked for among all products."""

    title = _("zone product")
    parameter_name = "product"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), title) for pk, title in products_of(request, model_admin)]

    chosen: int | None = None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        self.chosen = product_of(request, products_of(request, None))
        return queryset if self.chosen is None else queryset.filter(product=self.chosen)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The product that is shown is the one chosen, also when nobody has chosen it."""
        every, *others = super().choices(changelist)
        for pk, choice in zip(self._keys(), others, strict=True):
            choice["selected"] = pk == str(self.chosen)
        every["selected"] = self.chosen is None
        yield from [every, *others]

    def _keys(self) -> list[str]:
        return [str(key) for key, _title in self.lookup_choices]


def products_of(request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
    if not hasattr(request, "zone_products"):
        scope = model_admin.scope(request) if model_admin is not None else ""
        request.zone_products = listing.products_with_quota(scope)  # type: ignore[attr-defined]
    return list(request.zone_products)  # type: ignore[attr-defined]


def product_of(request: HttpRequest, offered: list[tuple[int, str]]) -> int | None:
    """Asked for, else the last one sold; none while a customer is looked for."""
    raw = request.GET.get("product", "")
    if raw.isascii() and raw.isdigit():
        return int(raw[:18])
    if request.GET.get(SEARCH_VAR) or not offered:
        return None
    return offered[0][0]


class StateFilter(SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ReservationState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        state = self.value() or ""
        known = state in ReservationState.values
        return queryset.filter(listing.in_state(state, timezone.now())) if known else queryset


class ExportForm(DialogForm):
    file_format = forms.ChoiceField(
        label=_("File format"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text file (.csv)"))],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(Reservation, site=bank_site)
class ReservationAdmin(ModelAdmin):
    """To look through and to release one by one; reservations come from the app."""

    branch_lookup = "branch_path"
    list_before_template = "fuxiang_zone/reservations_head.html"
    list_display = (
        "customer_number", "shown_product", "units", "shown_amount", "shown_state", "held_at",
        "shown_until", "reference", "shown_doer",
    )  # fmt: skip
    list_filter = (ProductFilter, StateFilter, "held_at")
    # A prefix of the number: the index answers it on millions of rows.
    search_fields = ("customer_number__startswith",)
    search_help_text = _("Beginning of the customer number")
    ordering = ("-held_at", "-id")
    sortable_by = ()
    list_select_related = ("product",)
    empty_hint = _(
        "Reservations appear here once customers have reserved a product with a quota in the app."
    )
    actions_list = ("export",)
    actions_detail = ("release",)
    fieldsets = (
        (_("Reservation"), {
            "fields": ("shown_product", "customer_number", "units", "shown_amount", "shown_state",
                       "terms_version"),
        }),
        (_("Times"), {"fields": ("held_at", "shown_until", "decided_at")}),
        (_("Origin"), {"fields": ("reference", "shown_doer", "shown_id")}),
    )  # fmt: skip
    readonly_fields = (
        "shown_product", "shown_amount", "shown_state", "shown_until", "shown_doer", "shown_id",
    )  # fmt: skip

    class Media:
        css = {"all": ("console/reservations.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = product_of(request, products_of(request, self))
        context = {"stock": _stock(chosen, self.scope(request)), **(extra_context or {})}
        response = super().changelist_view(request, context)
        for each in getattr(response, "context_data", {}).get("actions_list", []):
            # What is exported is what the list shows.
            each["path"] = f"{each['path']}?{request.GET.urlencode()}"
        return response

    # --- columns ------------------------------------------------------------------------------
    @display(description=_("zone product"))
    def shown_product(self, row: Reservation) -> str:
        return row.product.title

    @display(description=_("amount (yuan)"))
    def shown_amount(self, row: Reservation) -> str:
        return yuan(row.amount_cents) if row.amount_cents else "—"

    shown_amount.numeric = True

    @display(description=_("state"))
    def shown_state(self, row: Reservation) -> SafeString:
        state = listing.state_of(row, timezone.now())
        return badge(state.label, COLOURS[state])

    @display(description=_("held until"))
    def shown_until(self, row: Reservation) -> str:
        return listing.clock(row.expires_at)

    @display(description=pgettext_lazy("reservation", "by"))
    def shown_doer(self, row: Reservation) -> str:
        return listing.doer_label(row)

    @display(description=_("number"))
    def shown_id(self, row: Reservation) -> SafeString:
        return format_html("<code>{}</code>", row.pk)

    # --- release ------------------------------------------------------------------------------
    @action(
        description=_("Release"), permissions=[services.RELEASE], form_class=ReasonForm,
        title=_("Release this reservation"), icon="lock_open", variant="danger",
        explanation=_(
            "Its units can be reserved by other customers at once. This cannot be undone."
        ),
    )  # fmt: skip
    def release(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        row = self.get_object(request, object_id)
        if row is None:
            raise PermissionDenied
        services.release_reservation(
            actor=actors.operator(request.user),  # type: ignore[arg-type]
            reservation_id=row.pk,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, gettext("The reservation is released."))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what is held can be released."""
        row = self.get_object(request, str(object_id))
        if row is None or listing.state_of(row, timezone.now()) != ReservationState.HELD:
            return []
        return list(super().get_actions_detail(request, object_id))

    # --- export -------------------------------------------------------------------------------
    @action(
        description=_("Export"), permissions=[listing.EXPORT], form_class=ExportForm,
        title=_("Export these reservations"), icon="download", url_path="export",
        explanation=_(
            "All reservations that fit the filter are exported, and the export itself is recorded."
        ),
    )  # fmt: skip
    def export(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        listing.require_exportable(request.user, self._rows_asked_for(request))  # type: ignore[arg-type]
        confirmed = {
            "format": form.cleaned_data["file_format"],
            "query": request.GET.urlencode(),
            "for": [current_schema(), request.user.pk],
        }
        ticket = QueryDict(mutable=True)
        ticket["ticket"] = signing.dumps(confirmed, salt=SALT)
        return HttpResponseRedirect(f"{self._address('file')}?{ticket.urlencode()}")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))
        name = "fuxiang_zone_reservation_file"
        return [path("export/file/", view, name=name), *super().get_urls()]

    def file_view(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file of an export confirmed a moment ago: a dialog cannot hand out files itself."""
        try:
            return self._file(request, _confirmed(request))
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(self._address("changelist"))

    def _file(self, request: HttpRequest, confirmed: dict[str, Any]) -> FileResponse:
        request.GET = QueryDict(confirmed["query"])  # type: ignore[assignment]
        file_format = confirmed["format"]
        file = listing.export_reservations(
            actor=request.user,  # type: ignore[arg-type]
            rows=self._rows_asked_for(request),
            file_format=file_format,
            query=unquote_plus(confirmed["query"]),
            branch=getattr(request.user, "branch", None) if self.scope(request) else None,
        )
        name = f"reservations-{timezone.localtime():%Y%m%d-%H%M%S}.{file_format}"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[file_format]
        )

    def _rows_asked_for(self, request: HttpRequest) -> QuerySet:
        products_of(request, self)
        try:
            return self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise BadFilter(_("The filter is not valid: reset it and try again.")) from error

    def _address(self, page: str) -> str:
        return reverse(f"{self.admin_site.name}:fuxiang_zone_reservation_{page}")


def _stock(product: int | None, scope: str) -> dict[str, Any] | None:
    """The quota above the list; that of a product of the whole bank is not a branch's matter."""
    accounts = ProductAccount.objects.select_related("product").filter(product=product)
    if scope:
        accounts = accounts.filter(product__branch__path__startswith=scope)
    account = accounts.first() if product is not None else None
    if account is None:
        return None
    quota, held = account.quota or 0, account.held - listing.overdue_units(account.pk)
    taken = held + account.confirmed
    whole = max(quota, taken, 1)
    return {
        "title": account.product.title,
        "quota": quota,
        "held": held,
        "confirmed": account.confirmed,
        "left": max(0, quota - taken),
        "held_percent": f"{100 * held / whole:.2f}",
        "confirmed_percent": f"{100 * account.confirmed / whole:.2f}",
        "amount": yuan(account.confirmed * account.unit_cents) if account.unit_cents else "",
    }


def _confirmed(request: HttpRequest) -> dict[str, Any]:
    try:
        ticket = request.GET.get("ticket", "")
        confirmed: dict[str, Any] = signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if confirmed["for"] != [current_schema(), request.user.pk]:
        raise PermissionDenied
    return confirmed
