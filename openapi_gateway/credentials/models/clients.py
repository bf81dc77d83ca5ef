from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from openapi_gateway.credentials.choices import ClientState


class Client(models.Model):
    """One product of a bank that calls base services. It has no power before a grant."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # "app_" and 16 characters of base32: public.
    app_id = models.CharField(_("client id"), max_length=20, unique=True, editable=False)
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(_("name"), max_length=60)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ClientState.choices, default=ClientState.ACTIVE
    )
    # Origins of pages that may embed the keyboard: https://…
    origins = models.JSONField(_("web origins"), default=list, blank=True)
    created_by = models.CharField(_("created by"), max_length=150)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "name"],
                name="gateway_credentials_client_name_once",
                violation_error_message=_("This bank has a client of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
