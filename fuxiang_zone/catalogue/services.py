"""The verbs on the zone's catalogue. Keeping it and opening types happens in the public schema,
applying in the bank's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from fuxiang_zone.catalogue import events
from fuxiang_zone.catalogue.applying import (
    apply_for_type,
    decide_application,
    edit_application,
    submit_application,
    withdraw_application,
)
from fuxiang_zone.catalogue.errors import ProductsLive
from fuxiang_zone.catalogue.holdings import titles_shown_in
from fuxiang_zone.catalogue.keeping import close_type, open_type, save_product_type, save_rate_cap
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.permissions import require
from tenants.platform import PLATFORM
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank

__all__ = [
    "activate_type", "apply_for_type", "close_type", "deactivate_type", "decide_application",
    "edit_application", "open_type", "save_product_type", "save_rate_cap", "submit_application",
    "withdraw_application",
]  # fmt: skip


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
        announce_change(PLATFORM.schema_name)
    return activation


@transaction.atomic
def deactivate_type(
    *, actor: Operator, product_type: ProductType, bank: Bank, reason: str = ""
) -> bool:
    """False when the bank had not opened the type."""
    require(actor, "fuxiang_zone_catalogue.change_activation")
    activation = Activation.objects.filter(product_type=product_type, bank=bank).first()
    if activation is None:
        return False
    # Approvals hold the type until they are through: nothing of it goes live meanwhile.
    ProductType.objects.select_for_update().get(pk=product_type.pk)
    _refuse_live(bank, product_type)
    if not Activation.objects.filter(pk=activation.pk).delete()[0]:
        return False
    record(
        events.TYPE_DEACTIVATED, actor=actor, target_kind="fuxiang_zone_catalogue.activation",
        target_id=str(activation.pk), target_label=f"{bank} {product_type}", reason=reason,
        before={"bank": bank.slug, "product_type": product_type.code},
    )  # fmt: skip
    announce_change(PLATFORM.schema_name)
    return True


def _refuse_live(bank: Bank, product_type: ProductType) -> None:
    live = titles_shown_in(bank, product_type.code, timezone.now())
    if live:
        words = {"bank": bank, "type": product_type, "products": _(", ").join(live[:5])}
        raise ProductsLive(
            _("%(bank)s still shows products of “%(type)s”: %(products)s. Withdraw them first.")
            % words
        )
