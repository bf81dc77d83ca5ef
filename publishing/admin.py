from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Func, IntegerField, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from approvals.wording import moment
from audit.errors import DomainError
from operators.admin_base import Tab, display
from operators.sites import bank_site, platform_site
from publishing import admin_offers, querysets, registry, services  # noqa: F401  (it registers)
from publishing.admin_bulk import BulkLifeMixin
from publishing.admin_pages import ContentKindFilter, ReadOnlyAdmin, posted_text
from publishing.admin_takedowns import TakedownPagesMixin, list_address, said_taken_down
from publishing.choices import PublicationAction, Stage
from publishing.compliance import admin as compliance_admin  # noqa: F401  (registers)
from publishing.governed import admin as governed_admin  # noqa: F401  (registers)
from publishing.histories import LABELS, history_of, stage_of
from publishing.models import Edition, EditionHead, Publication

REPLACED = "replaced"


@admin.register(Publication, site=bank_site)
@admin.register(Publication, site=platform_site)
class PublicationAdmin(TakedownPagesMixin, BulkLifeMixin, ReadOnlyAdmin):
    list_display = (
        "title", "number", "version", "shown_action", "shown_stage", "shown_period",
        "shown_branch", "maker_name", "checker_name", "published_at",
    )  # fmt: skip
    list_filter = (ContentKindFilter, "action", "published_at")
    search_fields = ("title", "maker_name", "checker_name")
    branch_lookup = "branch_path"
    empty_hint = gettext_lazy("Every approved version stays here for ever.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("payload").annotate(newest=querysets.is_newest())

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        at = timezone.now()
        reaching = Q(newest=True) & querysets.is_reaching(at)
        return (
            Tab("all", _("all versions")),
            Tab("live", Stage.LIVE.label, reaching & Q(starts_at__lte=at)),
            Tab("scheduled", Stage.SCHEDULED.label, reaching & Q(starts_at__gt=at)),
            Tab("emergency", _("withdrawn in an emergency"), Q(request=None)),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        address = reverse(f"{self.admin_site.name}:publishing_publication_live_at")
        links = [
            {"address": address, "title": _("What was live at a moment"), "icon": "history"},
            {
                "address": list_address(self.admin_site.name),
                "title": _("Emergency take-downs to review"),
                "icon": "e911_emergency",
            },
        ]
        return super().changelist_view(request, {**(extra_context or {}), "toolbar_links": links})

    @display(description=gettext_lazy("action"), ordering="action")
    def shown_action(self, publication: Publication) -> str:
        return publication.get_action_display()

    @display(description=gettext_lazy("status"), label={**LABELS, REPLACED: "default"})
    def shown_stage(self, publication: Any) -> tuple[str, Any]:
        if not publication.newest:
            return REPLACED, _("replaced")
        stage = stage_of(publication, timezone.now())
        return stage, stage.label

    @display(description=gettext_lazy("period"), ordering="starts_at")
    def shown_period(self, publication: Publication) -> str:
        if publication.action == PublicationAction.WITHDRAW:
            return "—"
        until = moment(publication.ends_at, _("until withdrawn"))
        return f"{moment(publication.starts_at, '')} – {until}"

    @display(description=gettext_lazy("branch"), ordering="branch_path")
    def shown_branch(self, publication: Publication) -> str:
        return publication.branch_name or _("whole bank")

    # --- one version
    def show(self, request: HttpRequest, found: Publication, refusal: str = "") -> HttpResponse:
        operator: Any = request.user
        history = history_of(found, operator, timezone.now())
        return self.page(
            request,
            "publishing/publication.html",
            original=found,
            title=str(found),
            history=history,
            refusal=refusal,
            request_address=self._address("approvals_request_change", found.request_id),
            takedown=self.takedown_notice(history.takedown, operator),
            versions=[
                (version, self._address("publishing_publication_change", version.pk))
                for version in history.versions
            ],
        )

    def _address(self, view: str, pk: Any) -> str:
        return reverse(f"{self.admin_site.name}:{view}", args=[pk]) if pk else ""

    # --- verbs
    def get_urls(self) -> list[Any]:
        verbs = [
            ("roll-back", self._roll_back, gettext_lazy("Submitted for review.")),
            ("request-withdrawal", self._request_withdrawal, gettext_lazy("Submitted for review.")),
            ("withdraw-now", self._withdraw_now, None),
        ]
        own = [
            path(
                f"<uuid:publication_id>/{name}/",
                self.admin_site.admin_view(require_POST(self._verb_view(verb, done))),
                name=f"publishing_publication_{name.replace('-', '_')}",
            )
            for name, verb, done in verbs
        ]
        live_at = path(
            "live-at/",
            self.admin_site.admin_view(require_safe(self.live_at_view)),
            name="publishing_publication_live_at",
        )
        return [live_at, *own, *super().get_urls()]

    def _verb_view(self, verb: Callable[..., str], done: Any) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, publication_id: Any) -> HttpResponse:
            found = self.get_object(request, str(publication_id))
            if found is None or not self.has_view_permission(request, found):
                raise PermissionDenied
            try:
                address = verb(request, found)
            except DomainError as error:
                response = self.show(request, found, refusal=str(error.message))
                response.status_code = error.http_status
                return response
            if done is not None:
                messages.success(request, done)
            return HttpResponseRedirect(address)

        return view

    def _roll_back(self, request: HttpRequest, found: Publication) -> str:
        asked = services.request_rollback(
            **_about(request, found), version=found.version, note=posted_text(request, "note")
        )
        return self._address("approvals_request_change", asked.pk)

    def _request_withdrawal(self, request: HttpRequest, found: Publication) -> str:
        asked = services.request_withdrawal(
            **_about(request, found), note=posted_text(request, "note")
        )
        return self._address("approvals_request_change", asked.pk)

    def _withdraw_now(self, request: HttpRequest, found: Publication) -> str:
        withdrawn = services.withdraw_now(
            **_about(request, found), reason=posted_text(request, "reason")
        )
        said_taken_down(request, self.admin_site.name, withdrawn)
        return self._address("publishing_publication_change", withdrawn.pk)

    # --- what was live at a moment
    def live_at_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        at, refusal = _asked_moment(request.GET.get("at", ""))
        operator: Any = request.user
        found = services.live_at(at=at).in_scope_of(operator).defer("payload")
        rows = [
            (
                row,
                registry.get(row.kind).label,
                self._address("publishing_publication_change", row.pk),
            )
            for row in found.order_by("kind", "-priority", "-starts_at")
        ]
        local = timezone.localtime(at)
        return self.page(
            request,
            "publishing/live_at.html",
            title=_("What was live at a moment"),
            at=at,
            at_value=local.strftime("%Y-%m-%dT%H:%M"),
            refusal=refusal,
            rows=rows,
        )


@admin.register(Edition, site=bank_site)
@admin.register(Edition, site=platform_site)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("shown_digest", "number", "shown_count", "shown_current", "compiled_at")
    list_filter = ("compiled_at",)
    search_fields = ("digest__startswith",)

    def get_queryset(self, request: HttpRequest) -> Any:
        items = Func(
            F("document__items"), function="jsonb_array_length", output_field=IntegerField()
        )
        return super().get_queryset(request).annotate(item_count=items).defer("document")

    @display(description=gettext_lazy("edition"), ordering="digest")
    def shown_digest(self, edition: Edition) -> str:
        return str(edition)

    @display(description=gettext_lazy("items"), ordering="item_count")
    def shown_count(self, edition: Any) -> int:
        return edition.item_count

    @display(description=gettext_lazy("current"), boolean=True)
    def shown_current(self, edition: Edition) -> bool:
        return EditionHead.objects.filter(digest=edition.digest).exists()

    def show(self, request: HttpRequest, found: Edition) -> HttpResponse:
        return self.page(
            request,
            "publishing/edition.html",
            original=found,
            title=str(found),
            edition=found,
            items=found.document["items"],
        )


def _about(request: HttpRequest, publication: Publication) -> dict[str, Any]:
    return {
        "actor": request.user,
        "kind": publication.kind,
        "target_id": publication.target_id,
    }


def _asked_moment(text: str) -> tuple[datetime, str]:
    """Now when nothing was asked for, or nothing that is a time."""
    if not text:
        return timezone.now(), ""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        return timezone.now(), _("“%(text)s” is no date and time; this shows now.") % {"text": text}
    return (found if timezone.is_aware(found) else timezone.make_aware(found)), ""
