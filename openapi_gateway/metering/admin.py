"""The call log in both consoles: to be read and exported, never to be changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from audit.context import current_schema
from audit.errors import DomainError
from openapi_gateway.foreign_ids import ForeignIdsAreUnknown
from openapi_gateway.metering import admin_overview, admin_usage, exports, names, steps
from openapi_gateway.metering.admin_list import (
    BankFilter,
    CallChangeList,
    ClientFilter,
    DaysFilter,
    EnvironmentFilter,
    OutcomeFilter,
    ServiceFilter,
    asked_for,
    own_bank,
    shelf_of,
)
from openapi_gateway.metering.choices import OK, UNKNOWN
from openapi_gateway.metering.masking import mask_address, mask_subject
from openapi_gateway.metering.models import CallLog
from operators.admin_base import DialogForm, action, badge, display
from operators.admin_base.keyset import AFTER, KeysetAdmin
from operators.sites import bank_site, platform_site

SALT = "gateway_metering.export"
TICKET_SECONDS = 120
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NAME = "gateway_metering_calllog"

for _site in (platform_site, bank_site):
    _site.add_pages(admin_overview.pages)
    _site.add_pages(admin_usage.pages)


class ExportForm(DialogForm):
    file_format = forms.ChoiceField(
        label=_("File format"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text file (.csv)"))],
        widget=UnfoldAdminSelectWidget,
    )


class CallLogAdmin(ForeignIdsAreUnknown, KeysetAdmin):
    change_list_class = CallChangeList
    change_list_template = "gateway_metering/call_list.html"
    change_form_outer_after_template = "gateway_metering/call_steps.html"
    list_display_links = ("shown_time",)
    # Looked up by ``listing``.
    search_fields = ("request_id",)
    search_help_text = _("Whole request id, key or client id")
    empty_hint = _("No call fits the filter.")
    actions_list = ("export",)

    class Media:
        css = {"all": ("console/review.css", "console/gateway_calls.css")}

    # --- what may be done ------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """For the page of one call; the list is read by ``listing``."""
        rows, own = super().get_queryset(request), own_bank(request)
        return rows if own is None else rows.filter(bank_id=own)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == AFTER or super().lookup_allowed(lookup, value, request)

    def trail_address(self, request: HttpRequest, obj: Any) -> str:
        return ""  # the log is a trail itself

    # --- page ------------------------------------------------------------------------------------
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        whose = () if own_bank(request) is not None else ("shown_bank",)
        return (
            (_("Call"), {"fields": (
                "shown_moment", "shown_request", *whose, "shown_client", "shown_service",
                "environment", "shown_outcome", "shown_latency", "shown_billable",
            )}),
            (_("Caller"), {"fields": ("key_id", "shown_address", "shown_subject")}),
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [each for _title, part in self.get_fieldsets(request) for each in part["fields"]]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call = kwargs.get("obj")
        if call is not None:
            context["steps"] = steps.steps_of(call)
            context["around"] = _named(request, steps.around(call))
            context["problem"] = steps.problem_of(call.code)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- columns ---------------------------------------------------------------------------------
    @display(description=_("time"))
    def shown_time(self, call: CallLog) -> str:
        return f"{timezone.localtime(call.at):%Y-%m-%d %H:%M:%S}"

    @display(description=_("time"))
    def shown_moment(self, call: CallLog) -> str:
        return f"{timezone.localtime(call.at):%Y-%m-%d %H:%M:%S.%f}"[:-3]

    @display(description=_("request id"))
    def shown_request(self, call: CallLog) -> SafeString:
        return format_html('<span class="fx-code">{}</span>', call.request_id)

    @display(description=_("bank"))
    def shown_bank(self, call: Any) -> str:
        if hasattr(call, "bank_name"):
            return str(call.bank_name)
        return names.bank_names([call.bank_id]).get(call.bank_id, "")

    @display(description=_("client"))
    def shown_client(self, call: Any) -> SafeString:
        known = getattr(call, "client_name", None)
        if known is None:
            known = names.client_names([call.app_id]).get(call.app_id) if call.bank_id else ""
        identity = format_html('<small class="fx-code">{}</small>', call.app_id or "—")
        return format_html("{} {}", known, identity) if known else identity

    @display(description=_("base service"))
    def shown_service(self, call: Any) -> SafeString:
        name = getattr(call, "service_name", None)
        if name is None:
            name = names.service_names().get(call.service, call.service)
        return format_html('{} <small class="fx-code">{}</small>', name, call.operation)

    @display(description=_("outcome"))
    def shown_outcome(self, call: CallLog) -> SafeString:
        if call.code == UNKNOWN:
            return badge(_("end not known"), "warning")
        kind = "success" if call.status < 400 else "warning" if call.status < 500 else "danger"
        word = _("answered") if call.code == OK else call.code
        return format_html(
            '{} <small class="fx-code">{}</small>', badge(word, kind), call.status or ""
        )

    @display(description=_("latency (ms)"))
    def shown_latency(self, call: CallLog) -> str:
        return "—" if call.code == UNKNOWN else f"{call.latency_us / 1000:,.1f}"

    shown_latency.numeric = True

    @display(description=_("billable"))
    def shown_billable(self, call: CallLog) -> Any:
        return _("yes") if call.billable else _("no")

    @display(description=_("address"))
    def shown_address(self, call: CallLog) -> str:
        return mask_address(call.address) or "—"

    @display(description=_("subject"))
    def shown_subject(self, call: CallLog) -> str:
        return mask_subject(call.subject) or "—"

    # --- export ----------------------------------------------------------------------------------
    @action(
        description=_("Export"), permissions=[exports.EXPORT_LOG], form_class=ExportForm,
        title=_("Export the call log"), icon="download", url_path="export",
        explanation=_(
            "All calls that fit the filter, addresses and subjects masked; the export itself is "
            "recorded."
        ),
    )  # fmt: skip
    def export(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        confirmed = {
            "format": form.cleaned_data["file_format"],
            "query": self.kept_query(request).urlencode(),
            "for": [current_schema(), request.user.pk],
        }  # fmt: skip
        ticket = QueryDict(mutable=True)
        ticket["ticket"] = signing.dumps(confirmed, salt=SALT)
        return HttpResponseRedirect(f"{self._address('file')}?{ticket.urlencode()}")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))
        return [path("export/file/", view, name=f"{NAME}_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file of an export confirmed a moment ago: a dialog cannot hand out files itself."""
        confirmed = _confirmed(request)
        request.GET = QueryDict(confirmed["query"])  # type: ignore[assignment]
        asked, file_format = asked_for(request), confirmed["format"]
        told = {"query": confirmed["query"]}
        try:
            file = exports.export_log(
                actor=request.user, asked=asked, file_format=file_format, told=told  # type: ignore[arg-type]
            )  # fmt: skip
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(f"{self._address('changelist')}?{confirmed['query']}")
        name = f"gateway-calls-{timezone.localtime():%Y%m%d-%H%M%S}.{file_format}"
        kind = CONTENT_TYPES[file_format]
        return FileResponse(file, as_attachment=True, filename=name, content_type=kind)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        kept = self.kept_query(request).urlencode()
        response = super().changelist_view(request, extra_context)
        for each in getattr(response, "context_data", {}).get("actions_list", []):
            # What is exported is what the list shows.
            each["path"] = f"{each['path']}?{kept}"
        return response

    def _address(self, page: str) -> str:
        return reverse(f"{self.admin_site.name}:{NAME}_{page}")


