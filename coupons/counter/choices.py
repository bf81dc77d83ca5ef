from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from coupons.choices import Scene


class Business(TextChoices):
    """What the customer did at the counter. Kept as the scene of the redemption: a coupon that
    pays towards certain scenes only is redeemed for those."""

    ACCOUNT = "account", _("opening an account")
    CARD = "card", _("bank card")
    SOCIAL = "social", _("social security card")
    DEPOSIT = Scene.DEPOSIT.value, pgettext_lazy("business", "deposit")
    LOAN = Scene.LOAN.value, pgettext_lazy("business", "loan")
    WEALTH = "wealth", _("wealth product or insurance")
    PAYROLL = "payroll", _("payroll service")
    MOBILE = "mobile", _("mobile bank sign-up")
    TRANSFER = Scene.TRANSFER.value, pgettext_lazy("business", "transfer")
    BILLS = Scene.BILLS.value, pgettext_lazy("business", "bill payment")
    VISIT = "visit", _("visit or campaign at the branch")
    OTHER = "other", pgettext_lazy("business", "other")


def business_label(scene: str) -> str:
    return str(Business(scene).label) if scene in Business.values else scene
