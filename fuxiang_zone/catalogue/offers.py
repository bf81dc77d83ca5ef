"""The catalogue as one bank has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuxiang_zone.catalogue.applying import EDITABLE
from fuxiang_zone.catalogue.choices import TypeState
from fuxiang_zone.catalogue.models import Activation, ActivationApplication, ProductType
from fuxiang_zone.catalogue.querysets import OPEN_APPLICATIONS

if TYPE_CHECKING:
    from tenants.models import Bank


@dataclass(frozen=True, slots=True)
class Offer:
    type: ProductType
    activation: Activation | None
    # The bank's last one.
    application: ActivationApplication | None
    # Banks that have it and are not closed.
    banks: int

    @property
    def is_under_way(self) -> bool:
        return self.application is not None and self.application.state in OPEN_APPLICATIONS

    @property
    def is_editable(self) -> bool:
        return self.application is not None and self.application.state in EDITABLE

    @property
    def can_apply(self) -> bool:
        is_free = self.activation is None and not self.is_under_way
        return is_free and self.type.state == TypeState.OPEN


def offers_for(bank: Bank) -> list[Offer]:
    """Types that are offered, and what the bank has of others."""
    activations = {each.product_type_id: each for each in Activation.objects.filter(bank=bank)}
    mine = ActivationApplication.objects.filter(bank=bank).select_related("bank", "product_type")
    last = {each.product_type_id: each for each in mine.order_by("id")}
    return [
        Offer(each, activations.get(each.pk), last.get(each.pk), each.banks_opened)
        for each in ProductType.objects.adoption()
        if each.state == TypeState.OPEN or each.pk in activations or each.pk in last
    ]
