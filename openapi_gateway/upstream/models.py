"""The systems behind the gateway: who they are, what their codes mean, what they have cost."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment
from openapi_gateway.upstream.choices import Deployment, Force, OurCode, VendorKind

CENT = Decimal("0.01")


class Vendor(models.Model):
    """One installation of a liveness engine, or the adapter of the banks' cores."""

    # Part of every reference to one of its sessions: never changed.
    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=40)
    kind = models.CharField(_("kind"), max_length=10, choices=VendorKind.choices)
    deployment = models.CharField(
        _("deployment"), max_length=15, choices=Deployment.choices, default=Deployment.ON_PREM
    )
    # Empty: LIVENESS_URL or CORE_URL of the installation, with its secret.
    base_url = models.CharField(_("address"), max_length=200, blank=True)
    serves_sandbox = models.BooleanField(_("serves the sandbox"), default=True)
    serves_production = models.BooleanField(_("serves production"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=10, help_text=_("1 is asked first.")
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=100, validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("Share of the calls among those of the same priority."),
    )  # fmt: skip
    connect_ms = models.PositiveIntegerField(
        _("time to connect (ms)"), default=1000,
        validators=[MinValueValidator(50), MaxValueValidator(10_000)],
    )  # fmt: skip
    total_ms = models.PositiveIntegerField(
        _("time budget (ms)"), default=8000,
        validators=[MinValueValidator(100), MaxValueValidator(60_000)],
        help_text=_("From the first byte to the last; whatever takes longer is cut off."),
    )  # fmt: skip
    price = models.DecimalField(
        _("price per billable result (yuan)"), max_digits=8, decimal_places=4, default=0,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    daily_cap = models.DecimalField(
        _("most per day (yuan)"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)], help_text=_("Empty: no limit."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("vendor")
        verbose_name_plural = _("vendors")
        ordering = ["kind", "priority", "code"]
        default_permissions = ["add", "change", "view"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(deployment=Deployment.PUBLIC_SAAS, serves_production=True),
                name="gateway_upstream_no_public_saas",
                violation_error_message=_(
                    "A public cloud service must not see faces or PINs of production."
                ),
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0) & Q(price__gte=0) & Q(total_ms__gt=0),
                name="gateway_upstream_numbers",
                violation_error_message=_("Weight and time budget are above 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Empty: not connected."""
        ours = settings.LIVENESS_URL if self.kind == VendorKind.LIVENESS else settings.CORE_URL
        return (self.base_url or ours).rstrip("/")


class VendorSecret(models.Model):  # noqa: DJ008  (no page shows one)
    """What calls and callbacks are signed with, encrypted."""

    vendor = models.OneToOneField(Vendor, on_delete=models.CASCADE, related_name="secret")
    cell = models.BinaryField()
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class VendorCode(models.Model):
    vendor = models.ForeignKey(
        Vendor, verbose_name=_("vendor"), on_delete=models.CASCADE, related_name="codes"
    )
    vendor_code = models.CharField(_("vendor's code"), max_length=60)
    code = models.CharField(_("our code"), max_length=40, choices=OurCode.choices)
    is_retryable = models.BooleanField(
        _("may be tried again"), default=False, help_text=_("By the customer, in the same session.")
    )
    is_billable = models.BooleanField(
        _("billable"), default=False, help_text=_("The vendor charges for this result.")
    )
    note = models.CharField(_("note"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("vendor's code")
        verbose_name_plural = _("codes of vendors")
        ordering = ["vendor", "vendor_code"]
        default_permissions = ["add", "change", "view"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "vendor_code"],
                name="gateway_upstream_code_once",
                violation_error_message=_("This code of the vendor is listed already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.vendor_code}"


class Breaker(models.Model):
    """What operators have decided about a vendor in one environment. What the breaker finds out by
    itself lies in Redis."""

    vendor = models.ForeignKey(
        Vendor, verbose_name=_("vendor"), on_delete=models.CASCADE, related_name="breakers"
    )
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    forced = models.CharField(_("forced"), max_length=6, choices=Force.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    forced_at = models.DateTimeField(_("since"), null=True, blank=True)
    forced_by = models.CharField(_("by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breakers")
        ordering = ["vendor", "environment"]
        default_permissions = ["view"]
        permissions = [("force_breaker", _("Can force circuit breakers"))]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "environment"], name="gateway_upstream_breaker_once"
            ),
            models.CheckConstraint(
                condition=Q(forced="") | ~Q(reason=""),
                name="gateway_upstream_forced_why",
                violation_error_message=_("Whoever forces a breaker says why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} · {self.get_environment_display()}"


class VendorSpend(models.Model):  # noqa: DJ008
    """One vendor's day of Shanghai, in ten-thousandths of a yuan: claimed before the call."""

    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, related_name="spend")
    day = models.DateField()
    amount = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["vendor", "day"], name="gateway_upstream_spend_once")
        ]


class VendorCharge(models.Model):  # noqa: DJ008
    """One session at a vendor that may cost: claimed once, given back once."""

    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, related_name="+")
    session = models.CharField(max_length=120)
    day = models.DateField()
    amount = models.PositiveBigIntegerField()
    # False once the vendor said that it charges nothing.
    is_open = models.BooleanField(default=True)
    is_billed = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "session"], name="gateway_upstream_charge_once"
            )
        ]
        indexes = [models.Index(fields=["day"], name="gateway_upstream_charge_day")]
