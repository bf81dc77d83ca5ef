"""What banks may apply for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.choices import DataLevel, Level


class Service(models.Model):
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=30)
    level = models.CharField(_("level"), max_length=2, choices=Level.choices)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    icon = models.CharField(_("icon"), max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("base service")
        verbose_name_plural = _("base services")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class ServiceVersion(models.Model):
    service = models.ForeignKey(
        Service, verbose_name=_("base service"), on_delete=models.PROTECT, related_name="versions"
    )
    version = models.CharField(_("version"), max_length=10)
    # U_API_ID of JR/T 0185-2020, annex B.
    api_id = models.CharField(_("API id"), max_length=40, unique=True)
    state = models.CharField(
        _("state"), max_length=10, choices=CatalogueState.choices, default=CatalogueState.DRAFT
    )
    # Markdown, for partners.
    documentation = models.TextField(_("documentation"), blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    deprecated_at = models.DateTimeField(_("deprecated at"), null=True, blank=True)
    # The last day on which it is served.
    sunset_on = models.DateField(_("sunset on"), null=True, blank=True)
    replacement = models.ForeignKey(
        "self", verbose_name=_("replaced by"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("service version")
        verbose_name_plural = _("service versions")
        ordering = ["service", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "version"],
                name="gateway_access_version_once",
                violation_error_message=_("This service has a version of this name already."),
            ),
            models.CheckConstraint(
                condition=~Q(state=CatalogueState.DEPRECATED) | Q(sunset_on__isnull=False),
                name="gateway_access_deprecated_has_sunset",
                violation_error_message=_("What is deprecated names its last day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.version}"


class Scope(models.Model):
    """One thing a client may do or see with a service."""

    service = models.ForeignKey(
        Service, verbose_name=_("base service"), on_delete=models.PROTECT, related_name="scopes"
    )
    # "identity.phone": what tokens and grants carry.
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=40)
    data_level = models.CharField(_("data level"), max_length=2, choices=DataLevel.choices)
    summary = models.CharField(_("summary"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("scope")
        verbose_name_plural = _("scopes")
        ordering = ["service", "code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Plan(models.Model):
    """How much of a service version a client may use. In production; the sandbox has limits of its
    own (settings)."""

    version = models.ForeignKey(
        ServiceVersion, verbose_name=_("service version"), on_delete=models.PROTECT,
        related_name="plans",
    )  # fmt: skip
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=30)
    state = models.CharField(
        _("state"), max_length=10, choices=CatalogueState.choices, default=CatalogueState.DRAFT
    )
    # Calls: a steady rate, how many at once above it, how many in a day and a month of Shanghai.
    rate_per_second = models.PositiveIntegerField(_("calls per second"))
    burst = models.PositiveIntegerField(_("at once"))
    day_quota = models.PositiveBigIntegerField(_("calls per day"))
    month_quota = models.PositiveBigIntegerField(_("calls per month"))
    summary = models.CharField(_("summary"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["version", "month_quota"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"],
                name="gateway_access_plan_once",
                violation_error_message=_("This version has a plan of this code already."),
            ),
            models.CheckConstraint(
                condition=Q(rate_per_second__gt=0)
                & Q(burst__gt=0)
                & Q(day_quota__gt=0)
                & Q(month_quota__gte=F("day_quota")),
                name="gateway_access_plan_limits",
                violation_error_message=_(
                    "Limits are above 0, and the month's quota is not below the day's."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} · {self.name}"


class Acknowledgement(models.Model):
    """A bank has read that a version ends. Never changed."""

    version = models.ForeignKey(
        ServiceVersion, verbose_name=_("service version"), on_delete=models.PROTECT,
        related_name="acknowledgements",
    )  # fmt: skip
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    person_schema = models.CharField(max_length=63)
    person_id = models.BigIntegerField()
    person_name = models.CharField(_("person"), max_length=150)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("acknowledgement of a deprecation")
        verbose_name_plural = _("acknowledgements of deprecations")
        ordering = ["id"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["version", "bank"], name="gateway_access_acknowledged_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.bank}"
