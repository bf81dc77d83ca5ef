"""Pages beside the list of coupons: what expires soon, and claims and redemptions by day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from coupons import expiring, exports, figures
from coupons.admin_coupon_list import number_or_none, shelf_of, shown_codes
from coupons.expiring import Place, Wanted
from coupons.figures import Subject
from coupons.models import CouponTemplate
from coupons.stock.shortage import low_stock
from operators.querysets import branch_scope

NAME = "coupons_coupon"
SPANS = (7, 30, 90)


class PagesMixin:
    """For the admin of coupons. Whoever is confined to a branch sees that of the branch."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view  # type: ignore[attr-defined]
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        return [
            path("expiring/", view(require_safe(self.expiring_view)), name=f"{NAME}_expiring"),
            path("figures/", view(require_safe(self.figures_view)), name=f"{NAME}_figures"),
            path(
                "figures/export/", view(require_POST(self.figures_export_view)),
                name=f"{NAME}_figures_export",
            ),
            *urls,
        ]  # fmt: skip

    # --- what expires soon --------------------------------------------------------------------
    def expiring_view(self, request: HttpRequest) -> HttpResponse:
        self._require_view(request)
        wanted = _wanted(request)
        rows, next_place = expiring.expiring_page(wanted, Place.parse(request.GET.get("after", "")))
        for coupon, code in zip(rows, shown_codes(rows), strict=True):
            coupon.shown_code = code  # type: ignore[attr-defined]
        everything = Wanted(wanted.days, wanted.at, branches=wanted.branches)
        groups = expiring.expiring_groups(everything)
        context = {
            **self._page(request, _("Expiring soon")),
            "wanted": wanted,
            "spans": expiring.SPANS,
            "groups": groups,
            "chosen": _chosen(groups, wanted.template_id),
            "rows": rows,
            "count": sum(group.count for group in groups),
            "face_cents": sum(group.face_cents for group in groups),
            **_addresses(request, next_place),
        }
        return TemplateResponse(request, "coupons/expiring.html", context)

    # --- claims and redemptions by day ----------------------------------------------------------
    def figures_view(self, request: HttpRequest) -> HttpResponse:
        self._require_view(request)
        subject, days = _subject(request), _span(request, SPANS, figures.DAYS)
        found = figures.figures_by_day(subject, last=figures.today(), days=days)
        by_template = figures.figures_by_template(
            branch_path=subject.branch_path, last=figures.today(), days=days
        )
        templates = dict(CouponTemplate.objects.order_by("title").values_list("pk", "title"))
        context = {
            **self._page(request, _("Claims and redemptions")),
            "days": found,
            "total": figures.total(found),
            "span": days,
            "spans": SPANS,
            "templates": templates,
            "template_id": subject.template_id,
            "by_template": _largest_first(by_template, templates),
            "low": low_stock(timezone.now(), subject.branch_path),
            "may_export": request.user.has_perm(exports.PERMISSION),  # type: ignore[union-attr]
            "query": request.GET.urlencode(),
        }
        return TemplateResponse(request, "coupons/figures.html", context)

    def figures_export_view(self, request: HttpRequest) -> FileResponse:
        """What the page shows, as a file."""
        self._require_view(request)
        if not request.user.has_perm(exports.PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        subject, days = _subject(request), _span(request, SPANS, figures.DAYS)
        file = exports.export_figures(actor=request.user, subject=subject, days=days)  # type: ignore[arg-type]
        name = f"coupon-figures-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
        )

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _page(self, request: HttpRequest, title: Any) -> dict[str, Any]:
        site = self.admin_site  # type: ignore[attr-defined]
        return {
            **site.each_context(request),
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": title,
            "list_address": reverse(f"{site.name}:{NAME}_changelist"),
        }


def _wanted(request: HttpRequest) -> Wanted:
    shelf = shelf_of(request)
    own = tuple(pk for pk, _path, _name in shelf.branches) if shelf.scope else None
    days = _span(request, expiring.SPANS, expiring.SPANS[0])
    return Wanted(days, shelf.at, number_or_none(request.GET.get("template")), own)


def _subject(request: HttpRequest) -> Subject:
    asked = request.GET if request.method == "GET" else request.POST
    template = number_or_none(asked.get("template"))
    return Subject(template_id=template, branch_path=branch_scope(request.user))  # type: ignore[arg-type]


def _span(request: HttpRequest, offered: Sequence[int], usual: int) -> int:
    asked = request.GET if request.method == "GET" else request.POST
    given = number_or_none(asked.get("days"))
    return given if given is not None and given in offered else usual


def _addresses(request: HttpRequest, next_place: Place | None) -> dict[str, str]:
    kept = {name: request.GET[name] for name in ("days", "template") if name in request.GET}
    return {
        "first_page": f"?{urlencode(kept)}" if "after" in request.GET else "",
        "next_page": f"?{urlencode({**kept, 'after': str(next_place)})}" if next_place else "",
    }


def _largest_first(
    found: dict[int, figures.Figures], titles: dict[int, str]
) -> list[tuple[int, str, figures.Figures]]:
    rows = [(pk, titles.get(pk, f"#{pk}"), each) for pk, each in found.items()]
    return sorted(rows, key=lambda row: (-row[2].claimed, -row[2].redeemed, row[1]))


def _chosen(groups: list[expiring.Group], template_id: int | None) -> expiring.Group | None:
    return next((group for group in groups if group.template_id == template_id), None)
