"""The capture as a page, for partners who build none of their own.

Session and token come in the fragment of the address, which browsers send nowhere.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from openapi_gateway.base_services.liveness import errors, media
from openapi_gateway.base_services.liveness.wording import ACTION_WORDS, COLOUR_WORDS
from openapi_gateway.upstream.choices import OurCode

SESSIONS = "/gw/v1/liveness/sessions/"
POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    # What the camera has just taken is shown before it is sent.
    "img-src": ["'self'", "blob:"],
    "media-src": ["'self'", "blob:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    language = request.GET.get("lang", "")
    known = language if language in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(known):
        config = {"sessions": SESSIONS, "max_bytes": media.MAX_BYTES, "texts": _texts()}
        context = {"config": config, "is_sandbox": _is_sandbox(request)}
        response = render(request, "openapi_gateway/liveness.html", context)
    response._csp_config = POLICY  # type: ignore[attr-defined]
    response["Referrer-Policy"] = "no-referrer"
    response["Permissions-Policy"] = "camera=(self), microphone=()"
    return response


def _is_sandbox(request: HttpRequest) -> bool:
    host = request.get_host().partition(":")[0].lower()
    return settings.OPEN_HOSTS.get(host) == "sandbox"


def _texts() -> dict[str, object]:
    """What the script says; words in braces are filled in by it."""
    return {
        "silent": gettext("Look into the camera"),
        "action": gettext("Follow these movements, one after the other"),
        "flash": gettext("Hold still while the screen changes colour"),
        "step": gettext("Step {step} of {steps}"),
        "left": gettext("{time} left"),
        "attempts": gettext("Attempts left: {attempts}"),
        "words": {name: str(word) for name, word in {**ACTION_WORDS, **COLOUR_WORDS}.items()},
        "record": gettext("Start"),
        "recording": gettext("Now: {action}"),
        "shoot": gettext("Take the picture"),
        "sending": gettext("Sending, please wait"),
        "checking": gettext("Checking, please wait"),
        "again": gettext("That did not work. Please try again."),
        "no_camera": gettext("No camera can be used here. Choose a picture or a video instead."),
        "hints": _hints(),
        "finished": gettext("Thank you, that is all"),
        "finished_more": gettext("Go back to the app: it has the result."),
        "expired": gettext("The time is up"),
        "expired_more": gettext("Nothing was kept. Begin again in the app, or choose another way."),
        "unknown": gettext("This page was not opened by the app"),
        "unknown_more": gettext("Go back to the app and begin there."),
        "refused": gettext("This way cannot be used now"),
        "refused_more": gettext("Go back to the app and choose another way to identify yourself."),
        "unreachable": gettext("The platform cannot be reached"),
        "unreachable_more": gettext("Check the connection, then try again."),
        "too_large": gettext("The file is too large. Choose one below 5 MB."),
        "wrong_type": gettext("Choose a picture (JPEG, PNG) or a video (MP4)."),
    }


def _hints() -> dict[str, str]:
    return {
        OurCode.NO_FACE.value: gettext("No face was seen. Hold the phone at eye level."),
        OurCode.SEVERAL_FACES.value: gettext("More than one face was seen. Be alone, please."),
        OurCode.POOR_QUALITY.value: gettext("It was too dark or blurred. Go where it is brighter."),
        OurCode.WRONG_ACTION.value: gettext("The movements were not seen. Do them slowly."),
        OurCode.MEDIA_REFUSED.value: gettext("The picture could not be read. Take a new one."),
        errors.CAPTURE_REPLAYED: gettext("This picture was sent before. Take a new one."),
    }
