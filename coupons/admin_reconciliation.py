"""The days in the bank's console: did stock and ledger agree, what was used, what is owed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from audit.errors import DomainError
from coupons.choices import ReconciliationState
from coupons.models import Batch, CouponTemplate, Reconciliation
from coupons.reconciliation import reading, run_jobs, services
from coupons.reconciliation.liability import AGE_DAYS, AGES, ENDED, EXPIRIES, EXPIRY_DAYS
from coupons.reconciliation.wording import shown_value, what_label
from coupons.wording import yuan
from operators.admin_base import Tab, display
from operators.sites import bank_site
from publishing.admin_pages import ReadOnlyAdmin

LABELS = {
    ReconciliationState.TIED_OUT.value: "success", ReconciliationState.BROKEN.value: "danger"
}  # fmt: skip
NAME = "coupons_reconciliation"


@admin.register(Reconciliation, site=bank_site)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = (
        "shown_day", "shown_state", "shown_breaks", "shown_redeemed", "shown_reversed",
        "shown_net", "shown_owed", "shown_owed_cents", "checked_at",
    )  # fmt: skip
    list_filter = ("day",)
    ordering = ("-day",)
    sortable_by = ("shown_day", "checked_at")
    empty_hint = _("Every morning the day before is reconciled; it appears here.")

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return (
            Tab("all", pgettext_lazy("reconciliations", "all days")),
            *(Tab(state.value, state.label, Q(state=state)) for state in ReconciliationState),
        )

    # --- columns
    @display(description=_("day"), ordering="day")
    def shown_day(self, kept: Reconciliation) -> str:
        return f"{kept.day:%Y-%m-%d}"

    @display(description=_("state"), label=LABELS)
    def shown_state(self, kept: Reconciliation) -> tuple[str, Any]:
        return kept.state, kept.get_state_display()

    @display(description=_("breaks"))
    def shown_breaks(self, kept: Reconciliation) -> str:
        return f"{len(kept.breaks):,}" if kept.breaks else "—"

    @display(description=_("redeemed (yuan)"))
    def shown_redeemed(self, kept: Reconciliation) -> str:
        return yuan(_moved(kept, "redeem"))

    @display(description=_("reversed (yuan)"))
    def shown_reversed(self, kept: Reconciliation) -> str:
        return yuan(-_moved(kept, "reverse"))

    @display(description=_("net (yuan)"))
    def shown_net(self, kept: Reconciliation) -> str:
        return yuan(_moved(kept, "redeem") + _moved(kept, "reverse"))

    @display(description=_("outstanding coupons"))
    def shown_owed(self, kept: Reconciliation) -> str:
        return f"{_owed(kept)['count']:,}"

    @display(description=_("outstanding (yuan)"))
    def shown_owed_cents(self, kept: Reconciliation) -> str:
        return yuan(_owed(kept)["face_cents"])

    for _column in (
        shown_breaks, shown_redeemed, shown_reversed, shown_net, shown_owed, shown_owed_cents
    ):  # fmt: skip
        _column.numeric = True  # type: ignore[attr-defined]

    # --- one day
    def show(self, request: HttpRequest, found: Reconciliation) -> HttpResponse:
        moves = reading.whole_day(found.day)
        owed, end = found.totals.get("owed", {}), found.totals.get("end", {})
        may_export = request.user.has_perm(services.PERMISSION)  # type: ignore[union-attr]
        return self.page(
            request,
            "coupons/reconciliation.html",
            original=found,
            title=f"{found.day:%Y-%m-%d}",
            kept=found,
            state_label=LABELS[found.state],
            breaks=list(self._breaks(found)),
            moves=moves,
            valid=_owed(found),
            ended=owed.get("ended", {}),
            end=end,
            states=reading.state_rows(end),
            templates=reading.by_template(found),
            branches=reading.by_branch(found),
            bearers=reading.bearer_rows(moves, _owed(found), end),
            days=reading.last_days(found.day),
            expiries=[_bucket(each, _expiry_label(each["expiry"])) for each in
                      sorted(owed.get("expiries", []), key=_expiry_place)],
            ages=[_bucket(each, _age_label(each["age"])) for each in
                  sorted(owed.get("ages", []), key=_age_place)],
            owed_templates=owed.get("templates", []),
            files=found.files.order_by("pk"),
            may_export=may_export,
        )  # fmt: skip

    def _breaks(self, found: Reconciliation) -> Any:
        batches = Batch.objects.in_bulk({each["batch"] for each in found.breaks} - {None})
        named = {each["template"] for each in found.breaks} - {None}
        templates = CouponTemplate.objects.in_bulk(named)
        for each in found.breaks:
            batch = batches.get(each["batch"])
            yield {
                "batch": batch,
                "template": templates.get(each["template"], ""),
                "address": self._address("coupons_batch_change", batch.pk) if batch else "",
                "what": what_label(each["what"]),
                "expected": shown_value(each["what"], each["expected"]),
                "found": shown_value(each["what"], each["found"]),
            }

    def _address(self, view: str, *arguments: Any) -> str:
        return reverse(f"{self.admin_site.name}:{view}", args=arguments)

    # --- verbs
    def get_urls(self) -> list[Any]:
        own = [
            self._verb("<int:pk>/run-again/", self.run_again_view, f"{NAME}_run_again"),
            self._verb("files/<int:file_id>/", self.file_view, f"{NAME}_file"),
        ]
        return [*own, *super().get_urls()]

    def _verb(self, route: str, view: Callable[..., Any], name: str) -> Any:
        def said(request: HttpRequest, **about: Any) -> Any:
            """A refusal is a sentence above the list."""
            try:
                return view(request, **about)
            except DomainError as error:
                messages.error(request, str(error.message))
                return HttpResponseRedirect(self._address(f"{NAME}_changelist"))

        return path(route, self.admin_site.admin_view(require_POST(said)), name=name)

    def run_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.get_object(request, str(pk))
        if found is None or not self.has_view_permission(request, found):
            raise PermissionDenied
        operator: Any = request.user
        job = run_jobs.begin_run(actor=operator, day=found.day, at=timezone.now())
        return HttpResponseRedirect(self._address("intake_job_change", job.pk))

    def file_view(self, request: HttpRequest, file_id: int) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        operator: Any = request.user
        file, source = services.open_settlement_file(actor=operator, file_id=file_id)
        kind = "text/csv; charset=utf-8" if file.name.endswith(".csv") else "text/plain"
        return FileResponse(source, as_attachment=True, filename=file.name, content_type=kind)


def _moved(kept: Reconciliation, action: str) -> int:
    return int(kept.totals.get("day", {}).get(action, {}).get("spent_cents", 0))


def _owed(kept: Reconciliation) -> dict[str, int]:
    nothing = {"count": 0, "face_cents": 0}
    return {**nothing, **kept.totals.get("owed", {}).get("valid", {})}


def _bucket(each: dict[str, Any], label: Any) -> dict[str, Any]:
    return {**each, "label": label}


def _expiry_place(each: dict[str, Any]) -> int:
    return EXPIRIES.index(each["expiry"])


def _age_place(each: dict[str, Any]) -> int:
    return AGES.index(each["age"])


def _expiry_label(name: str) -> Any:
    if name == ENDED:
        return _("over, and not closed yet")
    if name.isdigit():
        return _("ends within %(days)s days") % {"days": name}
    return _("ends later than in %(days)s days") % {"days": EXPIRY_DAYS[-1]}


def _age_label(name: str) -> Any:
    if name.isdigit():
        return _("claimed within the last %(days)s days") % {"days": name}
    return _("claimed longer ago than %(days)s days") % {"days": AGE_DAYS[-1]}
