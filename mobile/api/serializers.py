"""The form of the answers, for the OpenAPI document and the contract tests."""

from __future__ import annotations

from rest_framework import serializers

from campaigns.choices import CampaignKind
from mobile.switches import STATES


class AnnouncementSummary(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    summary = serializers.CharField()
    pinned = serializers.BooleanField()
    must_read = serializers.BooleanField()
    read = serializers.BooleanField(help_text="This customer has confirmed the reading.")
    scope = serializers.ChoiceField(["bank", "province"])
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField()


class AnnouncementDetail(AnnouncementSummary):
    body = serializers.CharField(help_text="Sanitised HTML.")


class AnnouncementList(serializers.Serializer):
    edition = serializers.CharField()
    announcements = AnnouncementSummary(many=True)


class Receipt(serializers.Serializer):
    id = serializers.UUIDField()
    read = serializers.BooleanField()
    read_at = serializers.DateTimeField()


class AppFunction(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    group = serializers.CharField()
    locked = serializers.BooleanField(help_text="The customer cannot remove it.")


class Palette(serializers.Serializer):
    """Colours like #256D6B."""

    primary = serializers.CharField()
    accent = serializers.CharField()
    on_primary = serializers.CharField(help_text="For words on the primary colour.")
    text = serializers.CharField(help_text="For words on the accent.")


class OwnChoices(serializers.Serializer):
    """What the customer may change with PUT preferences; the mode always."""

    skin = serializers.BooleanField()
    functions = serializers.BooleanField()


class ZoneProductType(serializers.Serializer):
    """A type of product that the bank has opened."""

    code = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    products = serializers.IntegerField(help_text="How many of the type this customer may see.")
    headline = serializers.CharField(
        allow_blank=True, help_text="Of the first of them; empty in senior mode."
    )


class CampaignSummary(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(CampaignKind.values)
    button = serializers.CharField(allow_blank=True, help_text="The word on its button.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(STATES, help_text="used_up: the budget is given out.")


class PictureFile(serializers.Serializer):
    url = serializers.CharField(help_text="Relative to the bank's host.")
    width = serializers.IntegerField(help_text="Pixels.")
    height = serializers.IntegerField(help_text="Pixels.")


class Picture(serializers.Serializer):
    """Larger ones are missing when the picture was not large enough."""

    one = PictureFile()
    two = PictureFile(required=False)
    three = PictureFile(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {"1x": fields["one"], "2x": fields["two"], "3x": fields["three"]}


class Link(serializers.Serializer):
    kind = serializers.ChoiceField(
        ["none", "url", "function", "announcement", "zone_product", "campaign"]
    )
    target = serializers.CharField(allow_blank=True, help_text="An address, a code or an id.")


class Ad(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    alt = serializers.CharField(help_text="What a screen reader says.")
    image = Picture()
    link = Link()
    closable = serializers.BooleanField(help_text="Show a close button at once.")
    scope = serializers.ChoiceField(["bank", "province"])


class Placements(serializers.Serializer):
    """In the order of their slots."""

    splash = Ad(many=True)
    home_banner = Ad(many=True)
    popup = Ad(many=True)
    floating = Ad(many=True)
    zone_banner = Ad(many=True)


class Home(serializers.Serializer):
    edition = serializers.CharField(help_text="Digest of the bank's and the province's editions.")
    skin = serializers.CharField()
    palette = Palette()
    mode = serializers.ChoiceField(["standard", "senior"])
    choices = OwnChoices()
    functions = AppFunction(many=True)
    placements = Placements()
    announcements = AnnouncementSummary(many=True)
    zone = ZoneProductType(many=True)
    campaigns = CampaignSummary(many=True, help_text="None in senior mode.")


class PreferencesChosen(serializers.Serializer):
    skin = serializers.CharField(allow_blank=True, help_text="A code; empty: as the bank has it.")
    mode = serializers.ChoiceField(
        ["standard", "senior", ""], help_text="Empty: as the bank has it."
    )
    functions = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        max_length=12,
        help_text="Codes, first one first; null: as the bank has them.",
    )


class PreferenceChange(PreferencesChosen):
    """What is left out keeps its value."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class TouchpointEvent(serializers.Serializer):
    event_id = serializers.UUIDField(help_text="Made by the app, once per event.")
    kind = serializers.ChoiceField(["impression", "click", "close"])
    item = serializers.UUIDField(help_text="The id of the ad or announcement.")
    item_kind = serializers.ChoiceField(["ad", "announcement"])
    version = serializers.IntegerField(
        min_value=0, required=False, help_text="As it came with the item."
    )
    placement = serializers.ChoiceField(
        ["splash", "home_banner", "popup", "floating", "zone_banner"],
        required=False,
        help_text="Where it was shown; an ad always names it.",
    )
    occurred_at = serializers.DateTimeField(
        help_text="With its zone; at most 5 minutes ahead and 30 days back."
    )
    customer = serializers.CharField(required=False, help_text="Systems' tokens only: required.")


class TouchpointBatch(serializers.Serializer):
    events = TouchpointEvent(many=True)


class RefusedEvent(serializers.Serializer):
    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    code = serializers.CharField(help_text="The stable word for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")


class TouchpointsTaken(serializers.Serializer):
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Taken in before, or twice in this batch.")
    refused = RefusedEvent(many=True)


class Problem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="The stable word for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")
    request_id = serializers.CharField()
