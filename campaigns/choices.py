"""The closed lists of campaigns. What stands here stands in publications and ledgers for ever."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CampaignKind(TextChoices):
    """What a campaign is made from; all of them are one rule model."""

    CLAIM_PAGE = "claim_page", _("claim page")
    # A discount at the payment: a coupon is claimed, locked and redeemed.
    SPEND_AND_SAVE = "spend_and_save", pgettext_lazy("campaign", "spend and save")
    # A reward after the payment.
    SPEND_AND_GET = "spend_and_get", _("spend and get")
    ACTIVATION_GIFT = "activation_gift", _("activation gift")


class EventKind(TextChoices):
    """What qualifies. There is no event of a deposit: no gift may be tied to one."""

    # The customer joins on the campaign's page.
    JOINED = "joined", _("joined on the campaign's page")
    PAYMENT = "payment", pgettext_lazy("event", "payment")
    ACTIVATION = "activation", _("mobile bank activated")
    FIRST_SIGN_IN = "first_sign_in", _("first sign-in of the month")
    CARD_BOUND = "card_bound", _("card bound")
    BILL_PAID = "bill_paid", _("bill paid")
    BRANCH_VISIT = "branch_visit", _("business done at a branch")


class ConditionKind(TextChoices):
    AMOUNT = "amount", _("amount of the event")
    SCENE = "scene", pgettext_lazy("condition", "scene")
    AUDIENCE = "audience", _("customer")
    WEEKDAYS = "weekdays", _("days of the week")
    HOURS = "hours", _("hours of the day")
    NEW_CUSTOMER = "new_customer", _("account opened not long ago")
    HAS_TAG = "has_tag", _("customer's tag")
    # How often the customer has taken part before.
    TIMES = "times", _("earlier participations")


class EffectKind(TextChoices):
    GRANT_COUPON = "grant_coupon", _("give a coupon")
    GRANT_FROM_POOL = "grant_from_pool", _("give a coupon from a pool")
    TAG_CUSTOMER = "tag_customer", _("tag the customer")


class LimitMeasure(TextChoices):
    COUNT = "count", pgettext_lazy("campaign limit", "participations")
    AMOUNT = "amount", pgettext_lazy("campaign limit", "amount")


class LimitPeriod(TextChoices):
    """Of Shanghai's calendar; a week begins on Monday."""

    DAY = "day", pgettext_lazy("campaign limit", "a day")
    WEEK = "week", pgettext_lazy("campaign limit", "a week")
    MONTH = "month", pgettext_lazy("campaign limit", "a month")
    CAMPAIGN = "campaign", _("in the whole campaign")


class LimitPer(TextChoices):
    CUSTOMER = "customer", _("per customer")
    BRANCH = "branch", pgettext_lazy("campaign limit", "per branch")
    CAMPAIGN = "campaign", _("all customers together")


class RunState(TextChoices):
    """Of a published campaign, beside its period: what people have switched."""

    RUNNING = "running", pgettext_lazy("campaign", "running")
    PAUSED = "paused", pgettext_lazy("campaign", "paused")
    # In an emergency; only a review lets it run again.
    STOPPED = "stopped", pgettext_lazy("campaign", "stopped")
    # The province has pulled its wave back.
    PULLED = "pulled", _("pulled back by the province")
    # For good.
    ENDED = "ended", pgettext_lazy("campaign", "ended early")


class EventOutcome(TextChoices):
    """What one event led to."""

    REWARDED = "rewarded", pgettext_lazy("event", "rewarded")
    # Some campaign would have been for it, but a limit, the budget or a condition said no.
    REFUSED = "refused", pgettext_lazy("event", "not rewarded")
    NO_CAMPAIGN = "no_campaign", _("no campaign for it")
    # A reversal, and what it took back.
    REVERSED = "reversed", pgettext_lazy("event", "reversal applied")
    # A reversal whose event has not come yet.
    WAITING = "waiting", pgettext_lazy("event", "reversal waits for its event")
    # Not come yet, but its reversal has.
    AWAITED = "awaited", pgettext_lazy("event", "not come yet")
    # An event that had been reversed before it came.
    VOID = "void", _("reversed before it came")


class ParticipationState(TextChoices):
    COUNTED = "counted", pgettext_lazy("participation", "counted")
    REFUSED = "refused", pgettext_lazy("participation", "refused")
    REVERSED = "reversed", pgettext_lazy("participation", "reversed")


class EffectState(TextChoices):
    PENDING = "pending", pgettext_lazy("effect", "waiting")
    APPLIED = "applied", pgettext_lazy("effect", "applied")
    # It will never be applied, and why is said; its cost went back to the budget.
    FAILED = "failed", pgettext_lazy("effect", "failed")
    # Reversed before it was applied.
    CANCELLED = "cancelled", pgettext_lazy("effect", "cancelled")
    # Applied, and to be taken back.
    RETURNING = "returning", pgettext_lazy("effect", "being taken back")
    TAKEN_BACK = "taken_back", pgettext_lazy("effect", "taken back")
    # Used before it could be taken back: the cost stays.
    KEPT = "kept", pgettext_lazy("effect", "used, stays")


class LedgerEntryKind(TextChoices):
    """Sign of ``cents``: commit above zero, the others below."""

    COMMIT = "commit", pgettext_lazy("budget", "committed")
    # The coupon that was given is worth less than what was set aside for it.
    SETTLE = "settle", pgettext_lazy("budget", "settled")
    # Given back: reversed, failed or cancelled.
    RELEASE = "release", pgettext_lazy("budget", "given back")


class Refusal(TextChoices):
    """Why an event, or a customer who wants to join, gets nothing from a campaign."""

    NOT_STARTED = "not_started", _("the campaign has not begun")
    ENDED = "ended", _("the campaign is over")
    PAUSED = "paused", _("the campaign is paused")
    STOPPED = "stopped", _("the campaign is stopped")
    OUTSIDE_AUDIENCE = "outside_audience", _("not meant for this customer")
    OTHER_BRANCH = "other_branch", _("meant for another branch")
    AMOUNT = "amount", _("the amount does not qualify")
    SCENE = "scene", _("the scene does not qualify")
    WEEKDAYS = "weekdays", _("not on this day of the week")
    HOURS = "hours", _("not at this hour")
    NEW_CUSTOMER = "new_customer", _("not a new customer")
    HAS_TAG = "has_tag", _("the customer's tags do not qualify")
    TIMES = "times", _("not with this number of earlier participations")
    LIMIT = "limit", _("a limit is reached")
    BUDGET = "budget", _("the budget is used up")
    OUT_OF_STOCK = "out_of_stock", _("no coupon is left")
    NOT_JOINABLE = "not_joinable", _("customers do not join this campaign by themselves")
