"""The pages around signing in: one form each, whose refusals are the services' sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_otp import login as remember_device

from audit.errors import DomainError
from operators.errors import LinkSpent
from operators.forms import ChangePasswordForm, CodeForm, NewPasswordForm, PresentPasswordForm
from operators.models import Operator
from operators.sign_in import addresses, passwords, second_factor, sessions
from operators.sign_in.sessions import Step

Service = Callable[[dict[str, Any]], HttpResponse]


def password_link(request: HttpRequest, secret: str, *, site: AdminSite) -> HttpResponse:
    """Open to everybody who holds the link."""
    try:
        link = passwords.open_link(secret)
    except LinkSpent as refusal:
        spent = {"title": _("This link no longer works"), "refusal": refusal.message}
        return show(request, site, "link_spent", spent, status=refusal.http_status)

    def set_password(given: dict[str, Any]) -> HttpResponse:
        passwords.set_password_by_link(secret=secret, password=given["password"])
        messages.success(request, _("The password is set. Sign in with it now."))
        return HttpResponseRedirect(addresses.SIGN_IN)

    context: dict[str, Any] = {"title": _("Set your password"), "operator": link.operator}
    return page(request, site, "password_link", NewPasswordForm, set_password, context)


def change_password(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    operator = current(request)

    def change(given: dict[str, Any]) -> HttpResponse:
        changed = passwords.change_own_password(
            actor=operator, present=given["present"], password=given["password"]
        )
        update_session_auth_hash(request, changed)
        messages.success(request, _("Your password is changed."))
        return onward(request, site)

    context = {
        "title": _("Change password"),
        "forced": operator.must_renew_password(timezone.now()),
        "reset": operator.must_change_password,
        "days": settings.PASSWORD_MAX_AGE_DAYS,
    }
    return page(request, site, "change_password", ChangePasswordForm, change, context)


def verify_second_factor(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    if sessions.step(request) != Step.VERIFY or request.user.is_verified():  # type: ignore[union-attr]
        return onward(request, site)

    def verify(given: dict[str, Any]) -> HttpResponse:
        device = second_factor.verify(actor=current(request), code=given["code"])
        remember_device(request, device)
        request.session.cycle_key()
        return onward(request, site)

    context = {"title": _("Confirm that it is you")}
    return page(request, site, "second_factor_verify", CodeForm, verify, context)


def set_up_second_factor(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    operator = current(request)
    if second_factor.is_enrolled(operator):
        return HttpResponseRedirect(reverse(f"{site.name}:second_factor"))
    device = second_factor.begin_enrolment(actor=operator)

    def confirm(given: dict[str, Any]) -> HttpResponse:
        confirmed, codes = second_factor.confirm_enrolment(actor=operator, code=given["code"])
        return _shown_once(request, site, codes, confirmed)

    context = {
        "title": _("Set up the second factor"),
        "forced": sessions.step(request) == Step.ENROL,
        "picture": second_factor.picture(device),
        "secret": second_factor.secret_text(device),
    }
    return page(request, site, "second_factor_setup", CodeForm, confirm, context)


def second_factor_page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    operator = current(request)
    context = {
        "title": _("Second factor"),
        "enrolled": second_factor.is_enrolled(operator),
        "required": second_factor.is_required(operator),
        "codes_left": second_factor.recovery_codes_left(operator),
    }
    return show(request, site, "second_factor", context)


def renew_recovery_codes(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    def renew(given: dict[str, Any]) -> HttpResponse:
        codes = second_factor.renew_recovery_codes(
            actor=current(request), password=given["present"]
        )
        return _shown_once(request, site, codes)

    context = {"title": _("New recovery codes"), "submit": _("Show new codes")}
    return page(request, site, "confirm_password", PresentPasswordForm, renew, context)


def remove_second_factor(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    def remove(given: dict[str, Any]) -> HttpResponse:
        operator = second_factor.remove(actor=current(request), password=given["present"])
        update_session_auth_hash(request, operator)
        sessions.refresh_step(request, operator)
        messages.success(request, _("The second factor is removed."))
        return HttpResponseRedirect(reverse(f"{site.name}:second_factor"))

    context = {"title": _("Remove the second factor"), "submit": _("Remove"), "danger": True}
    return page(request, site, "confirm_password", PresentPasswordForm, remove, context)


def _shown_once(
    request: HttpRequest, site: AdminSite, codes: list[str], device: Any = None
) -> HttpResponse:
    """The answer to the POST itself shows the codes: they are in no session and at no address."""
    if device is not None:
        operator = device.user
        update_session_auth_hash(request, operator)
        remember_device(request, device)
        sessions.refresh_step(request, operator)
    context = {"title": _("Your recovery codes"), "codes": codes}
    return show(request, site, "recovery_codes", context)


# --- what the pages share ------------------------------------------------------------------------


def page(
    request: HttpRequest,
    site: AdminSite,
    template: str,
    form_class: type[Form],
    service: Service,
    context: dict[str, Any],
) -> HttpResponse:
    form = form_class(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            return service(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            status = 422
    return show(request, site, template, {"form": form, **context}, status=status)


def show(
    request: HttpRequest, site: AdminSite, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    request.current_app = site.name  # type: ignore[attr-defined]
    everything = {**site.each_context(request), "next": wanted_page(request), **context}
    return render(request, f"operators/{template}.html", everything, status=status)


def current(request: HttpRequest) -> Operator:
    """The operator signed in, as a row of its own rather than the request's lazy stand-in."""
    return Operator.objects.get(pk=request.user.pk)


def wanted_page(request: HttpRequest) -> str:
    """Where the person was going; only within this console."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if safe else ""


def onward(request: HttpRequest, site: AdminSite) -> HttpResponse:
    return HttpResponseRedirect(wanted_page(request) or reverse(f"{site.name}:index"))
