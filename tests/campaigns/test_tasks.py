from __future__ import annotations

from typing import Any

import pytest

from campaigns.choices import EffectState
from campaigns.models import Effect
from campaigns.services import take_events
from campaigns.tasks import apply_effects_of_bank
from tests.campaigns.making import SYSTEM, a_campaign, a_customer, an_event


@pytest.mark.django_db
def test_the_clock_gives_the_rewards_that_a_lost_message_left_undone(bank: Any) -> None:
    a_campaign()
    take_events(source=SYSTEM, events=[an_event(a_customer().number)])
    assert Effect.objects.get().state == EffectState.PENDING

    # As a worker runs it: from public, with the bank in the message.
    apply_effects_of_bank.apply(headers={"_schema_name": bank.schema_name}, throw=True)

    assert Effect.objects.get().state == EffectState.APPLIED
