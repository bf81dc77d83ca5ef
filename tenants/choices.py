from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BankStatus(TextChoices):
    ONBOARDING = "onboarding", _("onboarding")
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    CLOSED = "closed", _("closed")

    @property
    def is_open(self) -> bool:
        """Whether the bank's console answers."""
        return self in {BankStatus.ONBOARDING, BankStatus.ACTIVE}


class UpgradeState(TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
