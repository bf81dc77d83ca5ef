from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from campaigns import services
from campaigns.models import CampaignAccount, Effect
from tenants.fanout import for_each_bank
from tenants.tasks_api import enqueue_on_commit

# Of one task; what is left is the next one's.
MOST_ROUNDS = 20


@shared_task(name="campaigns.tasks.apply_effects")
def apply_effects() -> None:
    """Gives the rewards of the current bank that are due, and takes back those that are to be."""
    for _round in range(MOST_ROUNDS):
        if not services.apply_due(at=timezone.now()).number:
            return
    enqueue_on_commit("campaigns.tasks.apply_effects")


@shared_task(name="campaigns.tasks.apply_effects_everywhere")
def apply_effects_everywhere() -> None:
    for_each_bank("campaigns.tasks.apply_effects_of_bank", jitter=40)


@shared_task(name="campaigns.tasks.apply_effects_of_bank")
def apply_effects_of_bank() -> None:
    """Most banks have nothing due at most times."""
    if Effect.objects.filter(due_at__lte=timezone.now()).exists():
        apply_effects.run()


@shared_task(name="campaigns.tasks.tie_out_everywhere")
def tie_out_everywhere() -> None:
    for_each_bank("campaigns.tasks.tie_out_campaigns", jitter=300)


@shared_task(name="campaigns.tasks.tie_out_campaigns")
def tie_out_campaigns() -> None:
    """Each campaign whose books may have changed since they were last compared."""
    for campaign_id in CampaignAccount.objects.order_by("pk").values_list("pk", flat=True):
        services.tie_out(campaign_id)
