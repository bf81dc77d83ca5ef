"""The page of a running campaign: what it reached, what it costs, what was done with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from campaigns import services
from campaigns.figures import exporting, reading
from campaigns.figures.standing import standing_of
from campaigns.models import Campaign, DayTie
from campaigns.running.budgets import budget_bar
from campaigns.running.steps import describe_step
from coupons.figures import today
from operators.querysets import branch_scope

NAME = "campaigns_campaign"
SPANS = (7, 30, 90, 365)
STEPS_SHOWN = 50
TIE_PERMISSION = "campaigns.view_daytie"


class FiguresMixin:
    """For the admin of campaigns."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view  # type: ignore[attr-defined]
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        one = "<int:pk>/figures/"
        return [
            path(one, view(require_safe(self.figures_view)), name=f"{NAME}_figures"),
            path(
                f"{one}export/", view(require_POST(self.figures_export_view)),
                name=f"{NAME}_figures_export",
            ),
            path(f"{one}tie-out/", view(require_POST(self.tie_out_view)), name=f"{NAME}_tie_out"),
            *urls,
        ]  # fmt: skip

    def figures_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self._published(request, pk)
        span = _span(request)
        figures = reading.figures_of(campaign.pk, branch_path=_scope(request))
        days = reading.by_day(figures, last=today(), days=span)
        branches = reading.by_branch(figures)
        total = reading.total(branches)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Figures of the campaign"),
            "campaign": campaign,
            "account": campaign.account,  # type: ignore[attr-defined]
            "bar": budget_bar(campaign),
            "total": total,
            "days": days,
            # So that the table of days adds up to that of branches.
            "earlier": total - reading.total(days),
            "nothing": reading.Counts(),
            "branches": branches,
            "span": span,
            "spans": SPANS,
            "steps": [
                (step, describe_step(step.what)) for step in campaign.steps.all()[:STEPS_SHOWN]
            ],
            "may_export": request.user.has_perm(exporting.PERMISSION),  # type: ignore[union-attr]
            **self._books(request, campaign),
            **self._links(request, campaign),
        }
        return TemplateResponse(request, "campaigns/figures.html", context)

    def _books(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        """For those who see the whole bank: books of a branch alone do not tie out."""
        if _scope(request) or not request.user.has_perm(TIE_PERMISSION):  # type: ignore[union-attr]
            return {}
        tie = DayTie.objects.filter(campaign=campaign).first()
        return {"shows_books": True, "tie": tie, "books": standing_of(tie) if tie else []}

    def _links(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        site = self.admin_site.name  # type: ignore[attr-defined]
        links = {"draft_address": reverse(f"{site}:{NAME}_change", args=[campaign.pk])}
        links["trial_address"] = f"{reverse(f'{site}:{NAME}_trial')}?campaign={campaign.pk}"
        if request.user.has_perm("campaigns.view_participation"):  # type: ignore[union-attr]
            rows = reverse(f"{site}:campaigns_participation_changelist")
            links["participations_address"] = f"{rows}?campaign={campaign.pk}"
        return links

    def figures_export_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """What the page shows, as a file."""
        campaign = self._published(request, pk)
        if not request.user.has_perm(exporting.PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        figures = reading.figures_of(campaign.pk, branch_path=_scope(request))
        file = exporting.export_figures(
            actor=request.user,  # type: ignore[arg-type]
            campaign=campaign,
            days=reading.by_day(figures, last=today(), days=_span(request)),
            branches=reading.by_branch(figures),
        )
        name = f"campaign-figures-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
        )

    def tie_out_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Compares the books now, not only when the clock says so."""
        campaign = self._published(request, pk)
        if _scope(request) or not request.user.has_perm(TIE_PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        try:
            tie = services.tie_out(campaign.pk)
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            told = messages.success if tie.is_even else messages.error
            words = _("The books tie out.") if tie.is_even else _("The books do not tie out.")
            told(request, words)
        site = self.admin_site.name  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse(f"{site}:{NAME}_figures", args=[campaign.pk]))

    def _published(self, request: HttpRequest, pk: int) -> Campaign:
        """Ever; within the operator's branches."""
        campaign = self.get_object(request, str(pk))  # type: ignore[attr-defined]
        if campaign is None or not hasattr(campaign, "account"):
            raise Http404
        if not self.has_view_permission(request, campaign):  # type: ignore[attr-defined]
            raise PermissionDenied
        found: Campaign = campaign
        return found


def _scope(request: HttpRequest) -> str:
    return branch_scope(request.user)  # type: ignore[arg-type]


def _span(request: HttpRequest) -> int:
    asked = request.GET if request.method == "GET" else request.POST
    given = asked.get("days", "")
    return int(given) if given in map(str, SPANS) else reading.USUAL_DAYS
