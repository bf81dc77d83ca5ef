"""One thing that happened to an application, told three times in one transaction: in its own
history, in the audit trail of the schema where it was done, and to the clock of idleness."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.services import record
from openapi_gateway.access.models import Application, ApplicationEvent
from openapi_gateway.access.people import person_columns

if TYPE_CHECKING:
    from operators.models import Operator

# By the last part of the audit event's name.
KINDS: dict[str, tuple[str | Promise, str]] = {
    "begun": (_("begun"), ""),
    "submitted": (_("submitted"), "info"),
    "withdrawn": (_("withdrawn"), ""),
    "commented": (_("comment"), ""),
    "taken_up": (_("taken into review"), "info"),
    "step_passed": (_("one review passed"), "success"),
    "approved": (_("approved"), "success"),
    "returned": (_("returned"), "warning"),
    "rejected": (_("rejected"), "danger"),
    "expired": (_("expired"), ""),
    "attachment_added": (_("attachment added"), ""),
    "attachment_removed": (_("attachment taken out"), ""),
}


def tell(
    event: str,
    application: Application,
    *,
    actor: Operator | None,
    at: datetime,
    text: str = "",
    before: Any = None,
    after: Any = None,
    changes: list[Mapping[str, str]] | None = None,
) -> ApplicationEvent:
    row = ApplicationEvent.objects.create(
        application=application, at=at, kind=kind_of(event), text=text, changes=changes or [],
        **person_columns(actor),
    )  # fmt: skip
    record(event, actor=actor, target=application, before=before, after=after, reason=text, at=at)
    return row


def kind_of(event: str) -> str:
    return event.rpartition(".")[2]
