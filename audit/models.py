from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.querysets import AppendOnlyRow, AuditEventQuerySet, ChainLinkQuerySet


def _prefix_index(field: str, name: str) -> models.Index:
    operators = ["varchar_pattern_ops", "timestamptz_ops"]
    return models.Index(fields=[field, "-at"], name=name, opclasses=operators)


class AuditEvent(AppendOnlyRow, models.Model):
    """What one person (or the system) did. Written once; never updated, never deleted."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(_("time"))
    event = models.CharField(_("event"), max_length=60)
    # The person as text and number: the row outlives the account, or names one of another schema.
    actor_schema = models.CharField(max_length=63, blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("operator"), max_length=150)
    actor_username = models.CharField(_("username"), max_length=150, blank=True)
    target_kind = models.CharField(_("target kind"), max_length=60, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_label = models.CharField(_("target"), max_length=200, blank=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    # Path of the branch it happened in; empty = the whole bank. Read by branch operators' lists.
    branch_path = models.CharField(max_length=255, blank=True)
    branch_name = models.CharField(_("branch"), max_length=100, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    mac = models.CharField(max_length=120, editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-id"]
        default_permissions = ["view"]
        permissions = [("export_auditevent", _("Can export the audit trail"))]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_event_at"),
            models.Index(fields=["target_kind", "target_id"], name="audit_event_target"),
            models.Index(fields=["event", "-at"], name="audit_event_name"),
            # Prefixes: the subtree of a branch, and what people type into the search box.
            _prefix_index("branch_path", "audit_event_branch"),
            _prefix_index("actor_username", "audit_event_username"),
            _prefix_index("actor_name", "audit_event_actor"),
            _prefix_index("target_label", "audit_event_label"),
        ]

    def __str__(self) -> str:
        return f"{events.label_of(self.event)} {self.target_label}".strip()


class ChainLink(models.Model):
    """A row's place in its chain: written with the row, numbered and hashed later by the sealer.

    ``hash`` = SHA-256 over the predecessor's hash, the row's id and the row's MAC. Positions are
    without gaps from 1; they follow the order of sealing, not of the rows' times.
    """

    id = models.BigAutoField(primary_key=True)
    chain = models.CharField(max_length=20)
    row_id = models.CharField(max_length=64)
    mac = models.CharField(max_length=120)
    linked_at = models.DateTimeField()
    position = models.BigIntegerField(null=True)
    hash = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField(null=True)

    objects = ChainLinkQuerySet.as_manager()

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["chain", "row_id"], name="audit_chainlink_row_once"),
            models.UniqueConstraint(
                fields=["chain", "position"], name="audit_chainlink_place_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["chain", "id"], condition=Q(position=None), name="audit_chainlink_unsealed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"


class ChainHead(models.Model):
    """The end of a chain: without it, cutting off the last rows would not show."""

    chain = models.CharField(max_length=20, primary_key=True)
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=120, blank=True)
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"
