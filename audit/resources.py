"""What an export of the audit trail holds, column by column."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import ModelResource

from audit import events
from audit.canonical import dumps
from audit.models import AuditEvent


class AuditEventResource(ModelResource):
    at = Field(column_name=_("time"))
    label = Field(column_name=_("event"))
    event = Field(attribute="event", column_name=_("event code"))
    actor_name = Field(attribute="actor_name", column_name=_("operator"))
    actor_username = Field(attribute="actor_username", column_name=_("username"))
    target_kind = Field(attribute="target_kind", column_name=_("target kind"))
    target_id = Field(attribute="target_id", column_name=_("target number"))
    target_label = Field(attribute="target_label", column_name=_("target"))
    branch_name = Field(attribute="branch_name", column_name=_("branch"))
    address = Field(attribute="address", column_name=_("address"))
    reason = Field(attribute="reason", column_name=_("reason"))
    before = Field(column_name=_("before"))
    after = Field(column_name=_("after"))
    request_id = Field(attribute="request_id", column_name=_("request"))
    id = Field(attribute="id", column_name=_("event number"))

    class Meta:
        model = AuditEvent
        fields = (
            *("at", "label", "event", "actor_name", "actor_username"),
            *("target_kind", "target_id", "target_label", "branch_name", "address", "reason"),
            *("before", "after", "request_id", "id"),
        )
        export_order = fields

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [capfirst(header) for header in super().get_export_headers(selected_fields)]

    def dehydrate_at(self, row: AuditEvent) -> str:
        return f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}"

    def dehydrate_label(self, row: AuditEvent) -> str:
        return events.label_of(row.event)

    def dehydrate_before(self, row: AuditEvent) -> str:
        return "" if row.before is None else dumps(row.before)

    def dehydrate_after(self, row: AuditEvent) -> str:
        return "" if row.after is None else dumps(row.after)
