from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from announcements.querysets import AnnouncementQuerySet
from announcements.rendering import render_payload
from publishing.models import Publishable


class Announcement(Publishable):
    """A text notice to the bank's customers; in public, to the whole province's."""

    # Sanitised when it is stored and again when it is rendered.
    body = models.TextField(_("text"))
    is_pinned = models.BooleanField(_("pinned"), default=False)
    must_read = models.BooleanField(_("must be read"), default=False)
    # Allowed in senior mode; its checker confirms it.
    for_seniors = models.BooleanField(_("suitable for senior mode"), default=False)
    # Staff on the trial list see it from here on; null = nobody earlier than the others.
    trial_starts_at = models.DateTimeField(_("trial from"), null=True, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta(Publishable.Meta):
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-updated_at", "-id"]
        permissions = [("view_readers", _("Can see who has not read an announcement"))]

    def render_payload(self) -> dict[str, Any]:
        return render_payload(self)


class ReadReceipt(models.Model):
    """A customer has read a must-read announcement (the bank's own or the province's)."""

    announcement_uid = models.UUIDField()
    customer_number = models.CharField(_("customer number"), max_length=32)
    publication_version = models.PositiveIntegerField(_("version"))
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("read receipt")
        verbose_name_plural = _("read receipts")
        ordering = ["-read_at"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement_uid", "customer_number"],
                name="announcements_readreceipt_once",
            )
        ]
        # For the page of one customer's history.
        indexes = [
            models.Index(
                fields=["customer_number", "-read_at"], name="announcements_receipt_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.announcement_uid}"
