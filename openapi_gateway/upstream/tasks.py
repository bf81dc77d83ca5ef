from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from openapi_gateway.upstream.models import VendorCharge

# Long enough to settle a quarter's invoice with the vendor.
KEPT_DAYS = 190


@shared_task(name="openapi_gateway.upstream.tasks.tidy_charges")
def tidy_charges() -> int:
    last = timezone.localdate() - timedelta(days=KEPT_DAYS)
    return VendorCharge.objects.filter(day__lt=last).delete()[0]
