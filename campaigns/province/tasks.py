from __future__ import annotations

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from campaigns.province import rolling, telling
from campaigns.province.choices import JoinState
from campaigns.province.models import Joining
from tenants.fanout import for_each_bank
from tenants.models import Bank


@shared_task(name="campaigns.province.tasks.tell_wave")
def tell_wave(wave_id: int) -> int:
    """On public: a task for each bank of the wave, suspended ones too: nothing of it runs on."""
    told = Joining.objects.filter(wave=wave_id).values("bank")
    banks = Bank.objects.ready().filter(pk__in=told)
    return for_each_bank("campaigns.province.tasks.tell_bank", wave_id, banks=banks)


@shared_task(name="campaigns.province.tasks.tell_bank")
def tell_bank(wave_id: int) -> int:
    """In one bank of the wave."""
    at = timezone.now()
    told = telling.tell_bank(wave_id, at)
    rolling.roll_up_bank(at)
    return told


@shared_task(name="campaigns.province.tasks.roll_up")
def roll_up() -> int:
    """In one bank."""
    return rolling.roll_up_bank(timezone.now())


@shared_task(name="campaigns.province.tasks.roll_up_everywhere")
def roll_up_everywhere() -> int:
    """On public: a task for each bank that takes part in something, or has a switch to follow."""
    joined = Q(state=JoinState.JOINED) | Q(wave__switched_at__isnull=False, told_at=None)
    banks = Bank.objects.ready().filter(pk__in=Joining.objects.filter(joined).values("bank"))
    return for_each_bank("campaigns.province.tasks.roll_up", banks=banks, jitter=20)


@shared_task(name="campaigns.province.tasks.roll_up_campaign")
def roll_up_campaign(campaign_id: int) -> int:
    """On public: a task for each bank that takes part in this one."""
    joined = Joining.objects.filter(campaign=campaign_id, state=JoinState.JOINED)
    banks = Bank.objects.ready().filter(pk__in=joined.values("bank"))
    return for_each_bank("campaigns.province.tasks.roll_up", banks=banks)
