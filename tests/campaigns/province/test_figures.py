"""Roll-ups of banks, tied out against their ledgers; and joins and pulls that meet at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from campaigns import services
from campaigns.models import BudgetEntry, Campaign, CampaignAccount
from campaigns.province import boards, joining, rolling, waves
from campaigns.province.errors import PulledBack
from campaigns.province.models import (
    BankDay,
    BankFigures,
    Joining,
    ProvinceCampaign,
    Wave,
)
from campaigns.services import join_campaign
from tenants.platform import PLATFORM
from tests.approvals.people import publish
from tests.approvals.racing import at_once, racing_bank
from tests.campaigns.making import a_customer
from tests.campaigns.province.making import (
    a_coupon,
    a_province_campaign,
    an_open_wave,
    designers,
    joined,
    rolled,
    running,
    told,
)
from tests.coupons.making import people


def taken_part(campaign: Campaign, number: int) -> None:
    for _each in range(number):
        join_campaign(customer_number=a_customer().number, campaign_uid=campaign.uid, key="k-1")
    while services.apply_due(at=timezone.now()).number:
        pass


def board(campaign: ProvinceCampaign) -> boards.Board:
    return boards.board_of(campaign, 1, timezone.localdate())


def test_the_sums_of_the_province_are_the_sums_of_the_banks_ledgers(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha, beta)
    for each, number in ((alpha, 4), (beta, 3)):
        with tenant_context(each):
            taken_part(running(campaign), number)

    rolled(alpha, beta)

    found = board(campaign)
    ledgers = 0
    for each in (alpha, beta):
        with tenant_context(each):
            ledgers += sum(BudgetEntry.objects.values_list("cents", flat=True))
    assert found.total["committed_cents"] == found.total["ledger_cents"] == ledgers == 3500
    assert found.total["participations"] == found.total["claims"] == 7
    assert found.is_even
    assert found.days[0][1]["committed_cents"] == 3500
    assert [row.figures.customers for row in found.joined if row.figures] == [4, 3]


def test_days_out_of_sight_stand_in_the_sum(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        taken_part(running(campaign), 2)
    rolled(alpha)

    later = boards.board_of(campaign, 1, timezone.localdate() + timedelta(days=40))

    assert later.earlier["participations"] == later.of_days["participations"] == 2
    assert not any(any(sums.values()) for _day, sums in later.days)


def test_a_redemption_between_two_looks_is_looked_for_again(
    alpha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        taken_part(running(campaign), 1)
    look, looks = rolling._days, []

    def late(campaign_id: int) -> list[dict[str, Any]]:
        looks.append(campaign_id)
        days = look(campaign_id)
        return [day | {"redeemed_cents": 500} for day in days] if len(looks) == 1 else days

    monkeypatch.setattr(rolling, "_days", late)
    rolled(alpha)

    assert len(looks) == 2
    assert board(campaign).is_even


def test_a_bank_whose_books_do_not_agree_is_named(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        taken_part(running(campaign), 2)
        CampaignAccount.objects.update(committed_cents=500)

    rolled(alpha)

    found = board(campaign)
    assert not found.is_even
    assert "Alpha Bank" in {bank for bank, _sentence in found.breaks}


def test_rolling_up_twice_counts_once(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        taken_part(running(campaign), 2)

    rolled(alpha, alpha)

    assert BankFigures.objects.count() == BankDay.objects.count() == 1
    assert board(campaign).total["participations"] == 2


def test_a_draft_that_the_bank_deleted_frees_its_place(alpha: Any) -> None:
    from campaigns.designing.services import delete_campaign_draft

    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)
    rolled(alpha)
    with tenant_context(alpha):
        delete_campaign_draft(actor=people()[0], draft_id=draft.pk)
    rolled(alpha)

    row = Joining.objects.get()
    assert (row.state, row.campaign_uid) == ("waiting", None)
    with tenant_context(alpha):
        assert joined(campaign).pk


# --- at once --------------------------------------------------------------------------------------
def _cleared(campaign: ProvinceCampaign) -> None:
    """Before the bank goes: public rows point at it."""
    connection.set_schema_to_public()
    for model in (BankDay, BankFigures, Joining, Wave):
        model.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_join_at_once_one_makes_the_campaign() -> None:
    campaign = a_province_campaign()
    with racing_bank() as bank:
        try:
            an_open_wave(campaign, bank)
            with tenant_context(bank):
                template = a_coupon(coupons=0)
                maker = people()[0]
                filled = {
                    "effects": [{"kind": "grant_coupon", "template": template.pk}],
                    "budget_cents": 100_000,
                }
                calls = [
                    lambda: (
                        joining.join_province_campaign(
                            actor=maker, uid=campaign.uid, filled=filled
                        ).pk
                    )
                ] * 8
                found = at_once(bank, *calls)

                assert len(set(found)) == 1, found
                assert Campaign.objects.count() == 1
        finally:
            _cleared(campaign)


@pytest.mark.django_db(transaction=True)
def test_a_pull_meets_what_is_published_at_the_same_moment() -> None:
    """Whoever comes first: nothing runs on after the bank was told."""
    campaign = a_province_campaign()
    with racing_bank() as bank:
        try:
            wave = an_open_wave(campaign, bank)
            designer = designers()[0]
            with tenant_context(bank):
                draft = joined(campaign, a_coupon(coupons=0))
                staff = people()

                def pull() -> Any:
                    with tenant_context(PLATFORM):
                        return waves.pull_wave(actor=designer, wave_id=wave.pk, reason="Stop.")

                found = at_once(bank, lambda: publish(*staff, draft), pull)

            told(bank, wave=wave)
            assert not isinstance(found[1], Exception), found[1]
            with tenant_context(bank):
                account = CampaignAccount.objects.filter(uid=draft.uid).first()
            if isinstance(found[0], Exception):
                assert isinstance(found[0], PulledBack), found[0]
                assert account is None
            else:
                assert account is not None
                assert account.run_state == "pulled"
        finally:
            _cleared(campaign)
