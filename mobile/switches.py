"""What people have switched of a bank's campaigns, as each process knows it.

Publications say nothing of it: a campaign is paused or stopped beside its period. Whoever switches
one announces a change of the bank's schema, so that every process reads again within a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from django.db.models import F, Q

from campaigns.choices import RunState
from campaigns.models import CampaignAccount
from mobile.inside import inside
from tenants.changes import version_of

if TYPE_CHECKING:
    from tenants.models import Bank

RUNNING, PAUSED, USED_UP, STOPPED, ENDED = "running", "paused", "used_up", "stopped", "ended"
# Words of the channel API. Customers are not told who stopped a campaign.
STATES = (RUNNING, PAUSED, USED_UP, STOPPED, ENDED)
SHOWN = (RUNNING, PAUSED, USED_UP)
_WORDS = {
    RunState.PAUSED: PAUSED,
    RunState.STOPPED: STOPPED,
    RunState.PULLED: STOPPED,
    RunState.ENDED: ENDED,
}
ALL_MARKS = 100
# A budget is used up by customers, whom nobody announces; joining is refused at once all the same.
MAX_AGE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    read_at: float
    switched: Mapping[str, str]


_held: dict[str, _Held] = {}


def switched_of(bank: Bank) -> Mapping[str, str]:
    """Id of a campaign → its state, of those that do not simply run. The same object for as long
    as nothing has changed."""
    version, now = version_of(bank.schema_name), monotonic()
    held = _held.get(bank.schema_name)
    if held is None or held.version != version or now - held.read_at > MAX_AGE_SECONDS:
        found = read_switches(bank)
        if held is not None and held.switched == found:
            found = held.switched  # what was made of it stays good
        held = _held[bank.schema_name] = _Held(version, now, found)
    return held.switched


def read_switches(bank: Bank) -> Mapping[str, str]:
    with inside(bank):
        rows = CampaignAccount.objects.filter(
            ~Q(run_state=RunState.RUNNING)
            | Q(mark=ALL_MARKS)
            | Q(committed_cents__gte=F("budget_cents")),
            live_version__isnull=False,
        ).values_list("uid", "run_state")
        return {str(uid): state_of(state, is_used_up=True) for uid, state in rows}


def state_of(run_state: str, *, is_used_up: bool) -> str:
    if run_state == RunState.RUNNING:
        return USED_UP if is_used_up else RUNNING
    return _WORDS[RunState(run_state)]


def forget() -> None:
    _held.clear()
