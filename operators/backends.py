from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from operators.errors import SignInRefused
from operators.models import Operator
from operators.sign_in.attempts import attempt_sign_in


class OperatorBackend(ModelBackend):
    """Sign-in with lock-out; permissions come from roles (groups) alone, and only at home."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> Operator | None:
        if username is None or password is None:
            return None
        try:
            return attempt_sign_in(username=username, password=password)
        except SignInRefused:
            return None

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        # The same number is another person in another schema, with other groups.
        if getattr(user_obj, "schema_name", None) != connection.schema_name:
            return set()
        return super().get_all_permissions(user_obj, obj)

    def _get_user_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        return Permission.objects.none()
