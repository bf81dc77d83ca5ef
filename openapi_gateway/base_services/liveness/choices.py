from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SessionState(TextChoices):
    """As stored. "Expired" follows from the clock, see ``LivenessSession.state_at``."""

    CREATED = "created", pgettext_lazy("liveness state", "created")
    STARTED = "started", pgettext_lazy("liveness state", "started")
    PROCESSING = "processing", pgettext_lazy("liveness state", "processing")
    PASSED = "passed", pgettext_lazy("liveness state", "passed")
    FAILED = "failed", pgettext_lazy("liveness state", "failed")
    UNCERTAIN = "uncertain", pgettext_lazy("liveness state", "uncertain")
    CANCELLED = "cancelled", pgettext_lazy("liveness state", "cancelled")


EXPIRED, EXPIRED_LABEL = "expired", pgettext_lazy("liveness state", "expired")
OPEN = (SessionState.CREATED, SessionState.STARTED, SessionState.PROCESSING)
DECIDED = (SessionState.PASSED, SessionState.FAILED, SessionState.UNCERTAIN)


class Mode(TextChoices):
    SILENT = "silent", pgettext_lazy("liveness mode", "silent")
    ACTION = "action", pgettext_lazy("liveness mode", "actions")
    FLASH = "flash", pgettext_lazy("liveness mode", "colours")
    MULTI = "multi", pgettext_lazy("liveness mode", "silent, then actions")


class Risk(TextChoices):
    LOW = "low", pgettext_lazy("liveness risk", "low")
    MEDIUM = "medium", pgettext_lazy("liveness risk", "medium")
    HIGH = "high", pgettext_lazy("liveness risk", "high")


class Decision(TextChoices):
    LIVE = "live", pgettext_lazy("liveness decision", "live")
    SPOOF = "spoof", pgettext_lazy("liveness decision", "spoof")
    UNCERTAIN = "uncertain", pgettext_lazy("liveness decision", "uncertain")


class CompareType(TextChoices):
    NONE = "", _("not compared")
    ID_PHOTO = "id_photo", _("photo of the identity document")
    BANK_PHOTO = "bank_photo", _("photo kept by the bank")


class Fallback(TextChoices):
    """How the partner identifies who cannot or will not show their face: there must be a way."""

    SMS_CODE = "sms_code", _("code by text message")
    PASSWORD = "password", _("password")
    ID_CARD = "id_card", _("identity document")
    VIDEO = "video", _("video call")
    COUNTER = "counter", _("at the counter")


class CaptureState(TextChoices):
    WAITING = "waiting", pgettext_lazy("liveness capture", "waiting")
    SUBMITTED = "submitted", pgettext_lazy("liveness capture", "with the engine")
    SETTLED = "settled", pgettext_lazy("liveness capture", "settled")
    # The engine could not judge it, and it does not count.
    GIVEN_BACK = "given_back", pgettext_lazy("liveness capture", "given back")


class Counted(TextChoices):
    SUBJECT = "subject", _("person")
    DEVICE = "device", _("device")


class PurgeReason(TextChoices):
    PROCESSED = "processed", pgettext_lazy("liveness purge", "processed")
    CANCELLED = "cancelled", pgettext_lazy("liveness purge", "deleted by the partner")
    EXPIRED = "expired", pgettext_lazy("liveness purge", "expired")
    RETIRED = "retired", pgettext_lazy("liveness purge", "end of retention")
