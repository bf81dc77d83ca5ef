"""The compliance check of an envelope, and the gate that it is at submission and approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from publishing import envelopes, registry
from publishing.compliance import rules
from publishing.compliance.checklist import Checklist
from publishing.compliance.words import words_here
from publishing.errors import NotCompliant

if TYPE_CHECKING:
    from publishing.envelopes import Envelope
    from publishing.models import Publishable


def checklist_of(envelope: Envelope) -> Checklist | None:
    """As things stand in the current schema; None for content that shows customers nothing."""
    describe = registry.get(envelope["content"]).compliance
    if describe is None:
        return None
    case = rules.Case(
        subject=describe(envelope),
        title=envelope["title"],
        ends_at=envelopes.to_moment(envelope["ends_at"]),
        words=words_here(),
    )
    return rules.check(case)


def checklist_of_draft(draft: Publishable) -> Checklist | None:
    kind = registry.of_draft(draft)
    return checklist_of(envelopes.of_draft(draft, kind)) if kind.compliance else None


def require_compliant(envelope: Envelope) -> None:
    """Raises ``NotCompliant`` with every failing rule at once."""
    checklist = checklist_of(envelope)
    if checklist is None or checklist.passes:
        return
    head = _("This does not pass the compliance check:")
    raise NotCompliant([head, *checklist.sentences()], checklist.failing)
