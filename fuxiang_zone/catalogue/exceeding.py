"""Published products that pay more than a cap allows: a cap binds what is submitted and approved
from its day on, and what was published before must be found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.directory import TypeInfo, read_type
from fuxiang_zone.catalogue.holdings import terms_shown_in
from fuxiang_zone.catalogue.models import ProductType
from fuxiang_zone.products.rates import Tier, term_words, tiers_of
from fuxiang_zone.products.wording import percent
from tenants.models import Bank


def published_above_caps(product_type: ProductType, at: datetime) -> list[str]:
    """A sentence for each that customers still see at that time, of all banks."""
    info = read_type(product_type.code)
    if info is None or not info.has(Feature.RATES):
        return []
    on, found = timezone.localdate(at), []
    for bank in Bank.objects.ready().order_by("pk"):
        for terms in terms_shown_in(bank, info.code, at):
            above = _most_above(tiers_of(terms.get("rates") or ()), info, on)
            if above:
                words = {"bank": bank, "product": terms["title"], "rates": above}
                found.append(_("%(bank)s, “%(product)s”: %(rates)s.") % words)
    return found


def _most_above(tiers: Iterable[Tier], info: TypeInfo, on: date) -> str:
    """The tier that exceeds its cap by most, in words; empty when none does."""
    paired = [(tier, info.cap_for(tier.term, tier.unit, on)) for tier in tiers]
    above = [(tier, cap) for tier, cap in paired if cap is not None and tier.rate > cap.rate]
    if not above:
        return ""
    tier, cap = max(above, key=lambda pair: pair[0].rate - pair[1].rate)
    return _("%(rate)s for %(term)s, cap %(cap)s") % {
        "rate": percent(tier.rate), "term": term_words(tier.term, tier.unit), "cap": cap.shown,
    }  # fmt: skip
