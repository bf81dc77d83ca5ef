"""One thing that happened to an application, told three times in one transaction: in its own
history, in the audit trail of the schema where it was done, and to the clock of idleness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from audit.services import record
from openapi_gateway.access.models import Application, ApplicationEvent
from openapi_gateway.access.people import person_columns

if TYPE_CHECKING:
    from operators.models import Operator

# By the last part of the audit event's name.
KINDS: dict[str, tuple[str | Promise, str]] = {
    "begun": (pgettext_lazy("access application", "begun"), ""),
    "submitted": (pgettext_lazy("access application", "submitted"), "info"),
    "withdrawn": (pgettext_lazy("access application", "withdrawn"), ""),
    "commented": (pgettext_lazy("access application", "comment"), ""),
    "taken_up": (pgettext_lazy("access application", "taken into review"), "info"),
    "step_passed": (pgettext_lazy("access application", "one review passed"), "success"),
    "approved": (pgettext_lazy("access application", "approved"), "success"),
    "returned": (pgettext_lazy("access application", "returned"), "warning"),
    "rejected": (pgettext_lazy("access application", "rejected"), "danger"),
    "expired": (pgettext_lazy("access application", "expired"), ""),
    "attachment_added": (pgettext_lazy("access application", "attachment added"), ""),
    "attachment_removed": (pgettext_lazy("access application", "attachment taken out"), ""),
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
    changes: Sequence[Mapping[str, str]] = (),
) -> ApplicationEvent:
    row = ApplicationEvent.objects.create(
        application=application, at=at, kind=kind_of(event), text=text, changes=list(changes),
        **person_columns(actor),
    )  # fmt: skip
    record(event, actor=actor, target=application, before=before, after=after, reason=text, at=at)
    return row


def kind_of(event: str) -> str:
    return event.rpartition(".")[2]
