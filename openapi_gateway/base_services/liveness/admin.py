"""Liveness sessions in both consoles: how they went. Nobody can change one, or see a face."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.base_services.liveness import figures, persons
from openapi_gateway.base_services.liveness.choices import (
    EXPIRED,
    EXPIRED_LABEL,
    OPEN,
    SessionState,
)
from openapi_gateway.base_services.liveness.models import ATTEMPTS, LivenessSession
from openapi_gateway.base_services.liveness.wording import reason_of, step_words
from openapi_gateway.foreign_ids import ForeignIdsAreUnknown
from operators.admin_base import Tab, display
from operators.sites import bank_site, platform_site
from publishing.admin_pages import ReadOnlyAdmin
from tenants.models import Bank

COLOURS = {
    SessionState.CREATED.value: "", SessionState.STARTED.value: "info",
    SessionState.PROCESSING.value: "info", SessionState.PASSED.value: "success",
    SessionState.FAILED.value: "danger", SessionState.UNCERTAIN.value: "warning",
    SessionState.CANCELLED.value: "", EXPIRED: "",
}  # fmt: skip
LISTED_BANKS = 5


class BankFilter(SimpleListFilter):
    title = _("bank")
    parameter_name = "bank"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = LivenessSession.objects.order_by().values("bank")
        rows = Bank.objects.filter(pk__in=known)
        return [(str(bank.pk), str(bank)) for bank in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or ""
        chosen = value if value.isascii() and value.isdigit() else ""
        return queryset.filter(bank_id=int(chosen[:18])) if chosen else queryset


class SessionLists(ForeignIdsAreUnknown, ReadOnlyAdmin):
    list_filter: Any = ("environment", "mode", "risk_level", "created_at")
    search_fields = ("session_id", "biz_no__startswith")
    search_help_text = _("Session, or the beginning of the business number")
    ordering = ("-id",)
    sortable_by = ("created_at",)
    list_select_related = ("client", "bank")
    list_before_template = "gateway/liveness/summary.html"
    empty_hint = _(
        "Sessions appear here as soon as a partner begins one with liveness/sessions. No picture "
        "is ever kept: what is shown is how it went."
    )

    class Media:
        css = {
            "all": ("console/review.css", "console/item_figures.css", "console/liveness.css"),
        }

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        decided = (SessionState.PASSED, SessionState.FAILED, SessionState.UNCERTAIN)
        return [
            Tab("all", pgettext_lazy("liveness sessions", "all")),
            Tab("open", pgettext_lazy("liveness sessions", "under way"), _is("open")),
            *(Tab(state.value, state.label, Q(state=state)) for state in decided),
            Tab("expired", EXPIRED_LABEL, _is("expired")),
            Tab("cancelled", SessionState.CANCELLED.label, Q(state=SessionState.CANCELLED)),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = self.summary(request) if self.has_view_permission(request) else {}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def summary(self, request: HttpRequest) -> dict[str, Any]:
        rows = self.get_queryset(request)
        if environment := request.GET.get("environment__exact", ""):
            rows = rows.filter(environment=environment)
        days = figures.outcomes_by_day(rows, timezone.now())
        whole = figures.total(days)
        judged = whole.passed + whole.failed + whole.uncertain
        return {
            "outcome_days": days,
            "outcomes": whole,
            "passed_share": figures.share(whole.passed, judged),
            "span": figures.DAYS,
            "filing": persons.FILING,
            "persons": self.counted(request),
        }

    def counted(self, request: HttpRequest) -> list[persons.Persons]:
        raise NotImplementedError

    # --- columns ----------------------------------------------------------------------------------
    @display(description=_("begun at"), ordering="created_at")
    def begun(self, session: LivenessSession) -> str:
        return f"{timezone.localtime(session.created_at):%Y-%m-%d %H:%M:%S}"

    @display(description=pgettext_lazy("liveness", "state"), label=COLOURS)
    def shown_state(self, session: LivenessSession) -> tuple[str, str]:
        now = timezone.now()
        return session.state_at(now), session.state_label_at(now)

    @display(description=_("reason"))
    def reason(self, session: LivenessSession) -> str:
        return reason_of(session.failure_code) or "—"

    @display(description=_("attempts used"))
    def attempts(self, session: LivenessSession) -> int:
        return ATTEMPTS - session.attempts_left

    attempts.numeric = True  # type: ignore[attr-defined]

    # --- one session ------------------------------------------------------------------------------
    def show(self, request: HttpRequest, found: LivenessSession) -> HttpResponse:
        now = timezone.now()
        state = found.state_at(now)
        return self.page(
            request, "gateway/liveness/session.html", original=found, title=found.biz_no,
            session=found, state_label=found.state_label_at(now), state_colour=COLOURS[state],
            reason=reason_of(found.failure_code), steps=step_words(found.challenge),
            captures=[(each, reason_of(each.failure_code)) for each in found.captures.all()],
            purges=found.purges.all(), is_platform=self.admin_site.name == platform_site.name,
        )  # fmt: skip


def _is(what: str) -> Q:
    """By the clock of the moment in which the list is drawn."""
    side = "deadline__gt" if what == "open" else "deadline__lte"
    return Q(state__in=OPEN, **{side: timezone.now()})


@admin.register(LivenessSession, site=bank_site)
class BankSessionAdmin(SessionLists):
    list_display = (
        "begun", "masked_subject", "client", "environment", "scene", "mode", "risk_level",
        "shown_state", "reason", "attempts",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(bank=request.tenant)  # type: ignore[attr-defined]

    def counted(self, request: HttpRequest) -> list[persons.Persons]:
        return [persons.persons_of(request.tenant)]  # type: ignore[attr-defined]


@admin.register(LivenessSession, site=platform_site)
class PlatformSessionAdmin(SessionLists):
    list_display = (
        "begun", "bank", "masked_subject", "client", "environment", "scene", "mode", "shown_state",
        "reason", "attempts",
    )  # fmt: skip
    list_filter = (BankFilter, "environment", "mode", "risk_level", "created_at")

    def counted(self, request: HttpRequest) -> list[persons.Persons]:
        """The largest banks, and every one that must look to its filing."""
        found = persons.persons_by_bank()
        return [each for number, each in enumerate(found) if number < LISTED_BANKS or each.alarms]
