from __future__ import annotations

from django.urls import path, re_path

from openapi_gateway.base_services.keyboard.page import page

urlpatterns = [
    path("keyboard/", page, name="keyboard"),
    re_path(r"^keyboard/(?P<app_id>app_[a-z0-9]{16})/$", page, name="keyboard_of_client"),
]
