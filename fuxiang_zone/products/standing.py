"""Whether what is published of a product can be reserved now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from fuxiang_zone.models import ProductAccount


class SaleState(TextChoices):
    TO_COME = "to_come", pgettext_lazy("zone product", "to come")
    ON_SALE = "on_sale", pgettext_lazy("zone product", "on sale")
    SOLD_OUT = "sold_out", pgettext_lazy("zone product", "sold out")
    OVER = "over", pgettext_lazy("zone product", "over")


def sale_state(account: ProductAccount | None, at: datetime, overdue: int = 0) -> SaleState | None:
    """``overdue``: units held past their time. None: nothing of it is reserved, or customers do
    not have it."""
    if account is None or account.live_version is None or account.quota is None:
        return None
    starts = [each for each in (account.starts_at, account.sale_starts_at) if each is not None]
    ends = [each for each in (account.ends_at, account.sale_ends_at) if each is not None]
    if any(at < each for each in starts):
        return SaleState.TO_COME
    if any(each <= at for each in ends):
        return SaleState.OVER
    is_out = account.held - overdue + account.confirmed >= account.quota
    return SaleState.SOLD_OUT if is_out else SaleState.ON_SALE
