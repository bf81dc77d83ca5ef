from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation
from django_tenants.utils import tenant_context

from announcements.models import Announcement
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing.errors import ReasonRequired
from publishing.models import ReceivedOffer
from publishing.offers import errors, tasks
from publishing.offers.models import Offer, OfferDelivery
from publishing.offers.receiving import accept_offer, decline_offer
from publishing.offers.services import offer_to_banks
from publishing.offers.syncing import sync_bank
from tenants.choices import BankStatus
from tests.approvals.people import make_draft, make_operator, publish
from tests.operators.people import make_branch

KIND = "announcement"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def writer(alpha: Any) -> Any:
    return make_operator("pia", "operator")


@pytest.fixture
def draft(writer: Any) -> Announcement:
    now = timezone.now()
    return make_draft(
        writer, "Holiday hours", body="<p>Closed on Monday.</p>", must_read=True, priority=7,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=5),
    )  # fmt: skip


def offer(writer: Any, draft: Announcement, *slugs: str, **more: Any) -> Offer:
    chosen = slugs or ("alpha", "beta")
    return offer_to_banks(actor=writer, kind=KIND, draft_id=draft.pk, bank_slugs=chosen, **more)


def deliver(*banks: Any, at: Any = None) -> None:
    for bank in banks:
        with tenant_context(bank):
            sync_bank(at or timezone.now())
    connection.set_schema_to_public()


def states(offered: Offer) -> dict[str, str]:
    rows = OfferDelivery.objects.filter(offer=offered).select_related("bank")
    return {row.bank.slug: row.state for row in rows}


def test_an_offer_reaches_each_chosen_bank_once(
    writer: Any, draft: Announcement, alpha: Any, beta: Any
) -> None:
    offered = offer(writer, draft, "alpha", note="for the holidays")

    deliver(alpha, beta, alpha, alpha)

    with tenant_context(alpha):
        received = ReceivedOffer.objects.get()
    assert (received.offer_id, received.title, received.note, received.offered_by) == (
        offered.pk, "Holiday hours", "for the holidays", "pia",
    )  # fmt: skip
    with tenant_context(beta):
        assert not ReceivedOffer.objects.exists()
    connection.set_schema_to_public()
    delivery = OfferDelivery.objects.get()
    assert delivery.delivered_at is not None
    assert delivery.seen_at is not None
    event = AuditEvent.objects.get(event="publishing.offered")
    assert event.after["banks"] == ["alpha"]


def test_what_a_crash_left_half_done_is_finished(
    writer: Any, draft: Announcement, alpha: Any
) -> None:
    offer(writer, draft, "alpha")
    deliver(alpha)
    OfferDelivery.objects.update(delivered_at=None, seen_at=None)

    deliver(alpha)

    assert OfferDelivery.objects.get().delivered_at is not None
    with tenant_context(alpha):
        assert ReceivedOffer.objects.count() == 1


def test_a_suspended_bank_gets_it_when_it_serves_again(
    writer: Any, draft: Announcement, alpha: Any, monkeypatch: Any
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        tasks, "for_each_bank", lambda name, banks: asked.extend(bank.slug for bank in banks)
    )
    alpha.status = BankStatus.SUSPENDED
    alpha.save()
    offer(writer, draft)

    tasks.sync_everywhere()
    assert asked == ["beta"]
    alpha.status = BankStatus.ACTIVE
    alpha.save()
    asked.clear()
    tasks.sync_everywhere()
    assert sorted(asked) == ["alpha", "beta"]


def test_accepting_makes_a_draft_that_the_bank_owns_changes_and_publishes(
    writer: Any, draft: Announcement, alpha: Any, beta: Any
) -> None:
    offered = offer(writer, draft)
    deliver(alpha, beta)
    with tenant_context(alpha):
        maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
        made = accept_offer(actor=maker, received_id=ReceivedOffer.objects.get().pk)
        assert isinstance(made, Announcement)
        assert made.uid != draft.uid
        assert (made.owner_id, made.title, made.body) == (maker.pk, draft.title, draft.body)
        assert (made.must_read, made.priority, made.ends_at) == (True, 7, draft.ends_at)
        assert made.starts_at > draft.starts_at
    deliver(alpha, beta)
    assert states(offered) == {"alpha": "accepted", "beta": "waiting"}
    with tenant_context(alpha):
        publish(maker, checker, made)
    deliver(alpha)

    delivery = OfferDelivery.objects.get(bank=alpha)
    assert delivery.published_at is not None
    counts = Offer.objects.with_counts().get()
    assert (counts.banks, counts.waiting, counts.accepted, counts.published) == (2, 1, 1, 1)
    assert not OfferDelivery.objects.unsettled(timezone.now()).filter(bank=alpha).exists()


