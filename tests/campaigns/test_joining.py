"""Customers who take part on a campaign's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from campaigns.errors import KeyRequired, KeyReused, NotRewarded, UnknownCampaign
from campaigns.models import CampaignAccount, Participation
from campaigns.services import join_campaign, tie_out
from coupons.models import Coupon
from tests.campaigns.making import a_campaign, a_claim_page, a_customer, a_template

pytestmark = pytest.mark.django_db


def join(campaign: Any, customer: str = "C1", key: str = "k1") -> Any:
    return join_campaign(customer_number=customer, campaign_uid=campaign.uid, key=key)


def test_the_coupon_is_there_at_once(bank: Any) -> None:
    campaign = a_claim_page()
    joined = join(campaign)
    (reward,) = joined.body["rewards"]
    assert reward["state"] == "applied"
    assert Coupon.objects.get(pk=reward["coupon"]).customer_number == "C1"
    assert tie_out(campaign.pk).breaks == []


def test_the_same_key_gives_the_same_participation(bank: Any) -> None:
    campaign = a_claim_page()
    first, again = join(campaign), join(campaign)
    assert again.replayed
    assert first.body == again.body
    assert CampaignAccount.objects.get().counted == 1


def test_a_second_key_meets_the_limit(bank: Any) -> None:
    campaign = a_claim_page()
    join(campaign)
    with pytest.raises(NotRewarded) as refused:
        join(campaign, key="k2")
    assert refused.value.code_text == "limit"
    with pytest.raises(NotRewarded):
        join(campaign, key="k2")
    assert Participation.objects.count() == 2


def test_a_key_belongs_to_one_campaign(bank: Any) -> None:
    template = a_template()
    one, other = a_claim_page(template), a_claim_page(template)
    join(one)
    with pytest.raises(KeyReused):
        join(other)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ends_at": timezone.now() + timedelta(seconds=1)}, "ended"),
        ({"audience": {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}},
         "outside_audience"),
        ({"conditions": [{"kind": "new_customer", "days": 30}]}, "new_customer"),
    ],
)  # fmt: skip
def test_who_is_not_meant_is_told_why_and_nothing_is_stored(
    bank: Any, fields: Any, code: str
) -> None:
    fields = {**fields}
    if "ends_at" in fields:
        fields["ends_at"] = timezone.now() + timedelta(seconds=30)
    campaign = a_claim_page(**fields)
    a_customer("C1")
    at = timezone.now() + timedelta(minutes=1)
    with pytest.raises(NotRewarded) as refused:
        join_campaign(customer_number="C1", campaign_uid=campaign.uid, key="k", at=at)
    assert refused.value.code_text == code
    assert not Participation.objects.exists()


def test_a_campaign_of_payments_is_not_joined_by_a_touch(bank: Any) -> None:
    with pytest.raises(NotRewarded) as refused:
        join(a_campaign())
    assert refused.value.code_text == "not_joinable"


def test_what_is_not_there_is_unknown(bank: Any) -> None:
    with pytest.raises(UnknownCampaign):
        join_campaign(customer_number="C1", campaign_uid=uuid4(), key="k")


@pytest.mark.parametrize("key", ["", "x" * 101, "钥匙"])
def test_a_key_is_needed(bank: Any, key: str) -> None:
    with pytest.raises(KeyRequired):
        join(a_claim_page(), key=key)


def test_without_coupons_the_reward_waits(bank: Any) -> None:
    joined = join(a_claim_page(a_template(0)))
    assert joined.body["rewards"][0]["state"] == "pending"
