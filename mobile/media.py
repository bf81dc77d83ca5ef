"""Pictures, as the app and the consoles load them: a bank's own, and the province's."""

from __future__ import annotations

import re

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from tenants.media import belongs_here

# What this project writes, and nothing else; never what somebody uploaded.
PICTURE = re.compile(r"pictures/([0-9a-f]{32})/([0-9a-z]+)\.webp")
HEADERS = {
    # A name stands for the same bytes for ever.
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def picture(request: HttpRequest, schema: str, name: str) -> HttpResponseBase:
    """Another schema's file does not exist here, whoever asks. Looks nothing up in the database."""
    found = PICTURE.fullmatch(name)
    if found is None or not belongs_here(schema):
        return _nothing()
    try:
        file = default_storage.open(f"{schema}/{name}")
    except FileNotFoundError:
        return _nothing()
    headers = {**HEADERS, "ETag": f'"{found[1]}-{found[2]}"'}
    unchanged = get_conditional_response(request, etag=headers["ETag"])
    if unchanged is not None:
        file.close()
        for header, value in headers.items():
            unchanged.headers[header] = value
        return unchanged
    return FileResponse(file, content_type="image/webp", headers=headers)


def _nothing() -> HttpResponse:
    return HttpResponse(status=404, headers={"Cache-Control": "no-store"})


urlpatterns = [path("media/<slug:schema>/<path:name>", picture, name="media")]
