"""What may have changed since a draft was stored, and what is sold of it that binds it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from fuxiang_zone.errors import BadProduct
from fuxiang_zone.models import ProductAccount
from fuxiang_zone.products.content import ProductContent, content_of_envelope
from fuxiang_zone.products.offered import require_type
from fuxiang_zone.sales.overdue import take_back

if TYPE_CHECKING:
    from publishing.envelopes import Envelope


def check_envelope(target_id: str, envelope: Envelope, at: datetime) -> None:
    """At submission and at approval: the type, its schema and its caps as they are now, and what is
    reserved. Locks the account: what is reserved cannot grow meanwhile."""
    raw = content_of_envelope(envelope)
    info = require_type(raw.type_code)
    days = tuple(timezone.localdate(max(moment, at)) for moment in (at, raw.starts_at))
    content = raw.cleaned(info, caps_on=days)
    refuse_past_sale(content, at)
    _take_back_overdue(target_id, at)
    account = ProductAccount.objects.select_for_update(no_key=True).filter(uid=target_id).first()
    if account is not None:
        _refuse_other_type(account, content)
        _refuse_less_than_taken(account, content)


def refuse_past(content: ProductContent, at: datetime) -> None:
    """What a maker types: neither the sale nor the period is over."""
    refuse_past_sale(content, at)
    if content.ends_at is not None and content.ends_at <= at:
        raise BadProduct(
            _("The period ended on %(when)s; customers would never see it.")
            % {"when": timezone.localtime(content.ends_at).strftime("%Y-%m-%d %H:%M")},
            field="ends_at", code="period_over",
        )  # fmt: skip


def _take_back_overdue(target_id: str, at: datetime) -> None:
    """Before the account is locked: reservations come first. What is overdue binds no quota."""
    found = ProductAccount.objects.filter(uid=target_id, held__gt=0).values_list("pk", flat=True)
    for product_id in found:
        while take_back(product_id, at=at):
            pass


def refuse_past_sale(content: ProductContent, at: datetime) -> None:
    if content.sale_ends_at is not None and content.sale_ends_at <= at:
        raise BadProduct(
            _("The sale ended on %(when)s; nobody could buy it. Choose a later end.")
            % {"when": timezone.localtime(content.sale_ends_at).strftime("%Y-%m-%d %H:%M")},
            field="sale_ends_at", code="sale_over",
        )  # fmt: skip


def _refuse_other_type(account: ProductAccount, content: ProductContent) -> None:
    if account.type_code != content.type_code:
        raise BadProduct(
            _("The type of a published product stays. Make a copy for another type."),
            field="type_code",
        )


def _refuse_less_than_taken(account: ProductAccount, content: ProductContent) -> None:
    taken = account.held + account.confirmed
    if not taken:
        return
    words = {"held": f"{account.held:,}", "confirmed": f"{account.confirmed:,}"}
    if content.quota is None or content.quota < taken:
        raise BadProduct(
            _(
                "%(held)s units are reserved and %(confirmed)s confirmed; the quota cannot be less"
                " than both together."
            )
            % words,
            field="quota", code="quota_below_taken",
        )  # fmt: skip
    if account.unit_cents != content.unit_cents:
        raise BadProduct(
            _(
                "%(held)s units are reserved and %(confirmed)s confirmed at the amount of one unit"
                " as it is; make a copy for another amount."
            )
            % words,
            field="unit_cents",
        )
