"""The developers' site and the document of the calls, on the open hosts."""

from __future__ import annotations

from django.urls import path

from openapi_gateway.developers import schema

urlpatterns = [
    path("gw/v1/schema/", schema.show, name="gateway_schema"),
]
