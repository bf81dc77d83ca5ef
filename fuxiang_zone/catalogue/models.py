"""Product types of the Fuxiang zone, who applied for them and who opened them: lives in the public
schema only."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.querysets import AppendOnlyRow
from fuxiang_zone.catalogue.choices import ApplicationState, Category, TypeState
from fuxiang_zone.catalogue.querysets import (
    ActivationQuerySet,
    ApplicationQuerySet,
    ProductTypeQuerySet,
    RateCapQuerySet,
    StepQuerySet,
    VersionQuerySet,
)
from fuxiang_zone.choices import TermUnit
from fuxiang_zone.products.wording import percent


class ProductType(models.Model):
    """``fields``, ``disclosures`` and ``features`` say what products of the type are made of; each
    change of what it says raises ``version``."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=20)
    english_name = models.CharField(_("English name"), max_length=60, blank=True)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    # A Material symbol.
    icon = models.CharField(
        _("icon"),
        max_length=40,
        default="category",
        validators=[
            RegexValidator(
                r"\A[a-z][a-z0-9_]*\Z", _("Enter the name of a symbol, like savings or school.")
            )
        ],
    )
    description = models.TextField(_("description"), max_length=500, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    state = models.CharField(
        _("state"), max_length=10, choices=TypeState.choices, default=TypeState.DRAFT
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # What ``catalogue.schema.parse_schema`` reads.
    fields = models.JSONField(_("fields"), default=list, blank=True)
    # [{"code": …, "label": …, "required": true, "help": …}]
    disclosures = models.JSONField(_("disclosures"), default=list, blank=True)
    # Of Feature.
    features = models.JSONField(_("features"), default=list, blank=True)

    objects = ProductTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("product type")
        verbose_name_plural = _("product types")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=TypeState.values), name="fuxiang_zone_type_state_known"
            )
        ]

    def __str__(self) -> str:
        return self.name


