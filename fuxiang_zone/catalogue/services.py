"""The platform's verbs on the zone's catalogue. They run in the public schema."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from audit.services import record
from fuxiang_zone.catalogue import events
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.entries import save_entry
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank


def save_product_type(*, actor: Operator, product_type: ProductType) -> ProductType:
    return save_entry(actor=actor, entry=product_type, event=events.TYPE_SAVED)


@transaction.atomic
def activate_type(
    *,
    actor: Operator,
    product_type: ProductType,
    bank: Bank,
    is_demo: bool = False,
    at: datetime | None = None,
) -> Activation:
    """The bank opens the type. Again is not an error: the first time stands."""
    require(actor, "fuxiang_zone_catalogue.add_activation")
    activation, opened = Activation.objects.get_or_create(
        product_type=product_type,
        bank=bank,
        defaults={"activated_at": at or timezone.now(), "is_demo": is_demo},
    )
    if opened:
        after = {"bank": bank.slug, "product_type": product_type.code, "is_demo": is_demo}
        record(events.TYPE_ACTIVATED, actor=actor, target=activation, after=after)
    return activation


@transaction.atomic
def deactivate_type(
    *, actor: Operator, product_type: ProductType, bank: Bank, reason: str = ""
) -> bool:
    """False when the bank had not opened the type."""
    require(actor, "fuxiang_zone_catalogue.change_activation")
    activation = Activation.objects.filter(product_type=product_type, bank=bank).first()
    if activation is None or not Activation.objects.filter(pk=activation.pk).delete()[0]:
        return False
    record(
        events.TYPE_DEACTIVATED, actor=actor, target_kind="fuxiang_zone_catalogue.activation",
        target_id=str(activation.pk), target_label=f"{bank} {product_type}", reason=reason,
        before={"bank": bank.slug, "product_type": product_type.code},
    )  # fmt: skip
    return True
