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
from audit.services import record
from customers.changes import customers_changed
from operators.permissions import require
from publishing import drafts
from publishing import services as publishing

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
    drafts.require_branch_of(actor, draft)
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
    drafts.require_branch_of(actor, original)
    title = drafts.copy_title(original, MAX_TITLE_CHARACTERS)
    content = replace(content_of(original), title=title)
    content = drafts.begun_again(content, at or timezone.now(), "trial_starts_at").cleaned()
    draft = Announcement(**dict(content.fields()))
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    record(
        "announcements.draft_copied",
        actor=actor, target=draft, after={"copy_of": str(original.uid)}, branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def delete_draft(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what never left the console: anything published stays on record for ever."""
    require(actor, "announcements.change_announcement")
    Announcement.objects.select_for_update().filter(pk=draft_id).first()
    draft = _draft(draft_id)
    drafts.require_branch_of(actor, draft)
    drafts.refuse_kept(
        draft, StillNeeded,
        published=_("This announcement has been published, so it stays on record."),
        in_review=_("This announcement is in review. Withdraw it first."),
    )  # fmt: skip
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
    return drafts.find(Announcement.objects.select_related("branch"), draft_id, UnknownAnnouncement)
