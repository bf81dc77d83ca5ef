from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

OFFERED = register("publishing.offered", _("offered to banks"))
ACCEPTED = register("publishing.offer_accepted", _("offer of the province accepted"))
DECLINED = register("publishing.offer_declined", _("offer of the province declined"))
