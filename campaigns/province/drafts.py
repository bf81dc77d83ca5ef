"""The verbs of a province campaign's draft. Review and publication are ``publishing``'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from campaigns.designing.content import MOST_TITLE
from campaigns.errors import CampaignKept
from campaigns.province import events
from campaigns.province.choices import Field
from campaigns.province.content import ProvinceContent, content_of, summary_of
from campaigns.province.errors import BadProvinceCampaign, UnknownProvinceCampaign
from campaigns.province.models import ProvinceCampaign, Wave
from operators.permissions import require
from publishing import drafts
from publishing import services as publishing

if TYPE_CHECKING:
    from operators.models import Operator

ADD = "campaigns_province.add_provincecampaign"
CHANGE = "campaigns_province.change_provincecampaign"


@transaction.atomic
def create_province_campaign(*, actor: Operator, content: ProvinceContent) -> ProvinceCampaign:
    require(actor, ADD)
    draft = _begun(actor, content.cleaned())
    record(events.CREATED, actor=actor, target=draft, after=summary_of(draft))
    return draft


@transaction.atomic
def edit_province_campaign(
    *, actor: Operator, draft_id: int, version: int, content: ProvinceContent
) -> ProvinceCampaign:
    """``version`` is the one that the editor had on the screen; a newer one is not overwritten."""
    require(actor, CHANGE)
    content = content.cleaned()
    draft = _draft(draft_id)
    _refuse_other_kind(draft, content)
    before = summary_of(draft)
    draft.version = version
    for name, value in content.fields():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(events.EDITED, actor=actor, target=draft, before=before, after=summary_of(draft))
    return draft


@transaction.atomic
def copy_province_campaign(
    *, actor: Operator, draft_id: int, at: datetime | None = None
) -> ProvinceCampaign:
    """A new draft without waves; one whose time has come starts now and runs as long."""
    require(actor, ADD)
    original = _draft(draft_id)
    content = drafts.begun_again(content_of(original), at or timezone.now())
    title = drafts.copy_title(original, MOST_TITLE)
    draft = _begun(actor, replace(content, title=title).cleaned())
    record(events.COPIED, actor=actor, target=draft, after={"copy_of": str(original.uid)})
    return draft


@transaction.atomic
def delete_province_campaign(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what no bank has ever seen."""
    require(actor, CHANGE)
    ProvinceCampaign.objects.select_for_update().filter(pk=draft_id).first()
    draft = _draft(draft_id)
    drafts.refuse_kept(
        draft, CampaignKept,
        published=_("This campaign has been published, so it stays on record."),
        in_review=_("This campaign is in review. Withdraw it first."),
    )  # fmt: skip
    if Wave.objects.filter(campaign=draft).exists():
        raise CampaignKept(_("Waves are planned for this campaign, so it stays on record."))
    record(events.DELETED, actor=actor, target=draft, before=summary_of(draft), reason=reason)
    draft.delete()


def _begun(actor: Operator, content: ProvinceContent) -> ProvinceCampaign:
    draft = ProvinceCampaign(**dict(content.fields()))
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    return draft


def _draft(draft_id: int) -> ProvinceCampaign:
    found = ProvinceCampaign.objects.select_related("branch", "edited_by")
    return drafts.find(found, draft_id, UnknownProvinceCampaign)


def _refuse_other_kind(draft: ProvinceCampaign, content: ProvinceContent) -> None:
    same = draft.rules[Field.KIND]["value"] == content.rules[Field.KIND]["value"]
    if not same and drafts.is_published(draft):
        raise BadProvinceCampaign(
            _("The kind of a published campaign stays. Make a copy for another kind."),
            field=Field.KIND,
        )
