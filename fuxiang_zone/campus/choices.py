from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SchoolKind(TextChoices):
    KINDERGARTEN = "kindergarten", _("kindergarten")
    PRIMARY = "primary", _("primary school")
    MIDDLE = "middle", _("middle school")
    VOCATIONAL = "vocational", _("vocational school")
    COLLEGE = "college", _("college")


class FeeState(TextChoices):
    """Customers see the bills of open and closed fees; closed ones can no longer be paid."""

    DRAFT = "draft", pgettext_lazy("fee", "draft")
    IN_REVIEW = "in_review", pgettext_lazy("fee", "in review")
    OPEN = "open", pgettext_lazy("fee", "collecting")
    CLOSED = "closed", pgettext_lazy("fee", "closed")


class BillState(TextChoices):
    # Not approved yet: no customer sees it.
    DRAFT = "draft", pgettext_lazy("bill", "not issued")
    UNPAID = "unpaid", pgettext_lazy("bill", "unpaid")
    PAID = "paid", pgettext_lazy("bill", "paid")
    REFUNDED = "refunded", pgettext_lazy("bill", "refunded")
    CANCELLED = "cancelled", pgettext_lazy("bill", "cancelled")


# What customers are shown.
ISSUED = (BillState.UNPAID, BillState.PAID, BillState.REFUNDED)


class NoticeKind(TextChoices):
    PAYMENT = "payment", pgettext_lazy("notice", "payment")
    REFUND = "refund", pgettext_lazy("notice", "refund")


class Outcome(TextChoices):
    """What became of a notice of payment; the values are told to the school's system. Never reuse
    one for another meaning."""

    PAID = "paid", pgettext_lazy("payment", "paid")
    PAID_LATE = "paid_late", pgettext_lazy("payment", "paid after the due date")
    REFUNDED = "refunded", pgettext_lazy("payment", "refunded")
    RETURNED = "returned", pgettext_lazy("payment", "money given back")
    WAITING = "waiting", pgettext_lazy("payment", "waiting for its payment")
    WRONG_AMOUNT = "wrong_amount", pgettext_lazy("payment", "another amount")
    ALREADY_PAID = "already_paid", pgettext_lazy("payment", "paid before")
    ALREADY_REFUNDED = "already_refunded", pgettext_lazy("payment", "refunded before")
    TOO_LATE = "too_late", pgettext_lazy("payment", "collection is over")
    BILL_CANCELLED = "bill_cancelled", pgettext_lazy("payment", "bill cancelled")
    UNKNOWN_BILL = "unknown_bill", pgettext_lazy("payment", "no such bill")


TAKEN = (Outcome.PAID, Outcome.PAID_LATE)
# Money that the school holds and no bill accounts for: somebody has to give it back.
STRAY = (
    Outcome.WRONG_AMOUNT, Outcome.ALREADY_PAID, Outcome.TOO_LATE, Outcome.BILL_CANCELLED,
    Outcome.UNKNOWN_BILL,
)  # fmt: skip


class LinkedBy(TextChoices):
    FILE = "file", pgettext_lazy("link", "the school's list")
    PHONE = "phone", pgettext_lazy("link", "the customer")
