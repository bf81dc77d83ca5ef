"""Addresses of the gateway's hosts beside the signed calls, which the gateway's middleware serves:
the developers' pages, the document of the calls, the keyboard's page."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("openapi_gateway.developers.urls")),
    path("", include("openapi_gateway.upstream.urls")),
    path("", include("openapi_gateway.base_services.keyboard.urls")),
    path("", include("openapi_gateway.base_services.liveness.urls")),
]