@admin.register(CallLog, site=bank_site)
class BankCallLogAdmin(CallLogAdmin):
    list_display = (
        "shown_time", "shown_client", "shown_service", "shown_outcome", "shown_latency",
        "shown_address", "environment",
    )  # fmt: skip
    list_filter = (
        ClientFilter, ServiceFilter, EnvironmentFilter, OutcomeFilter, ("at", DaysFilter)
    )  # fmt: skip


@admin.register(CallLog, site=platform_site)
class PlatformCallLogAdmin(CallLogAdmin):
    list_display = (
        "shown_time", "shown_bank", "shown_client", "shown_service", "shown_outcome",
        "shown_latency", "shown_address", "environment",
    )  # fmt: skip
    list_filter = (
        BankFilter, ServiceFilter, EnvironmentFilter, OutcomeFilter, ("at", DaysFilter)
    )  # fmt: skip


def _named(request: HttpRequest, calls: list[CallLog]) -> list[CallLog]:
    services = shelf_of(request).services
    for call in calls:
        call.service_name = services.get(call.service, call.service)  # type: ignore[attr-defined]
    return calls


def _confirmed(request: HttpRequest) -> dict[str, Any]:
    try:
        ticket = request.GET.get("ticket", "")
        confirmed: dict[str, Any] = signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if confirmed["for"] != [current_schema(), request.user.pk]:
        raise PermissionDenied
    return confirmed
