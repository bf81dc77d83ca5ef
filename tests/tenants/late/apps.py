from __future__ import annotations

from django.apps import AppConfig


class LateConfig(AppConfig):
    """A room that a later release brings: its migration gets stuck or fails where it is told to."""

    name = "tests.tenants.late"
    label = "late"
