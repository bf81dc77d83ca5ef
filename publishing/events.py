from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.events import register
from publishing.choices import PublicationAction

if TYPE_CHECKING:
    from publishing.models import Publication

PUBLISHED = register("publishing.published", _("published"))
WITHDRAWN = register("publishing.withdrawn", pgettext_lazy("content", "withdrawn"))
ROLLED_BACK = register("publishing.rolled_back", _("rolled back"))
WITHDRAWN_AT_ONCE = register("publishing.withdrawn_at_once", _("withdrawn in an emergency"))
RESTORED = register("publishing.restored", _("restored after a take-down"))
NOT_RESTORED = register("publishing.not_restored", _("not restored after a take-down"))
DRAFT_HANDED_OVER = register("publishing.draft_handed_over", _("draft handed over"))
TEMPLATE_BEGUN = register("publishing.template_begun", _("province template begun"))
TEMPLATE_EDITED = register("publishing.template_edited", _("province template edited"))
SETTINGS_BEGUN = register("publishing.settings_begun", _("settings of the bank begun"))
SETTINGS_EDITED = register("publishing.settings_edited", _("settings of the bank edited"))
SETTING_RESTORED = register("publishing.setting_restored", _("setting restored to the province's"))
TEMPLATE_ACCEPTED = register("publishing.template_accepted", _("province template accepted"))
TEMPLATE_DEFERRED = register("publishing.template_deferred", _("province template deferred"))
WORD_SAVED = register("publishing.word_saved", _("forbidden word saved"))
WORD_REMOVED = register("publishing.word_removed", _("forbidden word removed"))
WORDS_SEEDED = register("publishing.words_seeded", _("forbidden words laid down"))

_OF_ACTION = {
    PublicationAction.PUBLISH: PUBLISHED,
    PublicationAction.WITHDRAW: WITHDRAWN,
    PublicationAction.ROLL_BACK: ROLLED_BACK,
}


def of_publication(publication: Publication) -> str:
    if publication.request_id is None:
        return WITHDRAWN_AT_ONCE
    return _OF_ACTION[PublicationAction(publication.action)]
