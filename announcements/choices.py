from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PlacementCode(TextChoices):
    """Where the app shows pictures; the words of the channel API."""

    SPLASH = "splash", _("splash screen")
    HOME_BANNER = "home_banner", _("home banner")
    POPUP = "popup", _("popup")
    FLOATING = "floating", _("floating picture")
    ZONE_BANNER = "zone_banner", _("zone banner")


# By law, and because it lies over everything: one touch closes it, whatever a row says.
ALWAYS_CLOSABLE = frozenset({PlacementCode.SPLASH, PlacementCode.POPUP, PlacementCode.FLOATING})


class FunctionGroup(TextChoices):
    """The drawers in which the app keeps its functions; each has a colour of its own there."""

    ACCOUNT = "account", _("accounts")
    TRANSFER = "transfer", _("transfers")
    DEPOSIT = "deposit", _("deposits")
    WEALTH = "wealth", pgettext_lazy("functions", "wealth")
    LOAN = "loan", pgettext_lazy("functions", "loans")
    CARD = "card", _("credit cards")
    SOCIAL = "social", _("social insurance")
    LIFE = "life", _("daily life")
    SERVICE = "service", _("services")


class Mode(TextChoices):
    STANDARD = "standard", _("standard mode")
    SENIOR = "senior", _("senior mode")
