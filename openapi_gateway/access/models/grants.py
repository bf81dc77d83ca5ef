"""What an approved application gives."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.access.choices import GrantState, SuspendedBy, Suspension


class Grant(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.OneToOneField(
        "gateway_access.Application", verbose_name=_("access application"),
        on_delete=models.PROTECT, related_name="grant",
    )  # fmt: skip
    # The application's, repeated for look-ups.
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    client = models.ForeignKey(
        "gateway_credentials.Client", verbose_name=_("client"), on_delete=models.PROTECT,
        related_name="grants",
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=20, choices=GrantState.choices, default=GrantState.SANDBOX_ACTIVE
    )
    # Each side's own, so that lifting one leaves the others:
    # {"bank": {"scope": "all", "reason": …, "by": …, "at": …}}.
    suspensions = models.JSONField(_("suspensions"), default=dict)
    # What follows from them: the widest, and whose it is (of two, the platform's).
    suspension = models.CharField(
        _("suspended"), max_length=10, choices=Suspension.choices, blank=True
    )
    suspended_by = models.CharField(max_length=10, choices=SuspendedBy.choices, blank=True)
    suspension_reason = models.CharField(_("reason"), max_length=500, blank=True)
    # Days of Shanghai; the last one counts.
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    # As in the application, by environment.
    addresses = models.JSONField(_("addresses"), default=dict)
    callback_urls = models.JSONField(_("callback addresses"), default=dict)
    conformance_passed_at = models.DateTimeField(_("conformance passed at"), null=True, blank=True)
    production_at = models.DateTimeField(_("production since"), null=True, blank=True)
    terminated_at = models.DateTimeField(_("terminated at"), null=True, blank=True)
    # {"keys_revoked": {"done": true, "by": …, "at": …, "note": …}, …}
    exit_checklist = models.JSONField(_("exit checklist"), default=dict)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("access grant")
        verbose_name_plural = _("access grants")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [
            ("request_production", _("Can ask for production")),
            ("open_production", _("Can open production to a grant")),
            ("suspend_grant", _("Can suspend a grant and lift the suspension")),
            ("terminate_grant", _("Can terminate a grant")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="gateway_access_grant_period"
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[GrantState.PRODUCTION_PENDING, GrantState.PRODUCTION_ACTIVE]
                )
                | Q(conformance_passed_at__isnull=False),
                name="gateway_access_conformance_first",
                violation_error_message=_("Production follows a passed conformance suite."),
            ),
        ]
        indexes = [models.Index(fields=["bank", "-id"], name="gateway_access_grant_of_bank")]

    def __str__(self) -> str:
        return f"{self.client} {self.starts_on}"


class GrantedService(models.Model):
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="services")
    plan = models.ForeignKey(
        "gateway_access.Plan", verbose_name=_("plan"), on_delete=models.PROTECT, related_name="+"
    )
    scopes = models.JSONField(_("scopes"), default=list)

    class Meta:
        verbose_name = _("granted service")
        verbose_name_plural = _("granted services")
        ordering = ["id"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["grant", "plan"], name="gateway_access_granted_once")
        ]

    def __str__(self) -> str:
        return str(self.plan)


class GrantEvent(models.Model):
    """The history of a grant. Never changed."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("event"), max_length=30)
    person_schema = models.CharField(max_length=63, blank=True)
    person_id = models.BigIntegerField(null=True)
    person_name = models.CharField(_("person"), max_length=150, blank=True)
    text = models.CharField(_("comment"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("event of an access grant")
        verbose_name_plural = _("events of access grants")
        ordering = ["id"]
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.grant} {self.kind}"
