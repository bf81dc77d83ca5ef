"""The form of the answers about campaigns and events, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers

from campaigns.choices import (
    EffectKind,
    EffectState,
    EventKind,
    EventOutcome,
    ParticipationState,
    Refusal,
)
from campaigns.taking.given import REPORTED
from coupons.choices import CouponKind
from mobile.api.coupons_serializers import WalletCoupon
from mobile.api.serializers import CampaignSummary
from mobile.taking_part import LEFT


class CampaignList(serializers.Serializer):
    edition = serializers.CharField()
    campaigns = CampaignSummary(many=True)


class OfferedCoupon(serializers.Serializer):
    template = serializers.CharField(help_text="Code of the template.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(CouponKind.values)
    face_min_cents = serializers.IntegerField()
    face_max_cents = serializers.IntegerField()
    threshold_cents = serializers.IntegerField(help_text="Least amount of the payment; 0 = any.")


class CampaignReward(serializers.Serializer):
    kind = serializers.ChoiceField(EffectKind.values)
    coupons = OfferedCoupon(many=True, help_text="Of several, the customer gets one.")


class ParticipationReward(serializers.Serializer):
    kind = serializers.ChoiceField(EffectKind.values)
    state = serializers.ChoiceField(EffectState.values)
    coupon = serializers.IntegerField(
        allow_null=True, help_text="Id of the coupon; null: not given yet."
    )


class Participation(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(ParticipationState.values)
    refusal = serializers.ChoiceField([*Refusal.values, ""], help_text="Empty: it counts.")
    occurred_at = serializers.DateTimeField()
    rewards = ParticipationReward(many=True)


class CampaignPage(CampaignSummary):
    rules = serializers.CharField(allow_blank=True)
    can_join = serializers.BooleanField(help_text="By POST participations.")
    events = serializers.ListField(
        child=serializers.ChoiceField(EventKind.values), help_text="What qualifies."
    )
    left = serializers.ChoiceField(LEFT, help_text="Of its budget.")
    limits = serializers.ListField(child=serializers.CharField(), help_text="In words.")
    rewards = CampaignReward(many=True)
    participations = Participation(
        many=True, help_text="This customer's, the newest first, at most 20."
    )
    coupons = WalletCoupon(many=True, help_text="That these have given.")


class Nothing(serializers.Serializer):
    """An empty object, or no body at all."""


class Joined(serializers.Serializer):
    id = serializers.UUIDField(help_text="Of the participation.")
    campaign = serializers.UUIDField()
    state = serializers.ChoiceField(ParticipationState.values)
    at = serializers.DateTimeField()
    rewards = ParticipationReward(many=True)


class QualifyingEvent(serializers.Serializer):
    event_id = serializers.CharField(
        max_length=100, help_text="Of the reporting system, once per event: printable ASCII."
    )
    kind = serializers.ChoiceField(REPORTED)
    customer = serializers.CharField(max_length=32)
    occurred_at = serializers.DateTimeField(
        help_text="With its zone; at most 5 minutes ahead and 366 days back."
    )
    amount_cents = serializers.IntegerField(min_value=0, required=False)
    scene = serializers.CharField(required=False, help_text="Such as top_up.")
    reverses = serializers.CharField(
        required=False, help_text="event_id of the event that this one takes back."
    )


class EventBatch(serializers.Serializer):
    events = QualifyingEvent(many=True)


class EventParticipation(serializers.Serializer):
    campaign = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.ChoiceField(ParticipationState.values)
    refusal = serializers.ChoiceField([*Refusal.values, ""])
    detail = serializers.CharField(allow_blank=True)


class EventResult(serializers.Serializer):
    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    event_id = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(["taken", "duplicate", "refused"])
    code = serializers.CharField(allow_blank=True, help_text="Of a refusal: the stable word.")
    detail = serializers.CharField(allow_blank=True, help_text="A sentence for people.")
    outcome = serializers.ChoiceField([*EventOutcome.values, ""])
    participations = EventParticipation(many=True)


class EventsTaken(serializers.Serializer):
    taken = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Taken before; nothing has changed.")
    refused = serializers.IntegerField()
    results = EventResult(many=True, help_text="In the order of the batch.")
