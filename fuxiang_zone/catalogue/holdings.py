"""What banks have made of a product type, read bank by bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from fuxiang_zone.models import ProductTerms, ZoneProduct
from tenants.models import Bank


@dataclass(frozen=True, slots=True)
class Holding:
    bank: Bank
    title: str
    is_live: bool
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        words = {"bank": self.bank, "product": self.title}
        if self.is_live:
            return _("%(bank)s, “%(product)s” (published)") % words
        return _("%(bank)s, “%(product)s” (draft)") % words


def holdings_of(code: str) -> Iterator[Holding]:
    for bank in Bank.objects.ready().order_by("pk"):
        yield from holdings_in(bank, code)


def holdings_in(bank: Bank, code: str) -> list[Holding]:
    """Drafts and what is live, whether or not the bank still has the type open."""
    with tenant_context(bank):
        drafts = ZoneProduct.objects.filter(type_code=code).order_by("pk")
        found = [Holding(bank, each.title, False, each.values) for each in drafts]
        live = ProductTerms.objects.filter(
            product__account__type_code=code, version=F("product__account__live_version")
        ).order_by("product_id")
        for each in live:
            found.append(Holding(bank, each.terms["title"], True, each.terms.get("values", {})))
    return found
