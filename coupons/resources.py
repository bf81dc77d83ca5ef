"""What an export of coupons holds, column by column: codes masked, and who each was issued to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import ModelResource

from coupons.models import Coupon
from coupons.stock.codes import Vault, masked
from coupons.stock.standing import effective_state
from coupons.terms.reading import FAR_FUTURE
from coupons.terms.wording import last_day
from tenants.encryption import CannotDecrypt


class CouponResource(ModelResource):
    """Rows come with ``batch``, its ``template`` and ``branch`` selected."""

    code = Field(column_name=_("coupon code"))
    template = Field(column_name=_("coupon template"))
    template_code = Field(column_name=_("template code"))
    batch = Field(column_name=_("coupon batch"))
    row = Field(attribute="row", column_name=_("row"))
    face = Field(column_name=_("face value (yuan)"))
    state = Field(column_name=_("state"))
    customer_number = Field(attribute="customer_number", column_name=_("issued to (customer)"))
    branch_code = Field(column_name=_("branch code"))
    branch = Field(column_name=_("branch"))
    claimed_at = Field(column_name=_("claimed at"))
    valid_from = Field(column_name=_("valid from"))
    valid_until = Field(column_name=_("valid until"))
    redeemed_at = Field(column_name=_("redeemed at"))
    redeemed = Field(column_name=_("redeemed (yuan)"))
    reference = Field(attribute="reference", column_name=_("reference"))
    remark = Field(attribute="remark", column_name=_("remark"))
    id = Field(attribute="id", column_name=_("coupon number"))

    class Meta:
        model = Coupon
        fields = (
            "code", "template", "template_code", "batch", "row", "face", "state",
            "customer_number", "branch_code", "branch", "claimed_at", "valid_from", "valid_until",
            "redeemed_at", "redeemed", "reference", "remark", "id",
        )  # fmt: skip
        export_order = fields

    def __init__(self, at: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at, self.vault = at or timezone.now(), Vault()

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [capfirst(header) for header in super().get_export_headers(selected_fields)]

    def dehydrate_code(self, coupon: Coupon) -> str:
        try:
            return masked(self.vault.open(coupon.code_key, bytes(coupon.secret)).code)
        except CannotDecrypt:
            return str(_("cannot be opened"))

    def dehydrate_template(self, coupon: Coupon) -> str:
        return coupon.batch.template.title

    def dehydrate_template_code(self, coupon: Coupon) -> str:
        return coupon.batch.template.code

    def dehydrate_batch(self, coupon: Coupon) -> str:
        return coupon.batch.name

    def dehydrate_face(self, coupon: Coupon) -> str:
        return _plain(coupon.face_cents)

    def dehydrate_state(self, coupon: Coupon) -> str:
        return str(effective_state(coupon, coupon.batch.state, self.at).label)

    def dehydrate_branch_code(self, coupon: Coupon) -> str:
        return coupon.branch.code if coupon.branch is not None else ""

    def dehydrate_branch(self, coupon: Coupon) -> str:
        return coupon.branch.name if coupon.branch is not None else ""

    def dehydrate_claimed_at(self, coupon: Coupon) -> str:
        return _moment(coupon.claimed_at)

    def dehydrate_valid_from(self, coupon: Coupon) -> str:
        return _moment(coupon.valid_from)

    def dehydrate_valid_until(self, coupon: Coupon) -> str:
        """The last day."""
        return "" if coupon.valid_until >= FAR_FUTURE else last_day(coupon.valid_until)

    def dehydrate_redeemed_at(self, coupon: Coupon) -> str:
        return _moment(coupon.redeemed_at)

    def dehydrate_redeemed(self, coupon: Coupon) -> str:
        return _plain(coupon.redeemed_cents) if coupon.redeemed_at is not None else ""


def _plain(cents: int) -> str:
    """Without thousands commas: spreadsheets read it as a number."""
    return f"{cents // 100}.{cents % 100:02d}"


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value is not None else ""
