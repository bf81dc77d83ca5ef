from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CouponKind(TextChoices):
    SPEND_AND_SAVE = "spend_and_save", _("spend and save")
    DISCOUNT = "discount", pgettext_lazy("coupon", "discount")
    INTEREST = "interest", _("interest rate")
    GIFT = "gift", _("gift exchange")
    SERVICE = "service", pgettext_lazy("coupon", "service")
    THIRD_PARTY = "third_party", _("third-party code")


class Validity(TextChoices):
    FIXED = "fixed", _("fixed dates")
    AFTER_CLAIM = "after_claim", _("days after the claim")


class RedeemedAt(TextChoices):
    """Where a coupon may be used."""

    ONLINE = "online", _("in the app")
    COUNTER = "counter", _("at the counter")
    ANYWHERE = "anywhere", _("in the app and at the counter")


class Scene(TextChoices):
    """What a coupon pays towards; beside these, "function:<code>" and "merchant:<number>"."""

    TOP_UP = "top_up", _("phone top-up")
    BILLS = "bills", _("bill payment")
    MERCHANTS = "merchants", _("merchants")
    TRANSFER = "transfer", pgettext_lazy("scene", "transfer")
    LOAN = "loan", pgettext_lazy("scene", "loan")
    DEPOSIT = "deposit", pgettext_lazy("scene", "deposit")


class LimitAction(TextChoices):
    CLAIM = "claim", pgettext_lazy("coupon", "claim")
    REDEEM = "redeem", pgettext_lazy("coupon", "redeem")


class LimitMeasure(TextChoices):
    COUNT = "count", _("number of coupons")
    AMOUNT = "amount", _("amount")


class LimitPeriod(TextChoices):
    """Of Shanghai's calendar; a week begins on Monday."""

    DAY = "day", _("a day")
    WEEK = "week", _("a week")
    MONTH = "month", _("a month")
    LIFETIME = "lifetime", _("in all")


class LimitPer(TextChoices):
    CUSTOMER = "customer", _("per customer")
    TEMPLATE = "template", _("per template")
    BRANCH = "branch", _("per branch")


class Bearer(TextChoices):
    PROVINCE = "province", _("provincial union")
    BANK = "bank", pgettext_lazy("cost bearer", "bank")
    MERCHANT = "merchant", _("merchant")


class BatchOrigin(TextChoices):
    IMPORT = "import", _("imported")
    GENERATE = "generate", _("generated")


class BatchState(TextChoices):
    """Only coupons of a live batch can be claimed, granted, locked or redeemed."""

    LOADING = "loading", _("loading")
    LOADED = "loaded", _("loaded, not submitted")
    IN_REVIEW = "in_review", _("in review")
    LIVE = "live", pgettext_lazy("batch", "live")
    FROZEN = "frozen", _("frozen")
    RECALLED = "recalled", _("recalled")
    DISCARDED = "discarded", _("discarded")
    FAILED = "failed", pgettext_lazy("batch", "failed")


# Whose file counts as taken in: the same file is not taken in twice.
KEPT_BATCHES = (
    BatchState.LOADING, BatchState.LOADED, BatchState.IN_REVIEW, BatchState.LIVE,
    BatchState.FROZEN, BatchState.RECALLED,
)  # fmt: skip


class CouponState(TextChoices):
    """As stored. Whether a claimed coupon has expired, the clock says, not this."""

    STOCKED = "stocked", _("in stock")
    CLAIMED = "claimed", _("claimed")
    LOCKED = "locked", pgettext_lazy("coupon", "locked")
    REDEEMED = "redeemed", _("redeemed")
    EXPIRED = "expired", pgettext_lazy("coupon", "expired")
    VOIDED = "voided", _("voided")
    FROZEN = "frozen", _("frozen")


class LedgerAction(TextChoices):
    STOCK = "stock", _("stocked")
    CLAIM = "claim", pgettext_lazy("ledger", "claimed")
    GRANT = "grant", _("granted")
    LOCK = "lock", pgettext_lazy("ledger", "locked")
    RELEASE = "release", _("released")
    REDEEM = "redeem", pgettext_lazy("ledger", "redeemed")
    REVERSE = "reverse", _("reversed")
    VOID = "void", pgettext_lazy("ledger", "voided")
    EXPIRE = "expire", pgettext_lazy("ledger", "expired")
    FREEZE = "freeze", pgettext_lazy("ledger", "frozen")
    UNFREEZE = "unfreeze", _("unfrozen")


class Channel(TextChoices):
    APP = "app", _("mobile app")
    COUNTER = "counter", _("counter")
    CONSOLE = "console", _("console")
    SYSTEM = "system", pgettext_lazy("channel", "system")
    JOB = "job", _("background work")


class ActorKind(TextChoices):
    CUSTOMER = "customer", _("customer")
    OPERATOR = "operator", _("operator")
    SYSTEM = "system", pgettext_lazy("actor", "system")


class GrantReason(TextChoices):
    TARGETED = "targeted", _("targeted grant")
    COMPENSATION = "compensation", _("compensation")


class GrantState(TextChoices):
    DRAFT = "draft", pgettext_lazy("grant", "draft")
    IN_REVIEW = "in_review", _("in review")
    RUNNING = "running", pgettext_lazy("grant", "running")
    DONE = "done", pgettext_lazy("grant", "done")
    DISCARDED = "discarded", pgettext_lazy("grant", "discarded")


class RecipientState(TextChoices):
    WAITING = "waiting", pgettext_lazy("recipient", "waiting")
    GRANTED = "granted", pgettext_lazy("recipient", "granted")
    REFUSED = "refused", pgettext_lazy("recipient", "refused")


class ReconciliationState(TextChoices):
    TIED_OUT = "tied_out", _("tied out")
    BROKEN = "broken", pgettext_lazy("reconciliation", "broken")
