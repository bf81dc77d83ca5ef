from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CallerKind(StrEnum):
    """Who holds a token of the channel API."""

    CUSTOMER = "customer"
    # The app before sign-in.
    VISITOR = "visitor"
    # A server that reports events of many customers.
    SYSTEM = "system"


class CustomerGroup(TextChoices):
    LOAN = "loan", _("loan customers")
    CARD = "card", _("credit card customers")
    PAYROLL = "payroll", _("payroll customers")
    SOCIAL = "social", _("social insurance customers")
    WEALTH = "wealth", _("wealth customers")
    SENIOR = "senior", _("senior customers")
    CAMPUS = "campus", _("campus customers")


class RiskLevel(TextChoices):
    """How much risk a customer may be offered, by the bank's assessment."""

    C1 = "C1", _("C1 conservative")
    C2 = "C2", _("C2 cautious")
    C3 = "C3", _("C3 balanced")
    C4 = "C4", _("C4 growth")
    C5 = "C5", _("C5 aggressive")


class ItemKind(TextChoices):
    """What a touchpoint can be with; the words of the kinds of content."""

    AD = "ad", _("ad")
    ANNOUNCEMENT = "announcement", _("announcement")


class TouchpointKind(TextChoices):
    IMPRESSION = "impression", _("shown")
    CLICK = "click", _("touched")
    CLOSE = "close", pgettext_lazy("touchpoint", "closed")


class ConsentPurpose(TextChoices):
    """What a customer agrees to, to the benefit of one partner; each by itself."""

    LOGIN = "login", _("signing in with the bank's app")
    PROFILE = "profile", _("name and phone, masked")
    LIVENESS = "liveness", _("liveness check of the face")
    KEYBOARD = "keyboard", _("password by the secure keyboard")
