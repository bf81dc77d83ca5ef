"""Addresses of a bank's host: its console, the channel API of its mobile app, the phone preview."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from operators.sites import bank_site

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="bank:index"), name="home"),
    path("i18n/", include("django.conf.urls.i18n")),
    # The gateway's part of the channel API first: mobile answers what nobody serves.
    path("", include("openapi_gateway.base_services.identity.channel")),
    path("", include("mobile.urls")),
    path("admin/", bank_site.urls),
]
