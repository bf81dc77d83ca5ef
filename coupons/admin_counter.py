"""The counter: pages of the bank's console on which a branch redeems coupons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import DomainError
from coupons.choices import Channel, LedgerAction
from coupons.counter import day as days
from coupons.counter import lookup, services, tickets
from coupons.counter.forms import RedeemForm, ReverseForm, new_key
from coupons.counter.rules import PERMISSION, branch_of
from coupons.counter.showing import ShownCoupon, shown, shown_all
from coupons.errors import CounterRefused, CouponRefused
from coupons.models import LedgerEntry
from operators.sites import bank_site

if TYPE_CHECKING:
    from operators.models import Operator
    from operators.sites import ConsoleSite

# How far back the list of a day goes.
DAYS_SHOWN = 92
_GET_OR_POST = ["GET", "HEAD", "POST"]


def pages(site: ConsoleSite) -> list[URLPattern]:
    def inside(view: Callable[..., HttpResponseBase]) -> Any:
        hidden = sensitive_post_parameters("text", "number")(_guarded(view))
        return site.admin_view(never_cache(partial(hidden, site=site)))

    base = "coupons/counter/"
    return [
        path(base, inside(require_safe(start_page)), name="coupons_counter"),
        path(f"{base}find/", inside(require_POST(find)), name="coupons_counter_find"),
        path(
            f"{base}coupon/<str:ticket>/",
            inside(require_http_methods(_GET_OR_POST)(coupon_page)),
            name="coupons_counter_coupon",
        ),
        path(
            f"{base}customer/<str:ticket>/",
            inside(require_safe(customer_page)),
            name="coupons_counter_customer",
        ),
        path(
            f"{base}receipt/<int:entry_id>/",
            inside(require_http_methods(_GET_OR_POST)(receipt_page)),
            name="coupons_counter_receipt",
        ),
        path(
            f"{base}day/",
            inside(require_http_methods(_GET_OR_POST)(day_page)),
            name="coupons_counter_day",
        ),
    ]


def _guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Who may not redeem sees nothing; who belongs to no branch is told so; what is refused is
    said where one can begin again."""

    @wraps(view)
    def run(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not _actor(request).has_perm(PERMISSION):
            raise PermissionDenied
        try:
            branch_of(_actor(request))
        except CounterRefused as refusal:
            return _page(request, kwargs["site"], "start", no_branch=str(refusal.message))
        try:
            return view(request, **kwargs)
        except DomainError as refusal:
            messages.error(request, str(refusal.message))
            return HttpResponseRedirect(reverse("bank:coupons_counter"))

    return run


# --- looking up ----------------------------------------------------------------------------------
def start_page(request: HttpRequest, *, site: ConsoleSite) -> HttpResponseBase:
    return _page(request, site, "start")


def find(request: HttpRequest, *, site: ConsoleSite) -> HttpResponseBase:
    """By POST: neither a code nor a customer number ends in an address or a log."""
    actor = _actor(request)
    if "number" in request.POST:
        number = lookup.find_customer(actor=actor, number=request.POST["number"])
        return _to("customer", tickets.customer_ticket(actor, number))
    coupon = lookup.find_coupon(actor=actor, text=request.POST.get("text", ""))
    return _to("coupon", tickets.coupon_ticket(actor, coupon.pk))


def customer_page(request: HttpRequest, *, site: ConsoleSite, ticket: str) -> HttpResponseBase:
    actor = _actor(request)
    number = tickets.customer_in(actor, ticket)
    found = shown_all(lookup.coupons_of(number), branch_of(actor), timezone.now())
    rows = [(each, tickets.coupon_ticket(actor, each.coupon.pk)) for each in found]
    return _page(request, site, "customer", rows=rows, number=number)


# --- redeeming -----------------------------------------------------------------------------------
def coupon_page(request: HttpRequest, *, site: ConsoleSite, ticket: str) -> HttpResponseBase:
    actor = _actor(request)
    coupon_id = tickets.coupon_in(actor, ticket)
    found = shown(lookup.handed_out(coupon_id), branch_of(actor), timezone.now())
    if request.method != "POST":
        form = None if found.obstacles else _redeem_form(request, found)
        return _page(request, site, "coupon", found=found, form=form)
    form = _redeem_form(request, found, request.POST)
    if not form.is_valid():
        return _page(request, site, "coupon", found=found, form=form)
    try:
        return _to("receipt", _redeem(actor, found, form).pk)
    except (CouponRefused, CounterRefused) as refusal:
        # Another key: what was refused under this one stays refused.
        again = _redeem_form(request, found, {**request.POST.dict(), "key": new_key()})
        again.add_error(None, str(refusal.message))
        found = shown(lookup.handed_out(coupon_id), branch_of(actor), timezone.now())
        return _page(request, site, "coupon", found=found, form=again)


def _redeem_form(request: HttpRequest, found: ShownCoupon, data: Any = None) -> RedeemForm:
    branch = branch_of(_actor(request))
    initial = {"key": new_key()}
    return RedeemForm(data, initial=initial, branch=branch, found=found)


def _redeem(actor: Operator, found: ShownCoupon, form: RedeemForm) -> LedgerEntry:
    given = form.cleaned_data
    return services.redeem_at_counter(
        actor=actor,
        coupon_id=found.coupon.pk,
        business=given["business"],
        reference=given["reference"],
        manager=given["manager"],
        order_cents=form.order_cents,
        note=given["note"],
        key=given["key"],
    )


# --- what was redeemed ---------------------------------------------------------------------------
def receipt_page(request: HttpRequest, *, site: ConsoleSite, entry_id: int) -> HttpResponseBase:
    actor = _actor(request)
    entry = _own_entry(actor, entry_id)
    refusal = ""
    if request.method == "POST":
        form = ReverseForm(request.POST)
        if form.is_valid():
            try:
                return _to("receipt", _reverse(actor, entry, form).pk)
            except (CouponRefused, CounterRefused) as error:
                refusal = str(error.message)
        else:
            refusal = _("Say why the redemption is taken back.")
    context = {
        "line": days.lines([entry])[0],
        "why_not": services.why_not_reversible(entry, branch_of(actor).path, timezone.now()),
        "refusal": refusal,
        "key": new_key(),
        "days": services.REVERSAL_DAYS,
    }
    return _page(request, site, "receipt", **context)


def _own_entry(actor: Operator, entry_id: int) -> LedgerEntry:
    """Of the operator's branch or one below it."""
    entry = (
        LedgerEntry.objects.filter(
            pk=entry_id,
            channel=Channel.COUNTER,
            action__in=[LedgerAction.REDEEM, LedgerAction.REVERSE],
            branch_path__startswith=branch_of(actor).path,
        )
        .select_related("template")
        .first()
    )
    if entry is None:
        raise Http404
    return entry


def _reverse(actor: Operator, entry: LedgerEntry, form: ReverseForm) -> LedgerEntry:
    given = form.cleaned_data
    return services.reverse_at_counter(
        actor=actor, entry_id=entry.pk, reason=given["reason"], key=given["key"]
    )


def day_page(request: HttpRequest, *, site: ConsoleSite) -> HttpResponseBase:
    actor, branch = _actor(request), branch_of(_actor(request))
    day = _day(request)
    if request.method == "POST":
        file = days.export_day(actor=actor, day=day)
        name = f"{_('counter')}-{branch.code}-{day:%Y%m%d}.csv"
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")
    rows = list(days.entries_of(branch.path, day)[: days.SHOWN + 1])
    context = {
        "day": day,
        "first_day": timezone.localdate() - timedelta(days=DAYS_SHOWN),
        "today": timezone.localdate(),
        "lines": days.lines(rows[: days.SHOWN]),
        "has_more": len(rows) > days.SHOWN,
        "shown": days.SHOWN,
        "totals": days.totals(branch.path, day),
    }
    return _page(request, site, "day", **context)


def _day(request: HttpRequest) -> date:
    """As asked for, or today."""
    given = request.POST if request.method == "POST" else request.GET
    today = timezone.localdate()
    try:
        day = parse_date(given.get("day", "")) or today
    except ValueError:
        day = today
    return max(min(day, today), today - timedelta(days=DAYS_SHOWN))


# --- parts ---------------------------------------------------------------------------------------
def _page(request: HttpRequest, site: ConsoleSite, name: str, **context: Any) -> TemplateResponse:
    request.current_app = site.name  # type: ignore[attr-defined]
    titles = {
        "start": _("Redeem at the counter"),
        "coupon": _("Redeem at the counter"),
        "customer": _("Coupons of a customer"),
        "receipt": _("Redemption at the counter"),
        "day": _("Redemptions of a day"),
    }
    shared = {
        **site.each_context(request),
        "title": titles[name],
        "counter_page": name,
        "bank_name": request.tenant.name,  # type: ignore[attr-defined]
    }
    return TemplateResponse(
        request, f"coupons/counter_{name}.html",
        {**shared, "branch": _actor(request).branch, **context},
    )  # fmt: skip


def _to(name: str, argument: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"bank:coupons_counter_{name}", args=[argument]))


def _actor(request: HttpRequest) -> Operator:
    return request.user  # type: ignore[return-value]


bank_site.add_pages(pages)
