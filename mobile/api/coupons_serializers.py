"""The form of the answers about coupons, for the OpenAPI document and the contract tests."""

from __future__ import annotations

from rest_framework import serializers

from coupons.choices import CouponKind, RedeemedAt
from coupons.wallet.choices import WalletState
from mobile.api.serializers import Problem

STATES = ["claimed", "locked", "redeemed", "voided"]


class Conditions(serializers.Serializer):
    template = serializers.CharField(help_text="Code of the template.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(CouponKind.values)
    rate_bp = serializers.IntegerField(help_text="Basis points: 1500 = 15 %.")
    threshold_cents = serializers.IntegerField(help_text="Least amount of the payment; 0 = any.")
    scenes = serializers.ListField(
        child=serializers.CharField(), help_text="What it pays towards; empty = anything."
    )
    stacking_group = serializers.CharField(
        allow_blank=True,
        help_text="One of each group to a payment; empty: never beside another coupon.",
    )
    used_at = serializers.ChoiceField(RedeemedAt.values)


class WalletCoupon(Conditions):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(WalletState.values)
    face_cents = serializers.IntegerField()
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(help_text="Exclusive; 2999: without end.")
    lock_until = serializers.DateTimeField(allow_null=True)
    reference = serializers.CharField(
        allow_blank=True, help_text="The payment it is locked or was redeemed for."
    )
    claimed_at = serializers.DateTimeField(allow_null=True)
    redeemed_at = serializers.DateTimeField(allow_null=True)
    redeemed_cents = serializers.IntegerField(help_text="What was used and not reversed.")
    branch = serializers.CharField(
        allow_blank=True, help_text="The branch whose counter redeems it; empty: every one."
    )


class WalletGroup(serializers.Serializer):
    state = serializers.ChoiceField(WalletState.values)
    total = serializers.IntegerField(help_text="Of this state, on all pages.")
    coupons = WalletCoupon(many=True)
    next = serializers.CharField(allow_null=True, help_text="For after; null: this is all.")


class Wallet(serializers.Serializer):
    groups = WalletGroup(many=True)


class CouponDetail(WalletCoupon):
    rules = serializers.CharField(allow_blank=True)
    code = serializers.CharField(
        required=False, help_text="Where the customer needs it, and the coupon is good."
    )
    pin = serializers.CharField(required=False, allow_blank=True)


class Reason(serializers.Serializer):
    """Beside these, facts such as missing_cents, valid_from, limit, period, resets_at."""

    code = serializers.CharField(help_text="The stable word for programs, as in a refusal.")
    detail = serializers.CharField(help_text="A sentence for people.")


class UsableCoupon(WalletCoupon):
    takes_off_cents = serializers.IntegerField(help_text="Of this payment; 0: it is no reduction.")


class RefusedCoupon(WalletCoupon):
    reason = Reason()


class OfferedTemplate(Conditions):
    face_min_cents = serializers.IntegerField()
    face_max_cents = serializers.IntegerField()
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    days_after_claim = serializers.IntegerField(allow_null=True)
    rules = serializers.CharField(allow_blank=True)


class Offer(OfferedTemplate):
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class RefusedOffer(Offer):
    reason = Reason()


class Offers(serializers.Serializer):
    claimable = Offer(many=True)
    others = RefusedOffer(many=True)


class HelpfulTemplate(OfferedTemplate):
    takes_off_cents = serializers.IntegerField(help_text="At least.")


class Part(serializers.Serializer):
    id = serializers.IntegerField()
    takes_off_cents = serializers.IntegerField()


class Combination(serializers.Serializer):
    coupons = Part(many=True)
    takes_off_cents = serializers.IntegerField()
    pay_cents = serializers.IntegerField(help_text="What is left to pay.")


class Usable(serializers.Serializer):
    scene = serializers.CharField(allow_blank=True)
    amount_cents = serializers.IntegerField(allow_null=True)
    usable = UsableCoupon(many=True)
    best = Combination(help_text="The coupons that together take off most.")
    nearly = RefusedCoupon(many=True, help_text="A larger payment or a few days are missing.")
    unusable = RefusedCoupon(many=True)
    claimable = HelpfulTemplate(many=True, help_text="To be claimed and used at once.")


class Notice(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="expiring, …")
    at = serializers.DateTimeField()
    customer = serializers.CharField()
    coupon = serializers.IntegerField()
    template = serializers.CharField()
    name = serializers.CharField()
    face_cents = serializers.IntegerField()
    valid_until = serializers.DateTimeField()


class Notices(serializers.Serializer):
    notices = Notice(many=True)


# --- changes --------------------------------------------------------------------------------------
class Changed(serializers.Serializer):
    """The coupon after the change."""

    id = serializers.IntegerField()
    template = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(CouponKind.values)
    state = serializers.ChoiceField(STATES)
    face_cents = serializers.IntegerField()
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField()
    lock_until = serializers.DateTimeField(allow_null=True)
    reference = serializers.CharField(allow_blank=True)
    redeemed_cents = serializers.IntegerField()


class Claimed(Changed):
    claimed_at = serializers.DateTimeField()


class Quoted(Changed):
    order_cents = serializers.IntegerField(allow_null=True)
    discount_cents = serializers.IntegerField(help_text="What is taken off the payment.")
    pay_cents = serializers.IntegerField(allow_null=True)


class Redeemed(Quoted):
    redeemed_at = serializers.DateTimeField()


class Reversed(Changed):
    reversed_cents = serializers.IntegerField()


class Acting(serializers.Serializer):
    customer = serializers.CharField(
        required=False, help_text="Systems' tokens only: required. Whose coupon it is."
    )


class ClaimBody(Acting):
    pass


class ReleaseBody(Acting):
    pass


class RedeemBody(Acting):
    amount_cents = serializers.IntegerField(
        required=False, allow_null=True, min_value=0,
        help_text="Of the payment, before anything is taken off.",
    )  # fmt: skip
    scene = serializers.CharField(required=False, max_length=48)
    reference = serializers.CharField(
        required=False, max_length=64, help_text="Number of the payment."
    )


class LockBody(RedeemBody):
    pass


class ReverseBody(Acting):
    amount_cents = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, help_text="Default: all that was used."
    )
    reference = serializers.CharField(required=False, max_length=64)


class VoidBody(serializers.Serializer):
    note = serializers.CharField(max_length=500, help_text="Why; it stands in the ledger.")


class CouponProblem(Problem):
    """Beside these, facts of the refusal such as limit, period, missing_cents, valid_until."""

    code = serializers.CharField(
        help_text="Closed list: unknown_template, unknown_coupon, unknown_customer, "
        "not_claimable, not_live, outside_audience, out_of_stock, limit_reached, not_yet_valid, "
        "expired, below_threshold, wrong_scene, wrong_branch, wrong_channel, locked, not_locked, "
        "already_redeemed, not_redeemed, bad_amount, frozen, voided, idempotency_key_required, "
        "idempotency_key_reused, bad_body, too_large, customers_only, systems_only."
    )
