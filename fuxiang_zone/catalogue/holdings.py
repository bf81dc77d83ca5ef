"""What banks have made of a product type, read bank by bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.models import ProductTerms, ZoneProduct
from tenants.models import Bank


@dataclass(frozen=True, slots=True)
class Holding:
    bank: Bank
    title: str
    is_live: bool
    values: Mapping[str, Any]
    # Words, by the code of the type's disclosure.
    disclosures: Mapping[str, str]
    # Of the type, as far as the product makes use of it.
    features: frozenset[Feature]

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
        found = [_holding(bank, False, each.render_payload(), each.title) for each in drafts]
        live = [each.terms for each in _live(code)]
        found += [_holding(bank, True, terms, terms["title"]) for terms in live]
    return found


def titles_shown_in(bank: Bank, code: str, at: datetime) -> list[str]:
    return [each["title"] for each in terms_shown_in(bank, code, at)]


def terms_shown_in(bank: Bank, code: str, at: datetime) -> list[dict[str, Any]]:
    """What customers see of it, or will: what is over shows no more."""
    with tenant_context(bank):
        shown = _live(code).exclude(product__account__ends_at__lte=at)
        return [each.terms for each in shown]


def _live(code: str) -> QuerySet[ProductTerms]:
    return ProductTerms.objects.filter(
        product__account__type_code=code, version=F("product__account__live_version")
    ).order_by("product_id")


def _holding(bank: Bank, is_live: bool, payload: Mapping[str, Any], title: str) -> Holding:
    """Of the document that customers receive, or will."""
    used = {feature for feature, name in _USES if payload.get(name) not in (None, [])}
    return Holding(
        bank, title, is_live, payload.get("values", {}), payload.get("disclosures", {}),
        frozenset(used),
    )  # fmt: skip


_USES = (
    (Feature.RATES, "rates"), (Feature.SUITABILITY, "risk_level"), (Feature.LINKS, "links"),
    (Feature.QUOTA, "quota"), (Feature.QUOTA, "sale_starts_at"), (Feature.QUOTA, "sale_ends_at"),
)  # fmt: skip
