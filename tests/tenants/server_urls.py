from __future__ import annotations

from django.contrib.auth.models import Group
from django.http import HttpRequest, JsonResponse
from django.urls import path

from config.urls_bank import urlpatterns as bank_urls


def only_here(request: HttpRequest) -> JsonResponse:
    """The group that only this bank's schema holds, by whichever thread was given the request."""
    names = list(Group.objects.filter(name__startswith="only-").values_list("name", flat=True))
    return JsonResponse({"bank": request.tenant.slug, "groups": names})  # type: ignore[attr-defined]


urlpatterns = [path("only-here/", only_here), *bank_urls]
