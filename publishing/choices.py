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
    BULK_WITHDRAWAL = "bulk_withdrawal", _("withdrawal of several")
    TAKEDOWN = "takedown", _("emergency take-down")


class Lock(TextChoices):
    """What a province template says about one setting."""

    LOCKED = "locked", pgettext_lazy("field lock", "locked")
    DEFAULT = "default", pgettext_lazy("field lock", "default")
    FREE = "free", _("free")
    MUST_FILL = "must_fill", _("must be filled")


class TemplateVerdict(TextChoices):
    ACCEPTED = "accepted", _("accepted")
    DEFERRED = "deferred", _("deferred")


class Standing(TextChoices):
    """How a bank stands to the newest template; follows from publications, never stored."""

    FOLLOWS = "follows", _("follows the province")
    ACCEPTED = "accepted", _("newest template accepted")
    WAITS = "waits", _("newer template waits")
    DEFERRED = "deferred", _("newer template deferred")


class OfferState(TextChoices):
    WAITING = "waiting", pgettext_lazy("offer", "waiting")
    ACCEPTED = "accepted", pgettext_lazy("offer", "accepted")
    DECLINED = "declined", pgettext_lazy("offer", "declined")


class TakedownState(TextChoices):
    """What became of an emergency take-down; follows from its review, never stored."""

    WAITING = "waiting", _("waiting for review")
    CONFIRMED = "confirmed", pgettext_lazy("take-down", "confirmed")
    RESTORED = "restored", pgettext_lazy("take-down", "restored")
    NOT_RESTORED = "not_restored", pgettext_lazy("take-down", "not restored")
    NOT_REVIEWED = "not_reviewed", pgettext_lazy("take-down", "not reviewed")


class Severity(TextChoices):
    """What a forbidden word does to the content in which it stands."""

    BLOCK = "block", pgettext_lazy("forbidden word", "blocks")
    WARN = "warn", pgettext_lazy("forbidden word", "warns")


class ComplianceRule(TextChoices):
    """The codes stand in answers to machines: they never change."""

    FORBIDDEN_WORDS = "forbidden_words", _("No forbidden words")
    END_DATE = "end_date", _("An end is given")
    RULES_TEXT = "rules_text", _("Rules for customers are given")
    SENIOR_MODE = "senior_mode", _("Nothing advertised in senior mode")
    DEPOSIT_GIFT = "deposit_gift", _("No gift tied to a deposit")
    CLOSE_BUTTON = "close_button", _("It can be closed by one touch")


class ComplianceVerdict(TextChoices):
    FAIL = "fail", pgettext_lazy("compliance", "fails")
    # Somebody has to look at it; it may be published.
    WARN = "warn", pgettext_lazy("compliance", "to be checked")
    PASS = "pass", pgettext_lazy("compliance", "passes")
    NOT_APPLICABLE = "not_applicable", pgettext_lazy("compliance", "not applicable")
