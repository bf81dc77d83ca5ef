from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events


def register() -> None:
    events.register("customers.history_viewed", _("what a customer was shown was looked at"))
    events.register("customers.imported", _("customer file imported"))
    events.register("customers.trial_list_changed", _("trial list changed"))
