"""A bank's workbench. Whoever is confined to a branch sees the figures of that subtree."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Decision, Request
from config.dashboards.figures import Figure, link_to
from config.dashboards.open_platform import hints_for_bank
from coupons.reconciliation.alarms import alarm_for
from coupons.stock.shortage import Low, low_stock
from mobile.inside import inside
from operators.querysets import branch_scope
from publishing.choices import Stage
from publishing.models import Publication
from tenants.platform import PLATFORM

SOON = timedelta(days=7)
SHOWN = 8
STAGE_PAGE = "publishing_publication_changelist"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    operator, at = request.user, timezone.now()
    reads = operator.has_perm("publishing.view_publication")  # type: ignore[union-attr]
    return {
        **context,
        "dashboard_template": "console/bank_dashboard.html",
        "broken_books": alarm_for(operator),
        "gateway_hints": hints_for_bank(request, at),
        "figures": _figures(operator, at) if reads else [],
        "live": [*_live(operator, at), *_live_of_province(operator, at)] if reads else [],
        "shows_content": reads,
        "shows_decisions": operator.has_perm("approvals.view_decision"),  # type: ignore[union-attr]
        "decisions": _decisions(operator),
        "preview": "/preview/" if reads else "",
        "low": _low_stock(operator, at),
    }


def _figures(operator: Any, at: datetime) -> list[Figure]:
    publications = Publication.objects.in_scope_of(operator).shown()
    waiting = Request.objects.waiting_for(operator, at).count()
    days = _("within %(days)s days") % {"days": SOON.days}
    return [
        Figure(
            _("Waiting for my review"), waiting, "rule", _("you are not the maker"),
            link_to("approvals_request_changelist", "tab=waiting"), urgent=waiting > 0,
        ),
        Figure(
            _("Live now"), publications.live(at).count(), "sensors", _("seen by customers"),
            link_to(STAGE_PAGE, f"tab={Stage.LIVE}"),
        ),
        Figure(
            _("Starting soon"), publications.starting(at, at + SOON).count(), "schedule", days,
            link_to(STAGE_PAGE, f"tab={Stage.SCHEDULED}"),
        ),
        Figure(
            _("Ending soon"), publications.ending(at, at + SOON).count(), "hourglass_bottom", days,
            link_to(STAGE_PAGE, f"tab={Stage.LIVE}"),
        ),
    ]  # fmt: skip


def _live(operator: Any, at: datetime) -> list[Publication]:
    live = Publication.objects.in_scope_of(operator).shown().live(at)
    return list(live.order_by("-priority", "-starts_at", "-number")[:SHOWN])


def _live_of_province(operator: Any, at: datetime) -> list[Publication]:
    """What the province shows to this bank's customers; no branch's own business."""
    if branch_scope(operator):
        return []
    with inside(PLATFORM):
        live = list(
            Publication.objects.shown().live(at).order_by("-priority", "-starts_at")[:SHOWN]
        )
    for publication in live:
        publication.branch_name = str(_("Whole province"))
    return live


def _decisions(operator: Any) -> list[Decision]:
    decisions = Decision.objects.select_related("request").order_by("-decided_at", "-id")
    if scope := branch_scope(operator):
        decisions = decisions.filter(request__branch_path__startswith=scope)
    return list(decisions[:SHOWN])


def _low_stock(operator: Any, at: datetime) -> list[Low]:
    if not operator.has_perm("coupons.view_coupontemplate"):
        return []
    return low_stock(at, branch_scope(operator))[:SHOWN]
