from __future__ import annotations

from typing import Any

import pytest

from campaigns.models import CampaignAccount
from publishing import links
from tests.campaigns.making import a_campaign, a_draft

pytestmark = pytest.mark.django_db


def test_what_is_published_can_be_linked_to_until_it_is_over(bank: Any) -> None:
    kind = links.get("campaign")
    assert kind is not None
    draft, live = a_draft(), a_campaign()
    assert [each.id for each in kind.choices("")] == [str(live.uid)]
    found = kind.find(str(live.uid))
    assert found is not None
    assert found.label == live.title
    assert kind.find(str(draft.uid)) is None
    assert kind.find("nonsense") is None
    CampaignAccount.objects.update(run_state="ended")
    assert kind.find(str(live.uid)) is None
