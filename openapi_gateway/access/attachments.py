"""Files of an application. They lie encrypted in the platform's storage, because both sides read
them; who may is decided here, not by the storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.services import record
from intake.models import StoredFile
from intake.stored_files import opened, remove, store
from openapi_gateway.access import events
from openapi_gateway.access.choices import EDITABLE_APPLICATIONS
from openapi_gateway.access.errors import ApplicationRefused, UnknownApplication
from openapi_gateway.access.file_kinds import clean_name, require_kind
from openapi_gateway.access.finding import locked, require_state, visible_applications
from openapi_gateway.access.histories import tell
from openapi_gateway.access.models import Application, Attachment
from openapi_gateway.access.people import require_own_bank
from openapi_gateway.access.services import CHANGE
from operators.permissions import require
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from operators.models import Operator

MOST_FILES = 10
VIEW = "gateway_access.view_application"


@dataclass(frozen=True, slots=True)
class Fetched:
    name: str
    content: bytes


@transaction.atomic
def add_attachment(
    *,
    actor: Operator,
    application: Application | int,
    file: IO[bytes],
    name: str,
    size: int,
    is_risk_assessment: bool = False,
    at: datetime | None = None,
) -> Attachment:
    at = at or timezone.now()
    row = locked(actor, CHANGE, application)
    require_own_bank(row.bank)
    require_state(row, EDITABLE_APPLICATIONS, at)
    cleaned = clean_name(name)
    require_kind(file, cleaned, size)
    if row.attachments.filter(removed_at=None).count() >= MOST_FILES:
        raise ApplicationRefused(
            _("At most %(most)s attachments: take one out first.") % {"most": MOST_FILES}
        )
    with tenant_context(PLATFORM):
        stored = store(actor=None, file=file, name=cleaned, at=at)
    if row.attachments.filter(removed_at=None, sha256=stored.sha256).exists():
        raise ApplicationRefused(_("“%(name)s” is attached already.") % {"name": cleaned})
    added = Attachment.objects.create(
        application=row, is_risk_assessment=is_risk_assessment, name=cleaned, size=stored.size,
        sha256=stored.sha256, stored_file_uid=stored.uid, added_by=str(actor)[:150], added_at=at,
    )  # fmt: skip
    Application.objects.filter(pk=row.pk).update(touched_at=at)
    tell(events.ATTACHMENT_ADDED, row, actor=actor, at=at, text=cleaned, after=_facts(added))
    return added


@transaction.atomic
def remove_attachment(
    *, actor: Operator, application: Application | int, uid: UUID | str, at: datetime | None = None
) -> None:
    """What reviewers have seen stays readable in the history; what they have not is gone."""
    at = at or timezone.now()
    row = locked(actor, CHANGE, application)
    require_own_bank(row.bank)
    require_state(row, EDITABLE_APPLICATIONS, at)
    found = row.attachments.filter(uid=uid, removed_at=None).first()
    if found is None:
        raise UnknownApplication(_("There is no such attachment."))
    facts = _facts(found)
    if row.submitted_at is not None and found.added_at <= row.submitted_at:
        Attachment.objects.filter(pk=found.pk).update(removed_at=at)
    else:
        with tenant_context(PLATFORM):
            remove(StoredFile.objects.get(uid=found.stored_file_uid))
        found.delete()
    Application.objects.filter(pk=row.pk).update(touched_at=at)
    tell(events.ATTACHMENT_REMOVED, row, actor=actor, at=at, text=str(facts["name"]), before=facts)


@transaction.atomic
def fetch_attachment(*, actor: Operator, application: int, uid: UUID | str) -> Fetched:
    """That it was fetched is an event where the reader works."""
    require(actor, VIEW)
    found = Attachment.objects.filter(
        uid=uid, application__in=visible_applications().filter(pk=application)
    ).first()
    if found is None:
        raise UnknownApplication(_("There is no such attachment."))
    with tenant_context(PLATFORM):
        stored = StoredFile.objects.get(uid=found.stored_file_uid)
        # At most 10 MB, and whole: the key belongs to the platform's schema.
        with opened(stored) as file:
            content = file.read()
    record(events.ATTACHMENT_FETCHED, actor=actor, target=found.application, after=_facts(found))
    return Fetched(found.name, content)


def _facts(attachment: Attachment) -> dict[str, str | int | bool]:
    return {
        "name": attachment.name,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "risk_assessment": attachment.is_risk_assessment,
    }
