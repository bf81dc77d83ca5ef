"""The verbs of ads. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.ads import events
from announcements.ads.content import AdContent, content_of, summary_of
from announcements.ads.errors import UnknownAd
from announcements.ads.models import Ad
from announcements.content import MAX_TITLE_CHARACTERS
from announcements.errors import StillNeeded
from audit.services import record
from operators.permissions import require
from publishing import drafts
from publishing import services as publishing

if TYPE_CHECKING:
    from operators.models import Operator

ADD, CHANGE = "announcements_ads.add_ad", "announcements_ads.change_ad"


@transaction.atomic
def create_ad(*, actor: Operator, content: AdContent) -> Ad:
    require(actor, ADD)
    draft = _begun(actor, content.cleaned())
    record(
        events.AD_CREATED, actor=actor, target=draft, after=summary_of(draft), branch=draft.branch
    )
    return draft


@transaction.atomic
def edit_ad(*, actor: Operator, draft_id: int, version: int, content: AdContent) -> Ad:
    """``version`` is the one that the editor had on the screen; a newer one is not overwritten."""
    require(actor, CHANGE)
    content = content.cleaned()
    draft = _draft(draft_id)
    before = summary_of(draft)
    # Before the change too: a draft of another branch cannot be pulled into one's own.
    drafts.require_branch_of(actor, draft)
    draft.version = version
    for name, value in content.fields():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(
        events.AD_EDITED,
        actor=actor, target=draft, before=before, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def copy_ad(*, actor: Operator, draft_id: int, at: datetime | None = None) -> Ad:
    """A new draft with the same content, never the state: it starts from now, unless the original
    is still to come."""
    require(actor, ADD)
    original = _draft(draft_id)
    drafts.require_branch_of(actor, original)
    title = drafts.copy_title(original, MAX_TITLE_CHARACTERS)
    content = replace(content_of(original), title=title)
    draft = _begun(actor, begun_again(content, at or timezone.now()).cleaned())
    record(
        events.AD_COPIED,
        actor=actor, target=draft, after={"copy_of": str(original.uid)}, branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def delete_ad_draft(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what never left the console: anything published stays on record for ever."""
    require(actor, CHANGE)
    Ad.objects.select_for_update().filter(pk=draft_id).first()
    draft = _draft(draft_id)
    drafts.require_branch_of(actor, draft)
    drafts.refuse_kept(
        draft, StillNeeded,
        published=_("This ad has been published, so it stays on record."),
        in_review=_("This ad is in review. Withdraw it first."),
    )  # fmt: skip
    record(
        events.AD_DELETED,
        actor=actor, target=draft, before=summary_of(draft), branch=draft.branch, reason=reason,
    )  # fmt: skip
    draft.delete()


@transaction.atomic
def accept_ad(*, actor: Operator, content: AdContent, left_out: list[str]) -> Ad:
    """A draft of what the province offered; ``left_out``: what did not fit this bank."""
    require(actor, ADD)
    draft = _begun(actor, content.cleaned())
    record(
        events.AD_ACCEPTED,
        actor=actor, target=draft, after={**summary_of(draft), "left_out": left_out},
        branch=draft.branch,
    )  # fmt: skip
    return draft


def begun_again(content: AdContent, at: datetime) -> AdContent:
    """The same length from now on, when its time has come already; a trial is not repeated."""
    again = drafts.begun_again(content, at)
    return content if again is content else replace(again, trial_starts_at=None)


def _begun(actor: Operator, content: AdContent) -> Ad:
    draft = Ad(**dict(content.fields()))
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    return draft


def _draft(draft_id: int) -> Ad:
    return drafts.find(Ad.objects.select_related("branch", "picture"), draft_id, UnknownAd)
