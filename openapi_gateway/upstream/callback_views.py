from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from openapi_gateway.upstream.callbacks import MAX_BODY, receive
from openapi_gateway.upstream.errors import ForgedCallback
from openapi_gateway.upstream.signatures import SIGNATURE, TIMESTAMP


@csrf_exempt
@require_POST
def liveness_callback(request: HttpRequest, vendor: str) -> HttpResponse:
    """204 for everything that the vendor signed; it has nothing more to do then."""
    body = _small_body(request)
    if body is None:
        return HttpResponse(status=413)
    try:
        receive(
            vendor, body, timestamp=request.headers.get(TIMESTAMP, ""),
            signature=request.headers.get(SIGNATURE, ""), at=timezone.now(),
        )  # fmt: skip
    except ForgedCallback:
        return HttpResponse(status=401)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return HttpResponse(status=400)
    return HttpResponse(status=204)


def _small_body(request: HttpRequest) -> bytes | None:
    try:
        body = request.read(MAX_BODY + 1)
    except (OSError, RawPostDataException):
        return b""
    return None if len(body) > MAX_BODY else body
