"""The answers of a host that serves no one: a page for people, a problem document for programs.

They need neither session nor console: nothing behind this point has run when they are given.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.choices import BankStatus
from tenants.models import Bank
from tenants.problems import problem

API_PREFIX = "/api/"


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    code: str
    title: str | Promise
    sentence: str | Promise


UNKNOWN_HOST = Refusal(
    404, "unknown_host", _("No such address"),
    _("No bank is served at this address. Check the address for typing mistakes."),
)  # fmt: skip
SUSPENDED = Refusal(
    503, "bank_suspended", _("This bank is suspended"),
    _("The platform has suspended this bank's service for now. Its data is kept."),
)  # fmt: skip
CLOSED = Refusal(
    410, "bank_closed", _("This bank is closed"),
    _("This bank has left the platform. Its service has ended for good."),
)  # fmt: skip
NOT_READY = Refusal(
    503, "bank_not_open", _("This bank is being set up"),
    _("This bank's service has not been opened yet. Try again later."),
)  # fmt: skip
UNAVAILABLE = Refusal(
    503, "unavailable", _("The service is busy"),
    _("The service cannot answer at this moment. Try again in a minute."),
)  # fmt: skip


def refusal_of(bank: Bank, path: str) -> Refusal | None:
    """Why this bank does not answer this path, if it does not."""
    if bank.status == BankStatus.SUSPENDED:
        return SUSPENDED
    if bank.status == BankStatus.CLOSED:
        return CLOSED
    opening = bank.status == BankStatus.ONBOARDING and path.startswith(API_PREFIX)
    return NOT_READY if opening or bank.provisioned_at is None else None


def refuse(request: HttpRequest, refusal: Refusal, bank: Bank | None = None) -> HttpResponse:
    with translation.override(_language(request)):
        if request.path_info.startswith(API_PREFIX):
            response = problem(refusal.status, refusal.code, refusal.sentence)
        else:
            html = render_to_string("errors/refusal.html", {"refusal": refusal, "bank": bank})
            response = HttpResponse(html, status=refusal.status)
            response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
    response["Cache-Control"] = "no-store"
    if refusal.status == 503:
        response["Retry-After"] = "60"
    return response


def _language(request: HttpRequest) -> str:
    """Chinese, unless the reader has chosen otherwise on an earlier page."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
