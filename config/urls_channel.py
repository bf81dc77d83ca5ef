"""The channel API of a bank's host: what the rooms serve of it, and its document."""

from __future__ import annotations

from django.urls import URLPattern

from mobile.api import urls as mobile
from openapi_gateway.base_services.identity import channel as identity

# The last pattern of mobile's catches the rest.
urlpatterns: list[URLPattern] = [*identity.urlpatterns, *mobile.urlpatterns]
