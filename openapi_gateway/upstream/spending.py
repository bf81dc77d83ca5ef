"""What vendors cost in a day: claimed before the call, given back when the vendor charges nothing.

Both steps are conditional statements, so that a result that comes twice is counted once and the cap
holds however many calls arrive together.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from openapi_gateway.upstream.errors import UNAVAILABLE, UpstreamFailed
from openapi_gateway.upstream.models import Vendor, VendorCharge, VendorSpend

UNITS = 10_000  # in a yuan
RETRY_SECONDS = 600

_CHARGE = """
INSERT INTO public.gateway_upstream_vendorcharge
  (vendor_id, session, day, amount, is_open, is_billed)
VALUES (%s, %s, %s, %s, true, false)
ON CONFLICT (vendor_id, session) DO NOTHING
"""
_OPEN_DAY = """
INSERT INTO public.gateway_upstream_vendorspend (vendor_id, day, amount)
VALUES (%s, %s, 0) ON CONFLICT (vendor_id, day) DO NOTHING
"""


def claim(vendor: Vendor, session: str, at: datetime) -> None:
    """Once per session. Raises UP.UNAVAILABLE when the day's cap would be passed."""
    amount = int(vendor.price * UNITS)
    if not amount:
        return
    day = timezone.localdate(at)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_CHARGE, [vendor.pk, session, day, amount])
            if not cursor.rowcount:
                return
            cursor.execute(_OPEN_DAY, [vendor.pk, day])
        rows = VendorSpend.objects.filter(vendor=vendor, day=day)
        if vendor.daily_cap is not None:
            rows = rows.filter(amount__lte=int(vendor.daily_cap * UNITS) - amount)
        if not rows.update(amount=F("amount") + amount):
            raise UpstreamFailed(UNAVAILABLE, is_fault=False, retry_after=RETRY_SECONDS)


def settle(vendor: Vendor, session: str, *, is_billable: bool) -> None:
    """The vendor has said what it charges; again changes nothing."""
    with transaction.atomic():
        rows = VendorCharge.objects.filter(vendor=vendor, session=session, is_open=True)
        charge = rows.first()
        if charge is None or not rows.update(is_open=False, is_billed=is_billable):
            return
        if not is_billable:
            VendorSpend.objects.filter(vendor=vendor, day=charge.day).update(
                amount=F("amount") - charge.amount
            )


def give_back(vendor: Vendor, session: str) -> None:
    """The vendor never got the call: the session may claim again."""
    with transaction.atomic():
        rows = VendorCharge.objects.filter(vendor=vendor, session=session, is_open=True)
        charge = rows.first()
        if charge is not None and rows.delete()[0]:
            VendorSpend.objects.filter(vendor=vendor, day=charge.day).update(
                amount=F("amount") - charge.amount
            )


def spent(vendor: Vendor, at: datetime) -> Decimal:
    row = VendorSpend.objects.filter(vendor=vendor, day=timezone.localdate(at)).first()
    return Decimal(row.amount if row else 0) / UNITS
