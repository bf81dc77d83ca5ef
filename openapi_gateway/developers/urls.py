"""The developers' site and the document of the calls, on the open hosts."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from openapi_gateway.developers import schema, views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="developers"), name="home"),
    path("gw/v1/schema/", schema.show, name="gateway_schema"),
    path("docs/", views.guide, name="developers"),
    path("docs/reference/", views.reference, name="developers_reference"),
    path("docs/problems/", views.problems, name="developers_problems"),
    # What the types of problems point to.
    path("docs/problems/<slug:slug>", views.problem, name="developers_problem"),
    path("docs/examples/<str:name>", views.example, name="developers_example"),
    path("docs/<slug:slug>/", views.guide, name="developers_guide"),
]
