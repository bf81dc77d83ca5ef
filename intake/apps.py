from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    """Operators' files: encodings, readers, headers, staging, rows that are refused."""

    name = "intake"
    label = "intake"
    verbose_name = _("file intake")
