"""The keyboard as a page, for partners who draw none of their own.

Session and token come in the fragment of the address, which browsers send nowhere; the client id is
part of the path, so that the page can be framed by that client's registered origins alone.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from openapi_gateway.base_services.keyboard.layouts import GLYPHS
from openapi_gateway.base_services.keyboard.offers import known_keys
from openapi_gateway.base_services.keyboard.operations import SESSIONS
from openapi_gateway.credentials.directory import client_of
from openapi_gateway.credentials.records import ClientRecord
from tenants.hosts import host_of

POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
}


@never_cache
@require_safe
def page(request: HttpRequest, app_id: str = "") -> HttpResponse:
    client = client_of(app_id) if app_id else None
    language = request.GET.get("lang", "")
    known = language if language in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(known):
        response = render(request, "openapi_gateway/keyboard.html", _context(request, client))
    _frame_by(response, client)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _context(request: HttpRequest, client: ClientRecord | None) -> dict[str, object]:
    return {
        "client": client,
        "is_sandbox": settings.OPEN_HOSTS.get(host_of(request)) == "sandbox",
        "config": {
            "sessions": SESSIONS,
            "app_id": client.app_id if client else "",
            "keys": known_keys(),
            "glyphs": GLYPHS,
            "texts": _texts(),
        },
    }


def _frame_by(response: HttpResponse, client: ClientRecord | None) -> None:
    origins = list(client.origins) if client is not None and client.is_open else []
    policy = {**POLICY, "frame-ancestors": origins or ["'none'"]}
    response._csp_config = policy  # type: ignore[attr-defined]
    # The older header knows no list of origins.
    response.xframe_options_exempt = bool(origins)  # type: ignore[attr-defined]


def _texts() -> dict[str, str]:
    """What the script says; placeholders in braces are filled in by it."""
    return {
        "login": gettext("Enter your sign-in PIN"),
        "txn": gettext("Enter your transaction PIN"),
        "set": gettext("Choose a new PIN"),
        "hint": gettext("{length} digits · the keys are in a new order each time"),
        "key": gettext("Key {position} of 10"),
        "entered": gettext("{count} of {length} entered"),
        "cleared": gettext("Nothing entered"),
        "left": gettext("{time} left"),
        "soon": gettext("30 seconds left"),
        "done": gettext("Encrypted and handed over"),
        "done_more": gettext("You can return to the app."),
        "expired": gettext("The time is up"),
        "expired_more": gettext("What was entered is deleted. Begin again in the app."),
        "used": gettext("This input was used already"),
        "used_more": gettext("Begin again in the app."),
        "unknown": gettext("There is no such input"),
        "unknown_more": gettext("Open the keyboard from the app; it cannot be opened by itself."),
        "untrusted": gettext("This keyboard cannot be trusted"),
        "untrusted_more": gettext(
            "Its key is not signed by the platform. Enter nothing, close this page and tell the "
            "bank."
        ),
        "unreachable": gettext("The platform cannot be reached"),
        "unreachable_more": gettext("Check the connection, and begin again in the app."),
        "unable": gettext("This browser cannot encrypt"),
        "unable_more": gettext("Use a current browser, over a secure connection."),
    }
