"""The two consoles: the platform's, and the one every bank has."""

from __future__ import annotations

from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    enable_nav_sidebar = True


class PlatformSite(ConsoleSite):
    settings_name = "UNFOLD_PLATFORM"


class BankSite(ConsoleSite):
    settings_name = "UNFOLD_BANK"


platform_site = PlatformSite(name="platform")
bank_site = BankSite(name="bank")
