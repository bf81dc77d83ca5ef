"""Addresses on the open host."""

from __future__ import annotations

from django.urls import path

from openapi_gateway.upstream.callback_views import liveness_callback

urlpatterns = [
    path("vendor-callbacks/liveness/<slug:vendor>", liveness_callback, name="liveness_callback")
]
