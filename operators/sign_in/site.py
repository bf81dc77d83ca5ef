from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from operators.forms import SignInForm
from operators.sign_in import addresses, sessions, views
from operators.sign_in.sessions import End
from operators.sign_in.urls import sign_in_urls

_ENDED = {
    End.SIGNED_OUT: _("You are signed out."),
    End.IDLE: _("You were signed out because nothing happened for a while."),
    End.TOO_LONG: _("You were signed out because the session had lasted its longest."),
}


class SignInPages:
    """Mixed into an admin site: its ways in and out, by our services."""

    login_form = SignInForm

    def get_urls(self) -> list[URLPattern]:
        return [*sign_in_urls(self), *super().get_urls()]  # type: ignore[arg-type, misc]

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        ended = _ENDED.get(request.GET.get("ended", ""))  # type: ignore[call-overload]
        return super().login(request, {"ended": ended, **(extra_context or {})})  # type: ignore[misc]

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        sessions.end(request)
        return HttpResponseRedirect(f"{addresses.SIGN_IN}?ended={End.SIGNED_OUT}")

    @method_decorator(sensitive_post_parameters())
    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return views.change_password(request, site=self)  # type: ignore[arg-type]
