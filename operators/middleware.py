from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.translation import get_supported_language_variant

from operators.sign_in import addresses, sessions
from operators.sign_in.sessions import Step

GetResponse = Callable[[HttpRequest], HttpResponse]

# Sent by pages that refresh themselves: nobody sits there, so it does not count as activity.
BACKGROUND_HEADER = "X-Background"
_ALWAYS_OPEN = frozenset({addresses.SIGN_OUT, addresses.SET_LANGUAGE})


class ChosenLanguageMiddleware:
    """Chinese, unless the person chose otherwise; the browser's wish says little in a bank."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(self.language_of(request))
        request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language())
        return response

    @staticmethod
    def language_of(request: HttpRequest) -> str:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        try:
            return get_supported_language_variant(chosen)
        except LookupError:
            return settings.LANGUAGE_CODE


class SignInSecurityMiddleware:
    """Ends sessions that are idle or too long; holds back whoever has not finished signing in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Customers' calls bring no console session: no look at one, no "Vary: Cookie".
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        return self.intercept(request) or self.get_response(request)

    def intercept(self, request: HttpRequest) -> HttpResponse | None:
        now = timezone.now()
        if not sessions.is_started(request):
            sessions.start(request, request.user, now)  # type: ignore[arg-type]
        if why := sessions.why_over(request, now):
            sessions.end(request, why)
            query = urlencode({"ended": why, "next": request.get_full_path()})
            return go_to(request, f"{addresses.SIGN_IN}?{query}")
        if BACKGROUND_HEADER not in request.headers:
            sessions.touch(request, now)
        address = unfinished(request)
        if address is None or request.path in {address, *_ALWAYS_OPEN}:
            return None
        return go_to(request, address)


def unfinished(request: HttpRequest) -> str | None:
    """The page that stands between this person and the console; None = they are in."""
    step = sessions.step(request)
    if step == Step.VERIFY and not request.user.is_verified():  # type: ignore[union-attr]
        return addresses.SECOND_FACTOR
    if request.user.must_renew_password(timezone.now()):  # type: ignore[union-attr]
        return addresses.CHANGE_PASSWORD
    return addresses.SECOND_FACTOR_SETUP if step == Step.ENROL else None


def go_to(request: HttpRequest, address: str) -> HttpResponse:
    """A fragment cannot show another page: the page that asked for it goes there instead."""
    if BACKGROUND_HEADER in request.headers or "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
