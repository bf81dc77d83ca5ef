from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.querysets import AppendOnlyQuerySet, AppendOnlyRow
from coupons.choices import CouponKind, RedeemedAt, Validity
from coupons.querysets import TemplateQuerySet
from publishing.models import Publishable


class CouponTemplate(Publishable):
    """The rule of a coupon, drafted. ``title`` is its name, its period when it may be claimed."""

    code = models.CharField(
        _("template code"),
        max_length=32,
        unique=True,
        validators=[
            RegexValidator(
                r"\A[A-Z0-9][A-Z0-9-]{1,31}\Z", _("2 to 32 capital letters, digits and hyphens.")
            )
        ],
    )
    kind = models.CharField(_("kind of coupon"), max_length=16, choices=CouponKind.choices)
    # Of one coupon, in cents: what is taken off; the most that is taken off (discount); else what
    # one costs its bearers. A row of a file may name a value between the two.
    face_min_cents = models.PositiveBigIntegerField(_("least face value"))
    face_max_cents = models.PositiveBigIntegerField(_("greatest face value"))
    # Basis points. Discount: share of the amount taken off (1500 = 15 % off). Interest: added rate.
    rate_bp = models.PositiveIntegerField(_("rate"), default=0)
    # Least amount of the payment, in cents; 0 = any.
    threshold_cents = models.PositiveBigIntegerField(_("threshold"), default=0)
    # Codes of Scene, "function:<code>", "merchant:<number>"; [] = everywhere.
    scenes = models.JSONField(_("scenes"), default=list, blank=True)
    validity = models.CharField(
        _("validity"), max_length=12, choices=Validity.choices, default=Validity.FIXED
    )
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    # Exclusive: the midnight that ends the last day.
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    days_after_claim = models.PositiveSmallIntegerField(
        _("days after the claim"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # Coupons and cents (face value) that all batches together may hold.
    stock_limit = models.PositiveBigIntegerField(_("stock"))
    budget_cents = models.PositiveBigIntegerField(_("budget"))
    # [{"action", "measure", "period", "per", "limit"}]; amounts in cents.
    limits = models.JSONField(_("limits"), default=list, blank=True)
    # Of one group only one coupon per payment; empty = never beside another coupon.
    stacking_group = models.CharField(_("stacking group"), max_length=32, blank=True)
    # {"province": bp, "bank": bp, "merchant": bp, "merchant_name": ""}; together 10,000.
    bearers = models.JSONField(_("cost bearers"), default=dict)
    # Every code of an import must match it; empty = any code.
    code_pattern = models.CharField(_("pattern of the codes"), max_length=100, blank=True)
    redeemed_at = models.CharField(
        _("used"), max_length=10, choices=RedeemedAt.choices, default=RedeemedAt.ONLINE
    )
    # Whether customers may claim it themselves; else it is granted or imported for them.
    is_claimable = models.BooleanField(_("customers may claim it"), default=True)
    lock_minutes = models.PositiveSmallIntegerField(
        _("minutes a payment may take"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
    )
    # What customers read.
    rules = models.TextField(_("rules for customers"), max_length=2000, blank=True)

    objects = TemplateQuerySet.as_manager()

    class Meta(Publishable.Meta):
        verbose_name = _("coupon template")
        verbose_name_plural = _("coupon templates")
        ordering = ["-updated_at", "-id"]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(face_min_cents__lte=F("face_max_cents"), face_min_cents__gte=1),
                name="coupons_template_face_range",
                violation_error_message=_(
                    "The least face value is above the greatest, or nothing."
                ),
            ),
            models.CheckConstraint(
                condition=Q(validity="fixed", valid_until__isnull=False)
                | Q(validity="after_claim", days_after_claim__gte=1),
                name="coupons_template_validity_told",
                violation_error_message=_(
                    "Say until when coupons are valid, or for how many days after the claim."
                ),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_until__gt=F("valid_from")),
                name="coupons_template_validity_order",
                violation_error_message=_("The validity ends before it begins."),
            ),
        ]

    def render_payload(self) -> dict[str, Any]:
        from coupons.terms.rendering import render_payload

        return render_payload(self)


class TermsQuerySet(AppendOnlyQuerySet):
    pass


class TemplateTerms(AppendOnlyRow, models.Model):
    """The terms of one published version: what a customer claimed is what holds for that coupon."""

    template = models.ForeignKey(CouponTemplate, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveIntegerField(_("version"))
    # The payload of the publication, with its title.
    terms = models.JSONField(encoder=DjangoJSONEncoder)
    published_at = models.DateTimeField(_("published at"))

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("terms of a coupon template")
        verbose_name_plural = _("terms of coupon templates")
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "version"], name="coupons_terms_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.version}"


class TemplateAccount(models.Model):
    """What holds for a template now, and what of its stock and budget is taken: the row on which
    batches are counted in. Not touched by single claims, so it is no bottleneck."""

    template = models.OneToOneField(
        CouponTemplate, on_delete=models.PROTECT, primary_key=True, related_name="account"
    )
    code = models.CharField(max_length=32, unique=True)
    # Version of the terms for new claims; null = not published, or withdrawn.
    live_version = models.PositiveIntegerField(null=True)
    # Of the live publication: when and to whom coupons may be given.
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    audience = models.JSONField(default=dict)
    branch_path = models.CharField(max_length=255, blank=True)
    stock_limit = models.PositiveBigIntegerField(default=0)
    budget_cents = models.PositiveBigIntegerField(default=0)
    # Approved coupons that are not voided or expired, and their face value.
    held_count = models.PositiveBigIntegerField(default=0)
    held_cents = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return self.code
