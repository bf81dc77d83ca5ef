"""The form of the answers about the zone, for the OpenAPI document and the contract tests."""

from __future__ import annotations

from rest_framework import serializers

from fuxiang_zone.choices import ReservationState, TermUnit
from fuxiang_zone.sales.standing import SaleState
from mobile.api.serializers import Problem


class Unsuitable(serializers.Serializer):
    code = serializers.CharField(
        help_text="not_assessed, assessment_expired or risk_too_high: for programs."
    )
    detail = serializers.CharField(help_text="A sentence for people.")


class ZoneProduct(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    type = serializers.CharField(help_text="Code of the product type.")
    title = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    risk_level = serializers.IntegerField(allow_null=True, help_text="1 to 5; null: carries none.")
    ends_at = serializers.DateTimeField(allow_null=True)
    sale_starts_at = serializers.DateTimeField(allow_null=True)
    sale_ends_at = serializers.DateTimeField(allow_null=True)
    highest_rate = serializers.CharField(
        allow_null=True, help_text="Of the rate table: percent a year, exact."
    )
    sale = serializers.ChoiceField(SaleState.values)
    left = serializers.IntegerField(allow_null=True, help_text="Units; null: it has no quota.")
    suitable = serializers.BooleanField()
    unsuitable = Unsuitable(allow_null=True)
    can_reserve = serializers.BooleanField(
        help_text="On sale, something left, and suitable for the customer of the token."
    )


class ZoneTypeProducts(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    products = ZoneProduct(many=True)


class Zone(serializers.Serializer):
    edition = serializers.CharField()
    types = ZoneTypeProducts(many=True)


class ShownField(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField(help_text="As people read it, with its unit.")


class RateTier(serializers.Serializer):
    term = serializers.IntegerField()
    unit = serializers.ChoiceField(TermUnit.values)
    from_cents = serializers.IntegerField(help_text="Included.")
    to_cents = serializers.IntegerField(allow_null=True, help_text="Not included; null: no end.")
    rate = serializers.CharField(help_text="Percent a year, exact.")


class ShownDisclosure(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField()


class ZoneLink(serializers.Serializer):
    kind = serializers.CharField()
    id = serializers.CharField()
    label = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True
    )


class ZoneProductPage(ZoneProduct):
    fields_ = ShownField(many=True)
    rates = RateTier(many=True)
    disclosures = ShownDisclosure(many=True)
    links = ZoneLink(many=True)
    rules = serializers.CharField(allow_blank=True)
    quota = serializers.IntegerField(allow_null=True)
    unit_cents = serializers.IntegerField(help_text="0: not a matter of money.")
    most_per_customer = serializers.IntegerField(allow_null=True)
    hold_minutes = serializers.IntegerField()
    mine = serializers.IntegerField(
        help_text="Units that this customer holds or has had confirmed."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # "fields" is a name of the serializer's own.
        found = super().get_fields()
        return {name.removesuffix("_"): field for name, field in found.items()}


class Interest(serializers.Serializer):
    amount_cents = serializers.IntegerField()
    term = serializers.IntegerField()
    unit = serializers.ChoiceField(TermUnit.values)
    rate = serializers.CharField(help_text="Percent a year, exact.")
    interest_cents = serializers.IntegerField(help_text="At the end of the term.")
    total_cents = serializers.IntegerField()


class Reservation(serializers.Serializer):
    id = serializers.UUIDField()
    product = serializers.UUIDField()
    type = serializers.CharField()
    title = serializers.CharField()
    units = serializers.IntegerField()
    amount_cents = serializers.IntegerField()
    state = serializers.ChoiceField(ReservationState.values)
    held_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Exclusive.")
    decided_at = serializers.DateTimeField(allow_null=True)
    reference = serializers.CharField(allow_blank=True, help_text="Of the bank's core.")


class Reservations(serializers.Serializer):
    reservations = Reservation(many=True)


class ReserveBody(serializers.Serializer):
    units = serializers.IntegerField(min_value=1, required=False, help_text="Default: 1.")
    customer = serializers.CharField(required=False, help_text="Systems name the customer.")


class ConfirmBody(serializers.Serializer):
    reference = serializers.CharField(max_length=64, help_text="Of the booking in the core.")


class LetGoBody(serializers.Serializer):
    customer = serializers.CharField(required=False, help_text="Systems may name the customer.")


class ZoneProblem(Problem):
    left = serializers.IntegerField(required=False)
    why = serializers.CharField(required=False)
    most = serializers.IntegerField(required=False)
    share = serializers.IntegerField(required=False)
