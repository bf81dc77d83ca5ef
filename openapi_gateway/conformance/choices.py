from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RunState(TextChoices):
    RUNNING = "running", _("running")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("not passed")
    # Never finished within its time; follows from the clock before a task writes it down.
    EXPIRED = "expired", _("expired")
    REPLACED = "replaced", _("replaced by a new run")


class CaseVerdict(TextChoices):
    WAITING = "waiting", _("waiting")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("not passed")
    # Nothing could be judged because an earlier case, which it builds on, was not passed.
    BLOCKED = "blocked", _("not judged")


class Arrival(TextChoices):
    """What was seen of the client."""

    CALL = "call", _("call")
    REFUSED = "refused", _("refused call")
    REPORT = "report", _("report")
