"""Waves: to which banks a province campaign is opened, and the one action that pulls them back.

Locks: the campaign's row, its wave, the wave's joinings in the order of their keys. Banks are told
by a task each; a wave's switch stands in public, and a bank's approval looks at it under a lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from campaigns.province import events
from campaigns.province.choices import JoinState, WaveState
from campaigns.province.errors import UnknownProvinceCampaign, WaveRefused
from campaigns.province.models import Joining, ProvinceCampaign, Wave
from campaigns.province.reading import is_live
from operators.permissions import require
from tenants.choices import BankStatus
from tenants.models import Bank
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from operators.models import Operator

PLAN, PULL = "campaigns_province.add_wave", "campaigns_province.pull_wave"
TELL = "campaigns.province.tasks.tell_wave"
MOST_NAME, MOST_REASON = 40, 500


@transaction.atomic
def plan_wave(*, actor: Operator, campaign_id: int, name: str, bank_slugs: Iterable[str]) -> Wave:
    """The next wave, with banks that stand in no earlier one. Not open yet."""
    require(actor, PLAN)
    campaign = _locked_campaign(campaign_id)
    banks = _banks(bank_slugs)
    _refuse_placed(campaign, banks)
    number = campaign.waves.count() + 1
    label = " ".join(name.split())[:MOST_NAME] or default_name(number)
    wave = Wave.objects.create(campaign=campaign, number=number, name=label)
    Joining.objects.bulk_create(
        [Joining(campaign=campaign, wave=wave, bank=bank) for bank in banks]
    )
    record(
        events.WAVE_PLANNED, actor=actor, target=campaign,
        after={"wave": number, "name": label, "banks": [bank.slug for bank in banks]},
    )  # fmt: skip
    return wave


@transaction.atomic
def change_wave(*, actor: Operator, wave_id: int, name: str, bank_slugs: Iterable[str]) -> Wave:
    """While it is planned its banks may be chosen anew."""
    require(actor, PLAN)
    wave = _locked_wave(wave_id)
    _require_state(wave, WaveState.PLANNED)
    banks = _banks(bank_slugs)
    before = list(wave.joinings.order_by("bank").values_list("bank__slug", flat=True))
    wave.joinings.exclude(bank__in=banks).delete()
    placed = set(wave.joinings.values_list("bank_id", flat=True))
    fresh = [bank for bank in banks if bank.pk not in placed]
    _refuse_placed(wave.campaign, fresh)
    Joining.objects.bulk_create(
        [Joining(campaign=wave.campaign, wave=wave, bank=bank) for bank in fresh]
    )
    wave.name = " ".join(name.split())[:MOST_NAME] or default_name(wave.number)
    wave.save(update_fields=["name"])
    record(
        events.WAVE_PLANNED, actor=actor, target=wave.campaign, before={"banks": before},
        after={"wave": wave.number, "name": wave.name, "banks": [bank.slug for bank in banks]},
    )  # fmt: skip
    return wave


@transaction.atomic
def open_wave(*, actor: Operator, wave_id: int, at: datetime | None = None) -> Wave:
    """From now on its banks may join. The pilot comes first, and no wave overtakes another."""
    require(actor, PLAN)
    at = at or timezone.now()
    wave = _locked_wave(wave_id)
    _require_state(wave, WaveState.PLANNED)
    if not is_live(wave.campaign.uid, at):
        raise WaveRefused(
            _("This campaign is not published (or over): submit it for review first, then open its"
              " waves.")
        )  # fmt: skip
    _refuse_overtaking(wave)
    _switch(wave, WaveState.OPEN, at, opened_at=at, opened_by=_name(actor))
    record(
        events.WAVE_OPENED, actor=actor, target=wave.campaign,
        after={"wave": wave.number, "name": wave.name, "banks": wave.joinings.count()},
    )  # fmt: skip
    return wave


@transaction.atomic
def pull_wave(*, actor: Operator, wave_id: int, reason: str, at: datetime | None = None) -> Wave:
    """Everywhere in the wave within seconds nobody takes part any more, and nothing of it can be
    published, until it is released. What customers were given stays theirs."""
    require(actor, PULL)
    reason = _reason(reason)
    at = at or timezone.now()
    wave = _locked_wave(wave_id)
    if wave.state == WaveState.PULLED:
        return wave
    _require_state(wave, WaveState.OPEN)
    _lock_joinings(wave)
    _switch(
        wave, WaveState.PULLED, at, pulled_at=at, pulled_by=_name(actor), reason=reason,
        switched_at=at,
    )  # fmt: skip
    joined = wave.joinings.filter(state=JoinState.JOINED).count()
    record(
        events.WAVE_PULLED, actor=actor, target=wave.campaign, reason=reason,
        after={"wave": wave.number, "name": wave.name, "joined_banks": joined},
    )  # fmt: skip
    enqueue_on_commit(TELL, wave.pk)
    return wave


@transaction.atomic
def release_wave(*, actor: Operator, wave_id: int, reason: str, at: datetime | None = None) -> Wave:
    """What was pulled back waits, paused, for each bank to resume it; others may join again."""
    require(actor, PULL)
    reason = _reason(reason)
    at = at or timezone.now()
    wave = _locked_wave(wave_id)
    if wave.state == WaveState.OPEN:
        return wave
    _require_state(wave, WaveState.PULLED)
    _lock_joinings(wave)
    _switch(wave, WaveState.OPEN, at, reason=reason, switched_at=at)
    record(
        events.WAVE_RELEASED, actor=actor, target=wave.campaign, reason=reason,
        after={"wave": wave.number, "name": wave.name},
    )  # fmt: skip
    enqueue_on_commit(TELL, wave.pk)
    return wave


# --- parts ----------------------------------------------------------------------------------------
def _locked_campaign(campaign_id: int) -> ProvinceCampaign:
    rows = ProvinceCampaign.objects.select_for_update(no_key=True)
    campaign = rows.filter(pk=campaign_id).first()
    if campaign is None:
        raise UnknownProvinceCampaign(_("There is no such province campaign."))
    return campaign


def _locked_wave(wave_id: int) -> Wave:
    """Under the lock of its campaign: waves are opened one after the other."""
    wave = Wave.objects.filter(pk=wave_id).first()
    if wave is None:
        raise UnknownProvinceCampaign(_("There is no such wave."))
    campaign = _locked_campaign(wave.campaign_id)
    wave = Wave.objects.select_for_update(no_key=True).get(pk=wave_id)
    wave.campaign = campaign
    return wave


def _lock_joinings(wave: Wave) -> None:
    """Waits for banks that are just publishing, so that the switch meets what they published."""
    list(wave.joinings.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _switch(wave: Wave, state: WaveState, at: datetime, **columns: object) -> None:
    wave.state = state
    for name, value in columns.items():
        setattr(wave, name, value)
    wave.save(update_fields=["state", *columns])
    if "switched_at" in columns:
        wave.joinings.update(told_at=None, told="")


def _require_state(wave: Wave, state: WaveState) -> None:
    if wave.state != state:
        raise WaveRefused(
            _("Wave %(number)s is %(state)s; this step is not possible now.")
            % {"number": wave.number, "state": WaveState(wave.state).label}
        )


def _refuse_overtaking(wave: Wave) -> None:
    earlier = wave.campaign.waves.filter(number__lt=wave.number).exclude(state=WaveState.OPEN)
    first = earlier.order_by("number").first()
    if first is None:
        return
    if first.state == WaveState.PLANNED:
        raise WaveRefused(
            _("Wave %(number)s has not been opened yet. Open the waves in their order.")
            % {"number": first.number}
        )
    raise WaveRefused(
        _("Wave %(number)s is pulled back. Release it before the campaign goes to more banks.")
        % {"number": first.number}
    )


def _banks(slugs: Iterable[str]) -> list[Bank]:
    wanted = list(dict.fromkeys(slugs))
    if not wanted:
        raise WaveRefused(_("Choose at least one bank."))
    banks = Bank.objects.ready().exclude(status=BankStatus.CLOSED).filter(slug__in=wanted)
    found = list(banks.order_by("pk"))
    if unknown := sorted(set(wanted) - {bank.slug for bank in found}):
        raise WaveRefused(
            _("These are no banks that can take part: %(slugs)s.") % {"slugs": "、".join(unknown)}
        )
    return found


def _refuse_placed(campaign: ProvinceCampaign, banks: list[Bank]) -> None:
    placed = Joining.objects.filter(campaign=campaign, bank__in=banks)
    found = placed.select_related("bank", "wave").order_by("pk").first()
    if found is not None:
        raise WaveRefused(
            _("%(bank)s stands in wave %(number)s already.")
            % {"bank": found.bank.name, "number": found.wave.number}
        )


def default_name(number: int) -> str:
    return _("pilot banks") if number == 1 else _("wave %(number)s") % {"number": number}


def _reason(text: str) -> str:
    reason = text.strip()[:MOST_REASON]
    if not reason:
        raise WaveRefused(_("Say why; the banks read it."), code="reason_required")
    return reason


def _name(actor: Operator) -> str:
    return str(actor)[:150]
