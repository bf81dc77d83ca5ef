from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path

from config.urls_bank import urlpatterns as bank_urls
from tests.tenants.only import only_here


def bank_and_groups(request: HttpRequest) -> JsonResponse:
    """The group that only this bank's schema holds, by whichever thread was given the request; and
    once more, as the others have come in between: each read waits for the database."""
    return JsonResponse({"bank": request.tenant.slug, "groups": [only_here(), only_here()]})  # type: ignore[attr-defined]


urlpatterns = [path("only-here/", bank_and_groups), *bank_urls]
