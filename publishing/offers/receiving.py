"""A bank's verbs about what the platform offers it: a draft of its own, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.services import record
from operators.errors import NotAllowed
from operators.querysets import branch_scope
from publishing import registry
from publishing.choices import OfferState
from publishing.errors import ReasonRequired
from publishing.models import ReceivedOffer
from publishing.offers import events
from publishing.offers.errors import AlreadyAnswered, OfferNotFound, OfferRefused
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from operators.models import Operator
    from publishing.models import Publishable

PERMISSION = "publishing.change_receivedoffer"
REPORT = "publishing.offers.tasks.sync_bank"


def receive_offers(offers: Iterable[ReceivedOffer]) -> None:
    """Lays them into the current bank's list; one that lies there already stays as it is."""
    ReceivedOffer.objects.bulk_create(list(offers), ignore_conflicts=True)


@transaction.atomic
def accept_offer(
    *, actor: Operator, received_id: int, at: datetime | None = None
) -> Publishable | None:
    """Makes a draft of it, owned by the actor. Accepted before: that draft, or None if it is gone.

    Of two that accept at once, one makes the draft and the other gets it.
    """
    received = _locked(actor, received_id)
    if received.state == OfferState.ACCEPTED:
        return draft_of(received)
    _require_waiting(received)
    draft = _accepting(received)(actor=actor, content=received.content["content"])
    _answer(actor, received, OfferState.ACCEPTED, at, draft_uid=draft.uid)
    record(
        events.ACCEPTED, actor=actor, target=received,
        after={"kind": received.kind, "draft": str(draft.uid)},
    )  # fmt: skip
    return draft


@transaction.atomic
def decline_offer(
    *, actor: Operator, received_id: int, reason: str, at: datetime | None = None
) -> ReceivedOffer:
    received = _locked(actor, received_id)
    if received.state == OfferState.DECLINED:
        return received
    _require_waiting(received)
    if not reason.strip():
        raise ReasonRequired(_("Say why it is not used; the province reads it."))
    _answer(actor, received, OfferState.DECLINED, at, answer_note=reason.strip())
    record(events.DECLINED, actor=actor, target=received, reason=received.answer_note)
    return received


def draft_of(received: ReceivedOffer) -> Publishable | None:
    drafts = registry.get(received.kind).model._default_manager
    return drafts.filter(uid=received.draft_uid).first() if received.draft_uid else None


def refusal_to_answer(actor: Operator) -> str | Promise:
    """Why this operator may not answer for the bank; empty = may."""
    if not actor.has_perm(PERMISSION):
        return _("You are not allowed to do this.")
    if branch_scope(actor):
        return _("An offer to the whole bank is answered by staff of the whole bank.")
    return ""


def _locked(actor: Operator, received_id: int) -> ReceivedOffer:
    if refusal := refusal_to_answer(actor):
        raise NotAllowed(refusal)
    found = ReceivedOffer.objects.select_for_update().filter(pk=received_id).first()
    if found is None:
        raise OfferNotFound(_("There is no such offer."))
    return found


def _require_waiting(received: ReceivedOffer) -> None:
    if received.state != OfferState.WAITING:
        raise AlreadyAnswered(
            _("%(name)s has answered this already: %(state)s.")
            % {"name": received.answered_by, "state": received.get_state_display()}
        )


def _accepting(received: ReceivedOffer) -> Callable[..., Publishable]:
    accept = registry.get(received.kind).accept_offer
    if accept is None:
        raise OfferRefused(_("Content of this kind cannot be accepted."))
    return accept


def _answer(
    actor: Operator, received: ReceivedOffer, state: OfferState, at: datetime | None, **more: Any
) -> None:
    received.state, received.answered_by = state, actor
    received.answered_at = at or timezone.now()
    for name, value in more.items():
        setattr(received, name, value)
    received.save(update_fields=["state", "answered_by", "answered_at", *more])
    enqueue_on_commit(REPORT)
