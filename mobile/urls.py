"""What one bank's host serves for its mobile app: the channel API, pictures, the phone preview."""

from __future__ import annotations

from django.urls import URLPattern

from mobile import media
from mobile.api import urls as api
from mobile.preview import urls as preview

urlpatterns: list[URLPattern] = [
    *preview.urlpatterns,
    *media.urlpatterns,
    *api.urlpatterns,
]
