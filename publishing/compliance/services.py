"""Keeping the list of forbidden words: the platform for all banks, each bank for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from operators.entries import InvalidEntry, save_entry, values_of
from operators.permissions import require
from publishing import events
from publishing.compliance.matching import bare_word, tidy_harmless
from publishing.models import ForbiddenWord
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator


def save_word(*, actor: Operator, word: ForbiddenWord) -> ForbiddenWord:
    """Adds or changes it. Raises ``InvalidEntry`` for a word that is on the list already."""
    word.word = " ".join(word.word.split())
    word.bare = bare_word(word.word).strip()
    word.harmless = "、".join(tidy_harmless(word.harmless))
    _refuse_nonsense(word)
    return save_entry(actor=actor, entry=word, event=events.WORD_SAVED)


@transaction.atomic
def remove_word(*, actor: Operator, word_id: int) -> None:
    """For good; a word that is only to rest is taken out of force."""
    require(actor, "publishing.delete_forbiddenword")
    found = ForbiddenWord.objects.select_for_update().filter(pk=word_id).first()
    if found is None:
        raise InvalidEntry(_("This word is not on the list any more."))
    record(events.WORD_REMOVED, actor=actor, target=found, before=values_of(found))
    found.delete()
    announce_change(current_schema())


def _refuse_nonsense(word: ForbiddenWord) -> None:
    if len(word.bare) < 2 and not any(each > "\u2e7f" for each in word.bare):
        raise InvalidEntry(_("Enter a word of at least two letters or one Chinese character."))
    if any(word.bare not in bare_word(each) for each in tidy_harmless(word.harmless)):
        raise InvalidEntry(
            _("“Harmless in” lists longer words that contain “%(word)s”; correct the others.")
            % {"word": word.word}
        )
    if ForbiddenWord.objects.filter(bare=word.bare).exclude(pk=word.pk).exists():
        raise InvalidEntry(
            _("“%(word)s” is on the list already, perhaps written in another width.")
            % {"word": word.word}
        )
