"""Qualifying events: what came, from where, and what it led to; and the file that brings them."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from campaigns.admin_keyset import KeysetAdmin
from campaigns.choices import EventKind, EventOutcome
from campaigns.importing.event_files import COLUMNS, known_kinds
from campaigns.importing.jobs import start_import
from campaigns.importing.taking_files import PERMISSION
from campaigns.models import Campaign, Event, Participation
from campaigns.rules.wording import describe_event
from campaigns.running.reasons import reason_of
from campaigns.taking.given import Source, key_of
from coupons.terms.scenes import describe_scene
from coupons.wording import yuan
from intake.import_pages import dry_run_field, file_field, import_page
from operators.admin_base import display
from operators.querysets import branch_scope
from operators.sites import bank_site

NAME = "campaigns_event"
OUTCOME_COLOURS = {
    EventOutcome.REWARDED: "success", EventOutcome.REFUSED: "warning",
    EventOutcome.NO_CAMPAIGN: "", EventOutcome.REVERSED: "info", EventOutcome.WAITING: "warning",
    EventOutcome.AWAITED: "warning", EventOutcome.VOID: "",
}  # fmt: skip
SPACES = (Source("system", ""), Source("page", ""))
SHOWN = 50


def events_called(event_id: str) -> list[Any]:
    """Keys that the event of this id can have."""
    return [key_of(source, event_id) for source in SPACES]


class UploadForm(forms.Form):
    file = file_field(
        gettext_lazy(
            ".csv (UTF-8, GB18030, UTF-16) or .xlsx, with headers in the first row. Each event"
            " counts once by its number, however often the file is given in."
        )
    )
    dry_run = dry_run_field(gettext_lazy("You see which rows would come back; no event is taken."))


@admin.register(Event, site=bank_site)
class EventAdmin(KeysetAdmin):
    keyset = "received_at"
    branch_lookup = "branch_path"
    list_display = (
        "event_id", "shown_kind", "customer_number", "shown_amount", "shown_scene", "occurred_at",
        "received_at", "shown_outcome", "shown_source",
    )  # fmt: skip
    list_filter = ("outcome", "received_at")
    # Looked up by ``get_search_results``.
    search_fields = ("event_id",)
    search_help_text = gettext_lazy("Whole event number, or whole customer number")
    empty_hint = gettext_lazy(
        "Events appear here once a system has reported them, a file of them has been imported, or a"
        " customer has joined a campaign."
    )
    fieldsets = (
        (gettext_lazy("Event"), {
            "fields": (
                "event_id", "shown_kind", "customer_number", "shown_amount", "shown_scene",
                "occurred_at", "received_at", "shown_source",
            ),
        }),
        (gettext_lazy("What it led to"), {"fields": ("shown_outcome", "shown_reversed")}),
    )  # fmt: skip
    readonly_fields = (
        "shown_kind", "shown_amount", "shown_scene", "shown_outcome", "shown_reversed",
        "shown_source",
    )  # fmt: skip
    change_form_outer_after_template = "campaigns/event_after.html"

    class Media:
        css = {"all": ("console/review.css", "console/campaigns.css")}

    @display(description=gettext_lazy("kind of event"))
    def shown_kind(self, event: Event) -> str:
        return describe_event(event.kind)

    @display(description=gettext_lazy("amount (yuan)"))
    def shown_amount(self, event: Event) -> str:
        return yuan(event.amount_cents) if event.amount_cents else "—"

    @display(description=gettext_lazy("scene"))
    def shown_scene(self, event: Event) -> str:
        return describe_scene(event.scene) if event.scene else "—"

    @display(description=gettext_lazy("outcome"), label=OUTCOME_COLOURS)
    def shown_outcome(self, event: Event) -> tuple[str, str]:
        return event.outcome, event.get_outcome_display()

    @display(description=gettext_lazy("source"))
    def shown_source(self, event: Event) -> str:
        # A customer's own joining is kept under the campaign that they joined.
        is_joining = event.kind == EventKind.JOINED
        return pgettext("reported by", "mobile app") if is_joining else event.source

    @display(description=gettext_lazy("reversed"))
    def shown_reversed(self, event: Event) -> str:
        if not event.is_reversed and not event.reversed_cents:
            return "—"
        if not event.amount_cents:
            return _("wholly")
        return _("%(part)s of %(whole)s yuan") % {
            "part": yuan(event.reversed_cents), "whole": yuan(event.amount_cents)
        }  # fmt: skip

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        if not term.isprintable():
            return queryset.none(), False
        keys = events_called(term)
        if Event.objects.filter(pk__in=keys).exists():
            return queryset.filter(pk__in=keys), False
        return queryset.filter(customer_number=term), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        event = kwargs.get("obj")
        if event is not None:
            found = Participation.objects.filter(event=event.pk).select_related("campaign")
            rows = found.order_by("at", "id")[:SHOWN]
            context["participations"] = [(row, reason_of(row)) for row in rows]
            context["trials"] = self._trials(request, event)
            context["reversals"] = Event.objects.filter(reverses=event.pk)[:SHOWN]
            context["reversed_event"] = Event.objects.filter(pk=event.reverses).first()
        return super().render_change_form(request, context, *args, **kwargs)

    def _trials(self, request: HttpRequest, event: Event) -> list[tuple[str, str]]:
        """Title and address of a dry run of this event, for each campaign it may concern."""
        live = Campaign.objects.visible_to(request.user).filter(  # type: ignore[arg-type]
            account__live_version__isnull=False, events__contains=[event.kind]
        )
        address = reverse(f"{self.admin_site.name}:campaigns_campaign_trial")
        asked = {
            "which": "live", "customer": event.customer_number, "kind": event.kind,
            "occurred_at": timezone.localtime(event.occurred_at).strftime("%Y-%m-%dT%H:%M"),
            "amount": yuan(event.amount_cents), "scene": event.scene,
        }  # fmt: skip
        return [
            (title, f"{address}?{urlencode({'campaign': pk, **asked})}")
            for pk, title in live.order_by("-updated_at").values_list("pk", "title")[:SHOWN]
        ]

    # --- the file ----------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name=f"{NAME}_import"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links = []
        if _may_import(request):
            address = reverse(f"{self.admin_site.name}:{NAME}_import")
            links = [{"title": _("Import a file"), "icon": "upload_file", "address": address}]
        return super().changelist_view(request, {"toolbar_links": links, **(extra_context or {})})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not _may_import(request):
            raise PermissionDenied
        return import_page(
            self,
            request,
            title=_("Import a file of events"),
            form_class=UploadForm,
            columns=COLUMNS,
            start=partial(start_import, actor=request.user),  # type: ignore[arg-type]
            template="campaigns/import.html",
            context={"kinds": known_kinds()},
        )


def _may_import(request: HttpRequest) -> bool:
    """Events hold for a whole bank."""
    may = request.user.has_perm(PERMISSION)  # type: ignore[union-attr]
    return may and not branch_scope(request.user)  # type: ignore[arg-type]
