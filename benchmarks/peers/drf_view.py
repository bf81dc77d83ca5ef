"""A DRF view that parses the same form and gives the same answer: with no authentication, and
guarded by djangorestframework-api-key, as its documentation has it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import env

settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="not-used-by-anything-here",
    MIDDLEWARE=[], DEBUG=False, USE_TZ=True,
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    DATABASES={
        "default": {
            **env.database("DATABASE_URL"), "ENGINE": "django.db.backends.postgresql",
            "CONN_MAX_AGE": 300,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FormParser"],
        "UNAUTHENTICATED_USER": None,
    },
)  # fmt: skip
django.setup()

from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402

ANSWER: dict[str, Any] = json.loads(Path(os.environ["PEER_ANSWER"]).read_text())
ROOT = "gw/v1/identity/token:introspect"


class Introspect(APIView):
    def post(self, request: Request) -> Response:
        if not request.data.get("token"):
            return Response({"active": False})
        return Response(ANSWER)


class Guarded(Introspect):
    permission_classes = [HasAPIKey]


def healthy(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok")


urlpatterns = [
    path(ROOT, Introspect.as_view()),
    path(f"guarded/{ROOT}", Guarded.as_view()),
    path("healthz", healthy),
]
application = get_wsgi_application()
