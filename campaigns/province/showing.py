"""How the current bank stands to the province's campaigns, in a word and its colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.choices import RunState
from campaigns.designing.wording import describe_kind
from campaigns.models import Campaign, CampaignAccount
from campaigns.province.boards import RUN_COLOURS
from campaigns.province.choices import Field, JoinState
from campaigns.province.locks import binding
from campaigns.province.reading import Open, open_to_bank
from campaigns.province.wording import show_value
from publishing.choices import Lock


@dataclass(frozen=True, slots=True)
class Card:
    found: Open
    kind: str
    summary: str
    rewards: str
    locked: int
    to_fill: int
    state: tuple[str, str]


def cards(at: datetime) -> list[Card]:
    return [_card(each) for each in open_to_bank(at)]


def _card(found: Open) -> Card:
    bound = binding(found.published.payload)
    locks = [lock for lock, _value in bound.values()]
    return Card(
        found=found,
        kind=describe_kind(bound[Field.KIND][1]),
        summary=show_value(Field.SUMMARY, bound[Field.SUMMARY][1]),
        rewards=show_value(Field.EFFECTS, bound[Field.EFFECTS][1]),
        locked=locks.count(Lock.LOCKED),
        to_fill=locks.count(Lock.MUST_FILL),
        state=state_of(found),
    )


def state_of(found: Open) -> tuple[str, str]:
    draft = Campaign.objects.filter(province_uid=found.published.uid).first()
    if draft is None:
        if found.is_pulled:
            return _("pulled back by the province"), "danger"
        declined = found.joining.state == JoinState.DECLINED
        return (_("does not join"), "") if declined else (_("open to join"), "info")
    account = CampaignAccount.objects.filter(campaign=draft.pk).first()
    if account is None or account.live_version is None:
        return _("joined, not published yet"), "warning"
    state = RunState(account.run_state)
    return str(state.label), RUN_COLOURS[state]
