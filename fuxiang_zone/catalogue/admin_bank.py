"""A bank's view of the catalogue: what it has open, what it can apply for, what is in review."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from fuxiang_zone.catalogue import applying
from fuxiang_zone.catalogue.caps import days_of
from fuxiang_zone.catalogue.choices import ApplicationState, Feature
from fuxiang_zone.catalogue.directory import TypeInfo, read_type
from fuxiang_zone.catalogue.forms import ApplicationForm
from fuxiang_zone.catalogue.holdings import holdings_in
from fuxiang_zone.catalogue.models import ActivationApplication
from fuxiang_zone.catalogue.offers import Offer, offers_for
from fuxiang_zone.catalogue.previews import phone_lines
from fuxiang_zone.catalogue.showing import STATE_COLOURS, shown_steps
from operators.sites import ConsoleSite, bank_site

NAME = "fuxiang_zone_types"
VIEW = "fuxiang_zone_catalogue.view_producttype"


def pages(site: ConsoleSite) -> list[URLPattern]:
    def guarded(view: Any) -> Any:
        return site.admin_view(partial(view, site=site))

    return [
        path("zone-types/", guarded(require_safe(types_page)), name=NAME),
        path("zone-types/<slug:code>/", guarded(require_safe(type_page)), name=f"{NAME}_one"),
        path("zone-types/<slug:code>/save/", guarded(require_POST(save)), name=f"{NAME}_save"),
        path(
            "zone-types/<slug:code>/withdraw/", guarded(require_POST(withdraw)),
            name=f"{NAME}_withdraw",
        ),
    ]  # fmt: skip


def types_page(request: HttpRequest, *, site: ConsoleSite) -> HttpResponse:
    _require_view(request)
    offers = offers_for(_bank(request))
    groups = [
        (_("Opened by your bank"), [each for each in offers if each.activation]),
        (_("Under way"), [each for each in offers if each.is_under_way]),
        (_("Can be applied for"), [each for each in offers if each.can_apply]),
    ]
    context = {
        "title": _("Zone types"),
        "groups": [(title, shown) for title, shown in groups if shown],
    }
    return _page(request, site, "fuxiang_zone/catalogue/bank_types.html", context)


def type_page(
    request: HttpRequest, *, site: ConsoleSite, code: str, form: ApplicationForm | None = None
) -> HttpResponse:
    _require_view(request)
    offer = _offer(request, code)
    info = read_type(code)
    assert info is not None
    application = offer.application
    may_change = request.user.has_perm(applying.CHANGE)  # type: ignore[union-attr]
    may_edit = may_change and (offer.can_apply or offer.is_editable)
    context = {
        "title": offer.type.name,
        "offer": offer,
        "info": info,
        "lines": phone_lines(info.fields, timezone.localdate()),
        "features": [each.label for each in Feature if each in info.features],
        "caps": _caps(info),
        "application": application,
        "colour": STATE_COLOURS[ApplicationState(application.state)] if application else "",
        "steps": shown_steps(application) if application else [],
        "form": (form or _form(application)) if may_edit else None,
        "may_withdraw": may_change and offer.is_under_way,
        "products": holdings_in(_bank(request), code) if offer.activation else [],
    }
    return _page(request, site, "fuxiang_zone/catalogue/bank_type.html", context)


def save(request: HttpRequest, *, site: ConsoleSite, code: str) -> HttpResponse:
    """Keeps the draft; with ``submit`` it goes to the platform."""
    _require_view(request)
    offer = _offer(request, code)
    form = ApplicationForm(request.POST)
    if not form.is_valid():
        return type_page(request, site=site, code=code, form=form)
    try:
        application = _kept(request, offer, form.cleaned_data)
        if "submit" in request.POST:
            applying.submit_application(actor=_actor(request), application=application)
            said: Any = _("Submitted: the platform reviews it.")
        else:
            said = _("The draft is saved.")
    except DomainError as error:
        form.add_error(getattr(error, "field", None) or None, str(error.message))
        return type_page(request, site=site, code=code, form=form)
    messages.success(request, said)
    return _back(site, code)


def _kept(request: HttpRequest, offer: Offer, content: dict[str, Any]) -> ActivationApplication:
    if offer.application is not None and offer.is_editable:
        return applying.edit_application(
            actor=_actor(request), application=offer.application, **content
        )
    return applying.apply_for_type(
        actor=_actor(request), bank=_bank(request), product_type=offer.type, **content
    )


def withdraw(request: HttpRequest, *, site: ConsoleSite, code: str) -> HttpResponse:
    _require_view(request)
    offer = _offer(request, code)
    if offer.application is None:
        raise Http404
    _do(
        request, _("Withdrawn. You can apply again at any time."),
        lambda: applying.withdraw_application(
            actor=_actor(request), application=offer.application,  # type: ignore[arg-type]
            reason=request.POST.get("comment", ""),
        ),
    )  # fmt: skip
    return _back(site, code)


def _do(request: HttpRequest, done: Any, act: Callable[[], Any]) -> None:
    try:
        act()
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, done)


def _form(application: ActivationApplication | None) -> ApplicationForm:
    if application is None or application.state not in applying.EDITABLE:
        return ApplicationForm()
    names = ("reason", "person_in_charge", "phone", "planned_on")
    return ApplicationForm(initial={name: getattr(application, name) for name in names})


def _caps(info: TypeInfo) -> list[Any]:
    today = timezone.localdate()
    begun = {
        days_of(each.term, each.unit): (each.term, each.unit)
        for each in info.caps
        if each.from_date <= today
    }
    return [info.cap_for(*begun[days], today) for days in sorted(begun)]


def _offer(request: HttpRequest, code: str) -> Offer:
    found = next((each for each in offers_for(_bank(request)) if each.type.code == code), None)
    if found is None:
        raise Http404
    return found


def _require_view(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):  # type: ignore[union-attr]
        raise PermissionDenied


def _bank(request: HttpRequest) -> Any:
    return request.tenant  # type: ignore[attr-defined]


def _actor(request: HttpRequest) -> Any:
    return request.user


def _back(site: ConsoleSite, code: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"{site.name}:{NAME}_one", args=[code]))


def _page(
    request: HttpRequest, site: ConsoleSite, template: str, context: dict[str, Any]
) -> HttpResponse:
    request.current_app = site.name  # type: ignore[attr-defined]
    common = {**site.each_context(request), "is_fullwidth": "1"}
    return TemplateResponse(request, template, {**common, **context})


bank_site.add_pages(pages)
