"""The platform's verbs about content that it offers to banks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.canonical import canonical
from audit.context import current_schema
from audit.services import record
from operators.permissions import require
from publishing import envelopes, registry
from publishing.choices import OfferState
from publishing.offers import events
from publishing.offers.errors import OfferRefused
from publishing.offers.models import Offer, OfferDelivery
from tenants.choices import BankStatus
from tenants.models import Bank
from tenants.platform import PLATFORM
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from operators.models import Operator
    from publishing.models import Publishable
    from publishing.registry import ContentKind

PERMISSION = "publishing_offers.add_offer"
DELIVER = "publishing.offers.tasks.sync_everywhere"


@transaction.atomic
def offer_to_banks(
    *,
    actor: Operator,
    kind: str,
    draft_id: int,
    bank_slugs: Iterable[str],
    note: str = "",
    at: datetime | None = None,
) -> Offer:
    """Offers a copy of the draft, as it stands now, to the chosen banks; it reaches each by a task.

    A bank where the very same content still waits for an answer is left out.
    """
    require(actor, PERMISSION)
    if current_schema() != PLATFORM.schema_name:
        raise OfferRefused(_("Only the platform offers content to banks."))
    content = registry.get(kind)
    # Locked: of two offers at once the second sees what the first has sent.
    draft = _locked_draft(content, draft_id)
    offered = _content_of(content, draft)
    banks = _without_the_same(_banks(bank_slugs), draft, offered)
    offer = Offer.objects.create(
        kind=kind,
        source_uid=draft.uid,
        title=draft.title,
        content=offered,
        note=note.strip(),
        offered_by=actor,
        offered_at=at or timezone.now(),
    )
    OfferDelivery.objects.bulk_create([OfferDelivery(offer=offer, bank=bank) for bank in banks])
    record(
        events.OFFERED,
        actor=actor,
        target=offer,
        after={"kind": kind, "source": str(draft.uid), "banks": [bank.slug for bank in banks]},
        reason=offer.note,
    )
    enqueue_on_commit(DELIVER)
    return offer


def _locked_draft(kind: ContentKind, draft_id: int) -> Publishable:
    if kind.offer_content is None or kind.accept_offer is None:
        raise OfferRefused(_("Content of this kind cannot be offered to banks."))
    drafts = kind.model._default_manager.select_for_update(no_key=True, of=("self",))
    draft = drafts.select_related("branch").filter(pk=draft_id).first()
    if draft is None:
        raise OfferRefused(_("This draft no longer exists."))
    return draft


def _content_of(kind: ContentKind, draft: Publishable) -> dict[str, Any]:
    """The envelope is what people read; ``content`` is what the kind makes a draft of."""
    assert kind.offer_content is not None
    return canonical(
        {
            "schema": 1,
            "envelope": envelopes.of_draft(draft, kind),
            "content": kind.offer_content(draft),
        }
    )


def _banks(slugs: Iterable[str]) -> list[Bank]:
    wanted = list(dict.fromkeys(slugs))
    if not wanted:
        raise OfferRefused(_("Choose at least one bank."))
    banks = list(Bank.objects.ready().exclude(status=BankStatus.CLOSED).filter(slug__in=wanted))
    unknown = sorted(set(wanted) - {bank.slug for bank in banks})
    if unknown:
        raise OfferRefused(
            _("These are no banks that can be offered anything: %(slugs)s.")
            % {"slugs": "、".join(unknown)}
        )
    return banks


def _without_the_same(banks: list[Bank], draft: Publishable, offered: dict[str, Any]) -> list[Bank]:
    waiting = OfferDelivery.objects.filter(
        offer__source_uid=draft.uid, offer__content=offered, state=OfferState.WAITING
    )
    known = set(waiting.values_list("bank_id", flat=True))
    others = [bank for bank in banks if bank.pk not in known]
    if not others:
        raise OfferRefused(
            _("All of these banks have this very content already, and have not answered yet.")
        )
    return others
