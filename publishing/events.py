from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.events import register
from publishing.choices import PublicationAction

PUBLISHED = register("publishing.published", _("published"))
WITHDRAWN = register("publishing.withdrawn", pgettext_lazy("content", "withdrawn"))
ROLLED_BACK = register("publishing.rolled_back", _("rolled back"))
WITHDRAWN_AT_ONCE = register("publishing.withdrawn_at_once", _("withdrawn in an emergency"))
DRAFT_HANDED_OVER = register("publishing.draft_handed_over", _("draft handed over"))

OF_ACTION = {
    PublicationAction.PUBLISH: PUBLISHED,
    PublicationAction.WITHDRAW: WITHDRAWN,
    PublicationAction.ROLL_BACK: ROLLED_BACK,
}
