from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class LinkKind(TextChoices):
    """Where a touch leads; the kinds other than these two come from ``publishing.links``."""

    NONE = "none", _("nowhere")
    URL = "url", _("https address")
