from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.models import Announcement
from audit.canonical import canonical
from audit.models import AuditEvent
from operators.models import Operator
from publishing import envelopes, registry
from publishing.models import ReceivedOffer
from publishing.offers import errors, receiving
from publishing.offers.models import Offer, OfferDelivery
from publishing.offers.syncing import sync_bank
from tenants.models import Bank
from tenants.platform import PLATFORM
from tests.approvals.people import make_draft, make_operator
from tests.approvals.racing import at_once, racing_bank

KIND = "announcement"


@pytest.fixture
def racing(django_db_setup: None, django_db_blocker: Any, monkeypatch: Any) -> Iterator[Bank]:
    # Nobody listens to the queue here.
    monkeypatch.setattr(receiving, "enqueue_on_commit", lambda *args: None)
    with django_db_blocker.unblock(), racing_bank() as bank:
        yield bank


def received(maker: Operator) -> ReceivedOffer:
    draft = make_draft(maker, "Offered")
    kind = registry.get(KIND)
    assert kind.offer_content is not None
    content = {"envelope": envelopes.of_draft(draft, kind), "content": kind.offer_content(draft)}
    draft.delete()
    return ReceivedOffer.objects.create(
        offer_id=uuid4(), kind=KIND, title="Offered", content=canonical(content),
        offered_by="pia", offered_at=timezone.now(),
    )  # fmt: skip


def test_twenty_acceptances_at_once_make_one_draft(racing: Bank) -> None:
    makers = [make_operator(f"maker{number}", "maker") for number in range(5)]
    offer = received(makers[0])

    answers = at_once(
        racing,
        *[partial(receiving.accept_offer, actor=who, received_id=offer.pk) for who in makers * 4],
    )

    draft = Announcement.objects.get()
    assert answers == [draft] * 20
    assert AuditEvent.objects.filter(event="publishing.offer_accepted").count() == 1


def test_accepting_and_declining_at_once_end_in_one_way(racing: Bank) -> None:
    makers = [make_operator(f"maker{number}", "maker") for number in range(2)]
    for _ in range(8):
        Announcement.objects.all().delete()
        offer = received(makers[0])

        answers = at_once(
            racing,
            partial(receiving.accept_offer, actor=makers[0], received_id=offer.pk),
            partial(receiving.decline_offer, actor=makers[1], received_id=offer.pk, reason="no"),
        )

        offer.refresh_from_db()
        assert sum(isinstance(answer, errors.AlreadyAnswered) for answer in answers) == 1
        assert Announcement.objects.exists() is (offer.state == "accepted")


@pytest.fixture
def delivery(racing: Bank) -> Iterator[OfferDelivery]:
    """Committed rows of the platform, taken away again."""
    with tenant_context(PLATFORM):
        writer = make_operator("race.writer", "operator")
        offer = Offer.objects.create(
            kind=KIND, source_uid=uuid4(), title="Offered", content={}, offered_by=writer,
            offered_at=timezone.now(),
        )  # fmt: skip
        made = OfferDelivery.objects.create(offer=offer, bank=racing)
    try:
        yield made
    finally:
        with tenant_context(PLATFORM):
            made.delete()
            offer.delete()
            # Not by delete(): it would look for coupons, which the platform has none of.
            writer.groups.clear()
            Operator.objects.filter(pk=writer.pk)._raw_delete("default")
        connection.set_tenant(racing)


def test_deliveries_at_once_lay_it_into_the_list_once(
    racing: Bank, delivery: OfferDelivery
) -> None:
    answers = at_once(racing, *[partial(sync_bank, timezone.now())] * 8)

    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert ReceivedOffer.objects.count() == 1
    delivery.refresh_from_db()
    assert delivery.delivered_at is not None
