"""The audit trail in both consoles: to be read and exported, never to be changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from audit import events, hiding
from audit.context import current_schema
from audit.errors import BadFilter, DomainError
from audit.exports import export_events, require_exportable
from audit.labels import changes, kind_label
from audit.models import AuditEvent
from operators.admin_base import DateRangeFilter, DialogForm, ModelAdmin, action
from operators.audit_filters import EventFilter, OperatorFilter, TargetKindFilter
from operators.sites import bank_site, platform_site

SALT = "operators.audit_export"
TICKET_SECONDS = 120
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportForm(DialogForm):
    file_format = forms.ChoiceField(
        label=_("File format"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text file (.csv)"))],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(AuditEvent, site=platform_site)
@admin.register(AuditEvent, site=bank_site)
class AuditEventAdmin(ModelAdmin):
    branch_lookup = "branch_path"
    list_display = (*("time", "what", "operator", "target", "branch_name", "address", "reason"),)
    list_display_links = ("time", "what")
    list_filter = (EventFilter, OperatorFilter, TargetKindFilter, ("at", DateRangeFilter))
    # Searched by prefix in get_search_results.
    search_fields = ("target_label", "actor_name", "actor_username")
    search_help_text = _("Beginning of the target or the operator")
    ordering = ("-at", "-id")
    sortable_by = ()
    actions_list = ("export",)
    fieldsets = (
        (None, {"fields": ("time", "what", "operator", "target", "branch_name", "reason")}),
        (_("Changes"), {"fields": ("difference",), "classes": ("fx-wide",)}),
        (_("Origin"), {"fields": ("address", "request_id", "home", "code", "number")}),
    )
    readonly_fields = (
        *("time", "what", "operator", "target", "branch_name", "reason", "difference"),
        *("address", "request_id", "home", "code", "number"),
    )
    empty_hint = _("Nothing was recorded that fits the filter.")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return hiding.shown_to(request.user, super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """The history of one row links here by its kind and number."""
        return lookup in {"target_kind", "target_id"} or super().lookup_allowed(
            lookup, value, request
        )

    def trail_address(self, request: HttpRequest, obj: Any) -> str:
        return ""  # it is here

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        return (queryset.starting_with(term) if term else queryset), False

    # --- columns ------------------------------------------------------------------------------
    @admin.display(description=_("time"), ordering="at")
    def time(self, event: AuditEvent) -> str:
        return f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("event"))
    def what(self, event: AuditEvent) -> str:
        return events.label_of(event.event)

    @admin.display(description=_("operator"))
    def operator(self, event: AuditEvent) -> str:
        if event.actor_id is None:
            return str(_("system"))
        return f"{event.actor_name} ({event.actor_username})"

    @admin.display(description=_("target"))
    def target(self, event: AuditEvent) -> str:
        kind = kind_label(event.target_kind)
        return " ".join(filter(None, [kind, event.target_label or event.target_id]))

    @admin.display(description=_("operator's schema"))
    def home(self, event: AuditEvent) -> str:
        return event.actor_schema

    @admin.display(description=_("event code"))
    def code(self, event: AuditEvent) -> str:
        return event.event

    @admin.display(description=_("event number"))
    def number(self, event: AuditEvent) -> str:
        return str(event.id)

    @admin.display(description=_("before and after"))
    def difference(self, event: AuditEvent) -> SafeString:
        lines = changes(event.target_kind, event.before, event.after)
        return render_to_string("audit/difference.html", {"lines": lines})

    # --- export -------------------------------------------------------------------------------
    @action(
        description=_("Export"),
        permissions=["audit.export_auditevent"],
        title=_("Export the audit trail"),
        explanation=_(
            "All events that fit the filter are exported, and the export itself is recorded."
        ),
        form_class=ExportForm,
        icon="download",
        url_path="export",
    )
    def export(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        require_exportable(request.user, self._rows_asked_for(request))
        confirmed = {
            "format": form.cleaned_data["file_format"],
            "query": request.GET.urlencode(),
            "for": [current_schema(), request.user.pk],
        }
        ticket = QueryDict(mutable=True)
        ticket["ticket"] = signing.dumps(confirmed, salt=SALT)
        address = self._address("file")
        return HttpResponseRedirect(f"{address}?{ticket.urlencode()}")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("export/file/", view, name="audit_auditevent_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file of an export confirmed a moment ago: a dialog cannot hand out files itself."""
        try:
            return self._file(request, _confirmed(request))
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(self._address("changelist"))

    def _file(self, request: HttpRequest, confirmed: dict[str, Any]) -> FileResponse:
        request.GET = QueryDict(confirmed["query"])  # type: ignore[assignment]
        file = export_events(
            actor=request.user,
            rows=self._rows_asked_for(request),
            file_format=confirmed["format"],
            query=unquote_plus(confirmed["query"]),
            branch=getattr(request.user, "branch", None) if self.scope(request) else None,
        )
        name = f"audit-{timezone.localtime():%Y%m%d-%H%M%S}.{confirmed['format']}"
        content_type = CONTENT_TYPES[confirmed["format"]]
        return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)

    def _address(self, page: str) -> str:
        return reverse(f"{self.admin_site.name}:audit_auditevent_{page}")

    def _rows_asked_for(self, request: HttpRequest) -> QuerySet:
        """What the list shows on all its pages: filter, search and branch scope included."""
        try:
            return self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise BadFilter(_("The filter is not valid: reset it and try again.")) from error

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        for each in getattr(response, "context_data", {}).get("actions_list", []):
            # What is exported is what the list shows.
            each["path"] = f"{each['path']}?{request.GET.urlencode()}"
        return response


def _confirmed(request: HttpRequest) -> dict[str, Any]:
    try:
        ticket = request.GET.get("ticket", "")
        confirmed = signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if confirmed["for"] != [current_schema(), request.user.pk]:
        raise PermissionDenied
    return confirmed