def test_an_offer_whose_time_has_passed_keeps_its_length(
    writer: Any, draft: Announcement, alpha: Any
) -> None:
    offer(writer, draft, "alpha")
    deliver(alpha)
    with tenant_context(alpha):
        from announcements.offering import accept_offer as make

        maker, later = make_operator("mia", "maker"), timezone.now() + timedelta(days=30)
        content = ReceivedOffer.objects.get().content["content"]
        made = make(actor=maker, content=content, at=later)

    assert (made.starts_at, made.ends_at) == (later, later + timedelta(days=6))


def test_declining_needs_a_reason_that_the_platform_reads(
    writer: Any, draft: Announcement, alpha: Any
) -> None:
    offer(writer, draft, "alpha")
    deliver(alpha)
    with tenant_context(alpha):
        maker, received = make_operator("mia", "maker"), ReceivedOffer.objects.get()
        with pytest.raises(ReasonRequired):
            decline_offer(actor=maker, received_id=received.pk, reason=" ")
        decline_offer(actor=maker, received_id=received.pk, reason="we have our own")
        with pytest.raises(errors.AlreadyAnswered, match="mia has answered"):
            accept_offer(actor=maker, received_id=received.pk)
        assert not Announcement.objects.exists()
    deliver(alpha)

    delivery = OfferDelivery.objects.get()
    assert (delivery.state, delivery.answer_note) == ("declined", "we have our own")


def test_accepting_again_gives_the_same_draft(writer: Any, draft: Announcement, alpha: Any) -> None:
    offer(writer, draft, "alpha")
    deliver(alpha)
    with tenant_context(alpha):
        maker, received = make_operator("mia", "maker"), ReceivedOffer.objects.get()
        first = accept_offer(actor=maker, received_id=received.pk)
        again = accept_offer(actor=maker, received_id=received.pk)
        with pytest.raises(errors.AlreadyAnswered):
            decline_offer(actor=maker, received_id=received.pk, reason="x")

        assert first == again
        assert Announcement.objects.count() == 1


def test_branch_staff_and_viewers_answer_nothing(
    writer: Any, draft: Announcement, alpha: Any
) -> None:
    offer(writer, draft, "alpha")
    deliver(alpha)
    with tenant_context(alpha):
        key = ReceivedOffer.objects.get().pk
        nora = make_operator("nora", "branch", branch=make_branch("N"))
        confined = make_operator("both", "branch", "maker", branch=nora.branch)
        for operator in (nora, make_operator("vera", "viewer"), make_operator("chen", "checker")):
            with pytest.raises(NotAllowed):
                accept_offer(actor=operator, received_id=key)
        # The maker's role sees every branch.
        assert accept_offer(actor=confined, received_id=key) is not None


def test_only_the_platform_s_operators_offer(writer: Any, draft: Announcement, alpha: Any) -> None:
    reviewer = make_operator("ruth", "compliance_reviewer")
    with pytest.raises(NotAllowed):
        offer(reviewer, draft)
    with tenant_context(alpha):
        maker = make_operator("mia", "maker")
        own = make_draft(maker)
        with pytest.raises((NotAllowed, errors.OfferRefused)):
            offer(maker, own)


def test_unknown_and_closed_banks_are_named(writer: Any, draft: Announcement, beta: Any) -> None:
    beta.status = BankStatus.CLOSED
    beta.save()

    with pytest.raises(errors.OfferRefused, match="beta、nowhere"):
        offer(writer, draft, "alpha", "beta", "nowhere")
    with pytest.raises(errors.OfferRefused, match="at least one bank"):
        offer_to_banks(actor=writer, kind=KIND, draft_id=draft.pk, bank_slugs=[])
    with pytest.raises(errors.OfferRefused, match="cannot be offered"):
        offer_to_banks(actor=writer, kind="settings_template", draft_id=1, bank_slugs=["alpha"])
    assert not Offer.objects.exists()


def test_the_same_content_is_not_offered_to_a_bank_twice_before_it_answers(
    writer: Any, draft: Announcement
) -> None:
    offer(writer, draft, "alpha")

    assert states(offer(writer, draft, "alpha", "beta")) == {"beta": "waiting"}
    with pytest.raises(errors.OfferRefused, match="very content already"):
        offer(writer, draft)
    Announcement.objects.filter(pk=draft.pk).update(title="Other hours", version=2)
    assert states(offer(writer, draft, "alpha")) == {"alpha": "waiting"}
