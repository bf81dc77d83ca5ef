from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from coupons import expiry
from coupons.reconciliation import services as reconciliation
from coupons.stock import discarding, recalls
from tenants.fanout import for_each_bank


@shared_task(name="coupons.tasks.tidy_coupons")
def tidy_coupons() -> int:
    """Closes what the clock has ended, for the current bank; how many coupons."""
    now = timezone.now()
    recalls.finish_recalls(now)
    discarding.clear_remains()
    return expiry.tidy(at=now).expired


@shared_task(name="coupons.tasks.tidy_coupons_everywhere")
def tidy_coupons_everywhere() -> int:
    return for_each_bank("coupons.tasks.tidy_coupons", jitter=300)


@shared_task(name="coupons.tasks.reconcile_coupons")
def reconcile_coupons() -> list[str]:
    """Yesterday, and what was missed before it, of the current bank. Most runs find nothing."""
    return [day.isoformat() for day in reconciliation.reconcile_missing(at=timezone.now())]


@shared_task(name="coupons.tasks.reconcile_coupons_everywhere")
def reconcile_coupons_everywhere() -> int:
    return for_each_bank("coupons.tasks.reconcile_coupons", jitter=1200)
