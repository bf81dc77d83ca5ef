from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RequestStatus(TextChoices):
    PENDING = "pending", _("in review")
    APPROVED = "approved", _("approved")
    SENT_BACK = "sent_back", _("sent back")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


class Verdict(TextChoices):
    APPROVE = "approve", _("approve")
    SEND_BACK = "send_back", _("send back")
