"""What one bank's host serves for its mobile app: the channel API and the phone preview."""

from __future__ import annotations

from django.urls import URLPattern

from mobile.api import urls as api
from mobile.preview import urls as preview

urlpatterns: list[URLPattern] = [*preview.urlpatterns, *api.urlpatterns]
