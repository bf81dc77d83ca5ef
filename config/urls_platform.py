"""Addresses of the platform's host: its console."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from operators.sites import platform_site

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="platform:index"), name="home"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("mobile.preview.urls")),
    path("", include("mobile.media")),
    path("admin/", platform_site.urls),
]
