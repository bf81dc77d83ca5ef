from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from publishing.offers import syncing
from publishing.offers.models import OfferDelivery
from tenants.fanout import for_each_bank
from tenants.models import Bank


@shared_task(name="publishing.offers.tasks.sync_bank")
def sync_bank() -> int:
    """In one bank: takes in what the platform offers, reports what became of it."""
    return syncing.sync_bank(timezone.now())


@shared_task(name="publishing.offers.tasks.sync_everywhere")
def sync_everywhere() -> int:
    """On public: a task for each serving bank of which something may be new. A suspended bank's
    turn comes when it serves again."""
    unsettled = OfferDelivery.objects.unsettled(timezone.now())
    banks = Bank.objects.serving().filter(pk__in=unsettled.values("bank"))
    return for_each_bank("publishing.offers.tasks.sync_bank", banks=banks)
