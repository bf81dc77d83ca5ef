from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

BANK_CREATED = register("tenants.bank_created", _("bank created"))
BANK_STATUS_CHANGED = register("tenants.bank_status_changed", _("bank status changed"))
BANK_DETAILS_CHANGED = register("tenants.bank_details_changed", _("bank details changed"))
