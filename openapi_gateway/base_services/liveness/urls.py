from __future__ import annotations

from django.urls import path

from openapi_gateway.base_services.liveness.page import page

urlpatterns = [path("liveness/", page, name="liveness")]
