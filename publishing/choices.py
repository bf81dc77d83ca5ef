from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PublicationAction(TextChoices):
    PUBLISH = "publish", _("publish")
    WITHDRAW = "withdraw", pgettext_lazy("content", "withdraw")
    ROLL_BACK = "roll_back", _("roll back")


class Stage(TextChoices):
    """Where a piece of content stands; derived from publications and the clock, never stored."""

    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("in review")
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", _("live")
    ENDED = "ended", _("ended")
    WITHDRAWN = "withdrawn", pgettext_lazy("content", "withdrawn")


class RequestKind(TextChoices):
    """The kinds of approval that this room registers."""

    PUBLICATION = "publication", _("publish")
    WITHDRAWAL = "withdrawal", _("withdrawal")
    ROLLBACK = "rollback", _("rollback")
