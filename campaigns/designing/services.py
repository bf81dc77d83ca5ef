"""The verbs of campaign drafts. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from campaigns import events
from campaigns.designing.content import MOST_TITLE, CampaignContent, content_of, summary_of
from campaigns.designing.locks import check_locks
from campaigns.errors import BadCampaign, CampaignKept, UnknownCampaign
from campaigns.models import Campaign
from operators.permissions import require
from publishing import drafts
from publishing import services as publishing

if TYPE_CHECKING:
    from operators.models import Operator

ADD, CHANGE = "campaigns.add_campaign", "campaigns.change_campaign"


@dataclass(frozen=True, slots=True)
class Origin:
    """The province campaign that a bank's campaign carries out, as of the version it joined."""

    uid: UUID
    version: int
    payload: Mapping[str, Any]


@transaction.atomic
def create_campaign(
    *, actor: Operator, content: CampaignContent, origin: Origin | None = None
) -> Campaign:
    require(actor, ADD)
    content = content.cleaned()
    check_locks(content, origin.payload if origin is not None else {})
    draft = _begun(actor, content, origin)
    record(
        events.CREATED,
        actor=actor, target=draft, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def edit_campaign(
    *,
    actor: Operator,
    draft_id: int,
    version: int,
    content: CampaignContent,
    origin: Origin | None = None,
) -> Campaign:
    """``version`` is the one that the editor had on the screen; a newer one is not overwritten.
    ``origin``: a newer version of the province campaign that is taken over with this edit."""
    require(actor, CHANGE)
    content = content.cleaned()
    draft = _draft(draft_id)
    # Before the change too: a draft of another branch cannot be pulled into one's own.
    drafts.require_branch_of(actor, draft)
    _refuse_other_kind(draft, content)
    before = summary_of(draft)
    _take_origin(draft, origin)
    check_locks(content, draft.province_payload)
    draft.version = version
    for name, value in content.fields():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(
        events.EDITED,
        actor=actor, target=draft, before=before, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def copy_campaign(*, actor: Operator, draft_id: int, at: datetime | None = None) -> Campaign:
    """A new draft of the bank's own, whatever it was copied from; it starts from now, unless the
    original is still to come, and runs as long."""
    require(actor, ADD)
    original = _draft(draft_id)
    drafts.require_branch_of(actor, original)
    content = drafts.begun_again(content_of(original), at or timezone.now())
    title = drafts.copy_title(original, MOST_TITLE)
    draft = _begun(actor, replace(content, title=title).cleaned(), None)
    record(
        events.COPIED,
        actor=actor, target=draft, after={"copy_of": str(original.uid)}, branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def delete_campaign_draft(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what never left the console: anything published stays on record for ever."""
    require(actor, CHANGE)
    Campaign.objects.select_for_update().filter(pk=draft_id).first()
    draft = _draft(draft_id)
    drafts.require_branch_of(actor, draft)
    drafts.refuse_kept(
        draft, CampaignKept,
        published=_("This campaign has been published, so it stays on record."),
        in_review=_("This campaign is in review. Withdraw it first."),
    )  # fmt: skip
    record(
        events.DELETED,
        actor=actor, target=draft, before=summary_of(draft), branch=draft.branch, reason=reason,
    )  # fmt: skip
    draft.delete()


def _begun(actor: Operator, content: CampaignContent, origin: Origin | None) -> Campaign:
    draft = Campaign(**dict(content.fields()))
    _take_origin(draft, origin)
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    return draft


def _take_origin(draft: Campaign, origin: Origin | None) -> None:
    if origin is None:
        return
    draft.province_uid = origin.uid
    draft.province_version = origin.version
    draft.province_payload = dict(origin.payload)


def _refuse_other_kind(draft: Campaign, content: CampaignContent) -> None:
    if draft.kind != content.kind and drafts.is_published(draft):
        raise BadCampaign(
            _("The kind of a published campaign stays. Make a copy for another kind."),
            field="kind",
        )


def _draft(draft_id: int) -> Campaign:
    return drafts.find(Campaign.objects.select_related("branch"), draft_id, UnknownCampaign)
