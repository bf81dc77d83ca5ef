from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

STARTED = register("demo.started", _("loading of the demo province begun"))
BANK_FILLED = register("demo.bank_filled", _("demo data of a bank loaded"))
LOADED = register("demo.loaded", _("demo province loaded"))