class TypeVersion(AppendOnlyRow, models.Model):
    """What a type said from one moment on, and who changed it."""

    product_type = models.ForeignKey(ProductType, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    # The columns of the type that customers and products depend on.
    content = models.JSONField(default=dict)
    changed_at = models.DateTimeField(_("changed at"))
    # Of the platform; nobody = the release that brought the type.
    person_id = models.BigIntegerField(null=True)
    person_name = models.CharField(_("by"), max_length=150, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a product type")
        verbose_name_plural = _("versions of product types")
        ordering = ["product_type", "-version"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["product_type", "version"], name="fuxiang_zone_type_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_type} v{self.version}"


class RateCap(models.Model):
    """The highest yearly rate of a term from one day on; the latest that has begun counts."""

    product_type = models.ForeignKey(
        ProductType,
        verbose_name=_("product type"),
        on_delete=models.PROTECT,
        related_name="rate_caps",
    )
    term = models.PositiveSmallIntegerField(
        _("term"), validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    unit = models.CharField(_("unit"), max_length=10, choices=TermUnit.choices)
    # Percent a year.
    rate = models.DecimalField(
        _("highest rate"),
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Percent a year, up to four decimals."),
    )
    from_date = models.DateField(pgettext_lazy("rate cap", "from"))

    objects = RateCapQuerySet.as_manager()

    class Meta:
        verbose_name = _("rate cap")
        verbose_name_plural = _("rate caps")
        ordering = ["product_type", "unit", "term", "-from_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["product_type", "term", "unit", "from_date"],
                name="fuxiang_zone_cap_once_a_day",
                violation_error_message=_("This term has a cap from that day already; change it."),
            ),
            models.CheckConstraint(
                condition=Q(unit__in=TermUnit.values), name="fuxiang_zone_cap_unit_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_type} {self.term} {TermUnit(self.unit).label} {self.shown}"

    @property
    def shown(self) -> str:
        return percent(self.rate)


class Activation(models.Model):
    """A bank has opened a product type."""

    product_type = models.ForeignKey(
        ProductType,
        verbose_name=_("product type"),
        on_delete=models.PROTECT,
        related_name="activations",
    )
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    activated_at = models.DateTimeField(_("activated at"))
    is_demo = models.BooleanField(_("demo data"), default=False)

    objects = ActivationQuerySet.as_manager()

    class Meta:
        verbose_name = _("activation")
        verbose_name_plural = _("activations")
        ordering = ["product_type", "bank"]
        constraints = [
            models.UniqueConstraint(
                fields=["product_type", "bank"],
                name="fuxiang_zone_activation_once",
                violation_error_message=_("This bank has already opened this product type."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.product_type}"


class ActivationApplication(models.Model):
    """A bank asks to open a type; the platform decides."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    product_type = models.ForeignKey(
        ProductType,
        verbose_name=_("product type"),
        on_delete=models.PROTECT,
        related_name="applications",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ApplicationState.choices, default=ApplicationState.DRAFT
    )
    reason = models.TextField(_("reason"), max_length=500, blank=True)
    person_in_charge = models.CharField(_("person in charge"), max_length=40, blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    planned_on = models.DateField(_("planned opening"), null=True, blank=True)
    # Counts the submissions.
    round = models.PositiveSmallIntegerField(_("round"), default=0, editable=False)
    # A person of the bank's schema.
    applicant_schema = models.CharField(max_length=63, editable=False)
    applicant_id = models.BigIntegerField(null=True, editable=False)
    applicant_name = models.CharField(_("applicant"), max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    decider_schema = models.CharField(max_length=63, blank=True, editable=False)
    decider_id = models.BigIntegerField(null=True, editable=False)
    decider_name = models.CharField(_("decided by"), max_length=150, blank=True, editable=False)
    comment = models.TextField(_("comment"), max_length=500, blank=True, editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application for a product type")
        verbose_name_plural = _("applications for product types")
        ordering = ["-id"]
        default_permissions = ["view", "add", "change"]
        permissions = [
            ("decide_activationapplication", _("Can decide applications for product types"))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "product_type"],
                condition=Q(state__in=["draft", "submitted", "returned"]),
                name="fuxiang_zone_application_one_open",
                violation_error_message=_("An application for this type is under way already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values),
                name="fuxiang_zone_application_state_known",
            ),
            models.CheckConstraint(
                condition=Q(decider_id=None)
                | ~Q(
                    applicant_schema=models.F("decider_schema"),
                    applicant_id=models.F("decider_id"),
                ),
                name="fuxiang_zone_application_two_people",
                violation_error_message=_("Whoever applied does not decide."),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-submitted_at"], name="fuxiang_zone_app_inbox"),
            models.Index(fields=["bank", "-id"], name="fuxiang_zone_app_of_bank"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} · {self.product_type}"

    def summary(self) -> dict[str, Any]:
        planned = self.planned_on.isoformat() if self.planned_on else None
        return {
            "reason": self.reason, "person_in_charge": self.person_in_charge,
            "phone": self.phone, "planned_on": planned,
        }  # fmt: skip


class ApplicationStep(AppendOnlyRow, models.Model):
    """One thing that happened to an application."""

    application = models.ForeignKey(
        ActivationApplication, on_delete=models.PROTECT, related_name="steps"
    )
    # The state that it reached.
    state = models.CharField(max_length=10, choices=ApplicationState.choices)
    at = models.DateTimeField(_("at"))
    person_schema = models.CharField(max_length=63, blank=True)
    person_id = models.BigIntegerField(null=True)
    person_name = models.CharField(_("by"), max_length=150, blank=True)
    text = models.TextField(blank=True)
    # What was submitted.
    content = models.JSONField(default=dict)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of an application")
        verbose_name_plural = _("steps of applications")
        ordering = ["application", "id"]
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.application_id} {self.state}"
