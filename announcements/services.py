"""The verbs of announcements. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from announcements.content import MAX_TITLE_CHARACTERS, Content, content_of, summary_of
from announcements.errors import NotMustRead, StillNeeded, UnknownAnnouncement
from announcements.models import Announcement
from approvals.models import Request
from audit.services import record
from customers.changes import customers_changed
from operators.permissions import require, require_branch
from publishing import services as publishing
from publishing.models import Publication

if TYPE_CHECKING:
    from operators.models import Operator


@transaction.atomic
def create_draft(*, actor: Operator, content: Content) -> Announcement:
    require(actor, "announcements.add_announcement")
    draft = Announcement(**dict(content.cleaned().fields()))
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    record(
        "announcements.draft_created",
        actor=actor, target=draft, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def edit_draft(*, actor: Operator, draft_id: int, version: int, content: Content) -> Announcement:
    """``version`` is the one that the editor had on the screen; a newer one is not overwritten."""
    content = content.cleaned()
    draft = _draft(draft_id)
    before = summary_of(draft)
    draft.version = version
    # Before the change too: a draft of another branch cannot be pulled into one's own.
    require_branch(actor, draft.branch.path if draft.branch is not None else "")
    for name, value in content.fields():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(
        "announcements.draft_edited",
        actor=actor, target=draft, before=before, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def copy_announcement(
    *, actor: Operator, draft_id: int, at: datetime | None = None
) -> Announcement:
    """A new draft with the same words, never the state: it starts from now, unless the original is
    still to come."""
    require(actor, "announcements.add_announcement")
    original = _draft(draft_id)
    require_branch(actor, original.branch.path if original.branch is not None else "")
    content = _begun_again(content_of(original), at or timezone.now())
    draft = Announcement(**dict(content.cleaned().fields()))
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    record(
        "announcements.draft_copied",
        actor=actor, target=draft, after={"copy_of": str(original.uid)}, branch=draft.branch,
    )  # fmt: skip
    return draft


def _begun_again(content: Content, at: datetime) -> Content:
    title = str(_("%(title)s (copy)") % {"title": content.title})
    content = replace(content, title=title[:MAX_TITLE_CHARACTERS])
    if content.starts_at > at:
        return content
    length = content.ends_at - content.starts_at if content.ends_at is not None else None
    lead = content.starts_at - content.trial_starts_at if content.trial_starts_at else None
    return replace(
        content,
        starts_at=at,
        ends_at=at + length if length is not None else None,
        trial_starts_at=at - lead if lead is not None else None,
    )


@transaction.atomic
def delete_draft(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what never left the console: anything published stays on record for ever."""
    require(actor, "announcements.change_announcement")
    draft = _locked_draft(draft_id)
    require_branch(actor, draft.branch.path if draft.branch is not None else "")
    if Publication.objects.filter(target_id=draft.uid).exists():
        raise StillNeeded(_("This announcement has been published, so it stays on record."))
    if Request.objects.of_target(draft._meta.label_lower, draft.uid).pending().exists():
        raise StillNeeded(_("This announcement is in review. Withdraw it first."))
    record(
        "announcements.draft_deleted",
        actor=actor, target=draft, before=summary_of(draft), branch=draft.branch, reason=reason,
    )  # fmt: skip
    draft.delete()


def record_read(
    *, announcement_uid: UUID, must_read: bool, version: int, customer_number: str, at: datetime
) -> datetime:
    """The customer's receipt, once; returns when it was given first.

    For the item as it is live to this customer, which the channel has looked up.
    """
    if not must_read:
        raise NotMustRead(_("This announcement asks for no confirmation."))
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPT, [announcement_uid, customer_number, version, at])
        if cursor.rowcount:
            customers_changed([customer_number])
        cursor.execute(_RECEIVED, [announcement_uid, customer_number])
        return cursor.fetchone()[0]


_RECEIPT = """
    INSERT INTO announcements_readreceipt
        (announcement_uid, customer_number, publication_version, read_at)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (announcement_uid, customer_number) DO NOTHING
"""
_RECEIVED = """
    SELECT read_at FROM announcements_readreceipt
    WHERE announcement_uid = %s AND customer_number = %s
"""


def _draft(draft_id: int) -> Announcement:
    draft = Announcement.objects.select_related("branch").filter(pk=draft_id).first()
    if draft is None:
        raise UnknownAnnouncement(_("This draft no longer exists."))
    return draft


def _locked_draft(draft_id: int) -> Announcement:
    Announcement.objects.select_for_update().filter(pk=draft_id).first()
    return _draft(draft_id)
