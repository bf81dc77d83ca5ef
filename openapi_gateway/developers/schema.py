from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from openapi_gateway.developers.document import document
from openapi_gateway.developers.offered import as_stored
from openapi_gateway.developers.writing import as_yaml
from openapi_gateway.routes import OPERATIONS

OPENAPI_JSON, OPENAPI_YAML = "application/openapi+json", "application/openapi+yaml"


@require_safe
@cache_control(public=True, max_age=300)
def show(request: HttpRequest) -> HttpResponse:
    """YAML; JSON with ?format=json. With the catalogue's present versions and last days."""
    server = f"{request.scheme}://{request.get_host()}"
    told = document(OPERATIONS, as_stored(), server)
    if request.GET.get("format") == "json":
        return HttpResponse(json.dumps(told, ensure_ascii=False), content_type=OPENAPI_JSON)
    return HttpResponse(as_yaml(told), content_type=OPENAPI_YAML)
