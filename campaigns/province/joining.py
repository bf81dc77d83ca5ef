"""A bank's verbs about the province's campaigns: take part, decline, follow a newer version.

Locks: the bank's joining (in public) before its draft: two who join at once make one campaign.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.context import current_schema
from audit.services import record
from campaigns.designing import services as designing
from campaigns.designing.content import content_of
from campaigns.errors import JoiningRefused
from campaigns.models import Campaign
from campaigns.province import events
from campaigns.province.choices import JoinState
from campaigns.province.errors import PulledBack, UnknownProvinceCampaign
from campaigns.province.models import Joining
from campaigns.province.proposing import Filled, drift, first_content, next_content
from campaigns.province.reading import Open, open_campaign
from operators.permissions import require, require_branch
from tenants.platform import PLATFORM
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from operators.models import Operator

ROLL_UP = "campaigns.province.tasks.roll_up"
MOST_REASON = 500


@transaction.atomic
def join_province_campaign(
    *, actor: Operator, uid: UUID | str, filled: Filled, at: datetime | None = None
) -> Campaign:
    """A draft of the bank's own, prefilled by the province and owned by the actor; joined before:
    that one. It reaches customers only through the bank's own review."""
    require(actor, designing.ADD)
    require_branch(actor, "")
    at = at or timezone.now()
    found = _locked(uid)
    known = Campaign.objects.filter(province_uid=uid).first()
    if known is not None:
        return known
    _refuse_closed(found, at)
    draft = designing.create_campaign(
        actor=actor, content=first_content(found.published, filled), origin=_origin(found)
    )
    _answer(
        found, actor, at, state=JoinState.JOINED, reason="", campaign_uid=draft.uid,
        version=found.published.version, drift=drift(content_of(draft), found.published.payload),
        deferred_version=None, deferred_reason="",
    )  # fmt: skip
    record(
        events.JOINED, actor=actor, target=draft,
        after={"province_campaign": str(uid), "version": found.published.version},
    )  # fmt: skip
    return draft


@transaction.atomic
def decline_province_campaign(
    *, actor: Operator, uid: UUID | str, reason: str, at: datetime | None = None
) -> Joining:
    """The province reads the reason; the bank may still join later."""
    require(actor, designing.ADD)
    require_branch(actor, "")
    found = _locked(uid)
    if Campaign.objects.filter(province_uid=uid).exists():
        raise JoiningRefused(_("Your bank has joined this campaign. End yours instead."))
    reason = _reason(reason)
    joining = _answer(
        found, actor, at or timezone.now(), state=JoinState.DECLINED, reason=reason
    )  # fmt: skip
    record(
        events.DECLINED, actor=actor, target_kind="campaigns_province.provincecampaign",
        target_id=str(uid), target_label=found.published.title, reason=reason,
    )  # fmt: skip
    return joining


@transaction.atomic
def accept_version(
    *, actor: Operator, draft_id: int, filled: Filled, at: datetime | None = None
) -> Campaign:
    """The bank's draft takes over the newest version; the bank's review decides, as ever."""
    require(actor, designing.CHANGE)
    require_branch(actor, "")
    draft = _draft(draft_id)
    found = _locked(draft.province_uid)  # type: ignore[arg-type]
    newest = found.published
    if draft.province_version == newest.version:
        return draft
    content = next_content(content_of(draft), draft.province_payload, newest.payload, filled)
    before = draft.province_version
    draft = designing.edit_campaign(
        actor=actor, draft_id=draft.pk, version=draft.version, content=content,
        origin=_origin(found),
    )  # fmt: skip
    _write(
        found.joining, version=newest.version, drift=drift(content_of(draft), newest.payload),
        deferred_version=None, deferred_reason="",
    )  # fmt: skip
    record(
        events.ACCEPTED, actor=actor, target=draft, before={"version": before},
        after={"version": newest.version},
    )  # fmt: skip
    return draft


@transaction.atomic
def defer_version(*, actor: Operator, draft_id: int, reason: str) -> Joining:
    """The bank stays with the version it has; the province sees why. The next one asks again."""
    require(actor, designing.CHANGE)
    require_branch(actor, "")
    draft = _draft(draft_id)
    found = _locked(draft.province_uid)  # type: ignore[arg-type]
    if draft.province_version == found.published.version:
        raise JoiningRefused(_("Your bank follows the newest version already."))
    reason = _reason(reason)
    joining = _write(
        found.joining, deferred_version=found.published.version, deferred_reason=reason
    )
    record(
        events.DEFERRED, actor=actor, target=draft, reason=reason,
        after={"version": found.published.version},
    )  # fmt: skip
    return joining


# --- parts ----------------------------------------------------------------------------------------
def _locked(uid: UUID | str) -> Open:
    schema = current_schema()
    with tenant_context(PLATFORM):
        rows = Joining.objects.filter(bank__schema_name=schema, campaign__uid=uid)
        rows.select_for_update(no_key=True, of=("self",)).first()
    return open_campaign(uid)


def _draft(draft_id: int) -> Campaign:
    drafts = Campaign.objects.select_related("branch").filter(province_uid__isnull=False)
    draft = drafts.filter(pk=draft_id).first()
    if draft is None:
        raise UnknownProvinceCampaign(_("This campaign carries out none of the province's."))
    return draft


def _refuse_closed(found: Open, at: datetime) -> None:
    if found.published.is_over(at):
        raise JoiningRefused(_("This campaign of the province is over."))
    if found.is_pulled:
        raise PulledBack(
            _("The province has pulled this campaign back (%(reason)s). Your bank can join when it"
              " is released.") % {"reason": found.joining.wave.reason}
        )  # fmt: skip


def _origin(found: Open) -> designing.Origin:
    published = found.published
    return designing.Origin(published.uid, published.version, published.payload)


def _answer(found: Open, actor: Operator, at: datetime, **columns: Any) -> Joining:
    by = str(actor)[:150]
    return _write(found.joining, answered_at=at, answered_by=by, **columns)


def _write(joining: Joining, **columns: Any) -> Joining:
    """In public, in the bank's transaction; the roll-up follows by a task of the bank."""
    with tenant_context(PLATFORM):
        Joining.objects.filter(pk=joining.pk).update(**columns)
    for name, value in columns.items():
        setattr(joining, name, value)
    enqueue_on_commit(ROLL_UP)
    return joining


def _reason(text: str) -> str:
    reason = text.strip()[:MOST_REASON]
    if not reason:
        raise JoiningRefused(_("Say why; the province reads it."), code="reason_required")
    return reason
