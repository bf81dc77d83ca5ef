"""The form of the answers, for the OpenAPI document and the contract tests."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


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


class ZoneProductType(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()


@extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
class NothingYet(serializers.ListField):
    """A list that a later release fills."""


class Placements(serializers.Serializer):
    splash = NothingYet()
    home_banner = NothingYet()
    popup = NothingYet()
    floating = NothingYet()
    zone_banner = NothingYet()


class Home(serializers.Serializer):
    edition = serializers.CharField(help_text="Digest of the bank's and the province's editions.")
    skin = serializers.CharField()
    mode = serializers.ChoiceField(["standard", "senior"])
    functions = AppFunction(many=True)
    placements = Placements()
    announcements = AnnouncementSummary(many=True)
    zone = ZoneProductType(many=True)
    campaigns = NothingYet()


class Problem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="The stable word for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")
    request_id = serializers.CharField()
