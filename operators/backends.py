from __future__ import annotations

from django.contrib.auth.backends import ModelBackend


class OperatorBackend(ModelBackend):
    """Permissions come from roles (groups) alone."""

    def _get_user_permissions(self, user_obj):  # type: ignore[no-untyped-def]
        from django.contrib.auth.models import Permission

        return Permission.objects.none()
