from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

AD_CREATED = register("announcements_ads.ad_created", _("ad drafted"))
AD_EDITED = register("announcements_ads.ad_edited", _("ad edited"))
AD_COPIED = register("announcements_ads.ad_copied", _("ad copied"))
AD_DELETED = register("announcements_ads.ad_deleted", _("ad draft deleted"))
AD_ACCEPTED = register("announcements_ads.ad_accepted", _("ad accepted from the province"))
ORDER_SAVED = register("announcements_ads.order_saved", _("order of ads saved"))
