"""Templates that run out: what customers may still claim, against what was brought."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Q

from coupons.choices import CouponState
from coupons.models import Batch, Coupon, TemplateAccount

# One in ten: below it is low.
PART = 10
KEEP_SECONDS = 60
_KEY = "coupons.low_stock"


@dataclass(frozen=True, slots=True)
class Low:
    """``available`` coupons in stock of ``brought`` ones; both of live batches."""

    template_id: int
    title: str
    available: int
    brought: int
    branch_path: str

    @property
    def percent(self) -> int:
        return self.available * 100 // self.brought if self.brought else 0


def low_stock(at: datetime, branch_path: str = "") -> list[Low]:
    """What is published now and nearly or wholly out of stock, the emptiest first. A minute old at
    most: the workbench of everybody asks."""
    found: list[Low] | None = cache.get(_KEY)
    if found is None:
        found = read_low_stock(at)
        cache.set(_KEY, found, KEEP_SECONDS)
    return [low for low in found if low.branch_path.startswith(branch_path)]


def read_low_stock(at: datetime) -> list[Low]:
    batches: dict[int, list[tuple[int, int, bool]]] = defaultdict(list)
    live = Batch.objects.live().values_list("template_id", "pk", "count", "is_exhausted")
    for template_id, *batch in live:
        batches[template_id].append(tuple(batch))  # type: ignore[arg-type]
    levels = [_level(account, batches[account.pk], at) for account in _published(at)]
    return sorted(filter(None, levels), key=lambda low: (low.percent, -low.brought, low.title))


def _published(at: datetime) -> list[TemplateAccount]:
    begun = Q(starts_at=None) | Q(starts_at__lte=at)
    not_over = Q(ends_at=None) | Q(ends_at__gt=at)
    rows = TemplateAccount.objects.filter(begun, not_over, live_version__isnull=False)
    return list(rows.select_related("template").order_by("pk"))


def _level(
    account: TemplateAccount, batches: list[tuple[int, int, bool]], at: datetime
) -> Low | None:
    brought = sum(count for _pk, count, _exhausted in batches)
    # Counted no further than to where it is enough.
    enough = -(-brought // PART)
    pools = [pk for pk, _count, exhausted in batches if not exhausted]
    stocked = Coupon.objects.filter(
        batch_id__in=pools, state=CouponState.STOCKED, valid_until__gt=at
    )
    available = stocked.order_by()[:enough].count() if pools and enough else 0
    if brought and available >= enough:
        return None
    return Low(account.pk, account.template.title, available, brought, account.branch_path)
