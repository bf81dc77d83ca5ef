from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SessionState(TextChoices):
    """As stored. "Expired" follows from the clock, see ``LivenessSession.state_at``."""

    CREATED = "created", _("created")
    STARTED = "started", _("started")
    PROCESSING = "processing", _("processing")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")
    UNCERTAIN = "uncertain", _("uncertain")
    CANCELLED = "cancelled", _("cancelled")


EXPIRED, EXPIRED_LABEL = "expired", _("expired")
OPEN = (SessionState.CREATED, SessionState.STARTED, SessionState.PROCESSING)
DECIDED = (SessionState.PASSED, SessionState.FAILED, SessionState.UNCERTAIN)


class Mode(TextChoices):
    SILENT = "silent", _("silent")
    ACTION = "action", _("actions")
    FLASH = "flash", _("colours")
    MULTI = "multi", _("silent, then actions")


class Risk(TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class Decision(TextChoices):
    LIVE = "live", _("live")
    SPOOF = "spoof", _("spoof")
    UNCERTAIN = "uncertain", _("uncertain")


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
    WAITING = "waiting", _("waiting")
    SUBMITTED = "submitted", _("with the engine")
    SETTLED = "settled", _("settled")
    # The engine could not judge it, and it does not count.
    GIVEN_BACK = "given_back", _("given back")


class Counted(TextChoices):
    SUBJECT = "subject", _("person")
    DEVICE = "device", _("device")


class PurgeReason(TextChoices):
    PROCESSED = "processed", _("processed")
    CANCELLED = "cancelled", _("deleted by the partner")
    EXPIRED = "expired", _("expired")
    RETIRED = "retired", _("end of retention")
