from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.querysets import AppendOnlyQuerySet, AppendOnlyRow
from coupons.choices import ActorKind, Channel, CouponState, LedgerAction


class LedgerQuerySet(AppendOnlyQuerySet):
    pass


class LedgerEntry(AppendOnlyRow, models.Model):
    """One transition of one coupon; stocking and freezing a batch are one row for all of it.

    Amounts are signed changes in cents: ``accrued`` is promised to customers and not used yet,
    ``spent`` is used, and province + bank + merchant = spent. The budget is their sum.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"))
    action = models.CharField(_("what happened"), max_length=10, choices=LedgerAction.choices)
    # null = of the whole batch.
    coupon = models.ForeignKey(
        "coupons.Coupon", verbose_name=_("coupon"), null=True, on_delete=models.PROTECT,
        db_constraint=False, db_index=False, related_name="+",
    )  # fmt: skip
    batch = models.ForeignKey(
        "coupons.Batch", verbose_name=_("coupon batch"), on_delete=models.PROTECT,
        db_constraint=False, db_index=False, related_name="+",
    )  # fmt: skip
    template = models.ForeignKey(
        "coupons.CouponTemplate", verbose_name=_("coupon template"), on_delete=models.PROTECT,
        db_constraint=False, db_index=False, related_name="+",
    )  # fmt: skip
    terms_version = models.IntegerField(default=0)
    count = models.IntegerField(_("coupons"), default=1)
    from_state = models.CharField(max_length=8, choices=CouponState.choices, blank=True)
    to_state = models.CharField(max_length=8, choices=CouponState.choices, blank=True)
    # Of the coupon (of all, for a batch); unsigned.
    face_cents = models.BigIntegerField(_("face value"), default=0)
    accrued_cents = models.BigIntegerField(default=0)
    spent_cents = models.BigIntegerField(default=0)
    province_cents = models.BigIntegerField(default=0)
    bank_cents = models.BigIntegerField(default=0)
    merchant_cents = models.BigIntegerField(default=0)
    # Of the payment, before anything was taken off.
    order_cents = models.BigIntegerField(null=True)
    customer_number = models.CharField(_("customer number"), max_length=32, blank=True)
    # Where it was given or used: the customer's branch, or the counter's.
    branch_path = models.CharField(max_length=255, blank=True)
    actor_kind = models.CharField(max_length=8, choices=ActorKind.choices)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("who"), max_length=150)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    idempotency_key = models.CharField(max_length=100, blank=True)
    # Order number, or what the customer did at the counter.
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    scene = models.CharField(_("scene"), max_length=48, blank=True)
    # The customer manager, at the counter.
    manager = models.CharField(_("customer manager"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["coupon", "id"], name="coupons_ledger_coupon"),
            models.Index(fields=["at"], name="coupons_ledger_at"),
            models.Index(fields=["template", "at"], name="coupons_ledger_template"),
            models.Index(
                fields=["batch"], condition=Q(coupon=None), name="coupons_ledger_whole_batch"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.coupon_id}"


class Answer(models.Model):
    """What was answered under an idempotency key; written in the transaction of the change."""

    # Keyed by a digest of caller and key: coupons.life.answers.
    id = models.UUIDField(primary_key=True, editable=False)
    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=100)
    # SHA-256 of verb and payload: another payload under the key is refused.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"


class LimitCounter(models.Model):
    """What one subject has used of a limit in one period; claimed by a conditional upsert."""

    # Digest of the four columns that follow: one index only.
    id = models.UUIDField(primary_key=True, editable=False)
    template = models.ForeignKey(
        "coupons.CouponTemplate", on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    # "claim:count:day:customer", the limit without its number.
    rule = models.CharField(max_length=40)
    # First day of the period; null = in all.
    period = models.DateField(null=True)
    # Customer number or branch path; empty = the template.
    subject = models.CharField(max_length=255, blank=True)
    used = models.BigIntegerField()

    class Meta:
        default_permissions = []
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0), name="coupons_limitcounter_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.rule} {self.subject}"


class CouponNotice(models.Model):
    """What a customer is to be told about a coupon; the app's systems fetch it."""

    id = models.BigAutoField(primary_key=True)
    coupon = models.ForeignKey(
        "coupons.Coupon", on_delete=models.PROTECT, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    customer_number = models.CharField(_("customer number"), max_length=32)
    # "expiring", …
    kind = models.CharField(max_length=16)
    at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["coupon", "kind"], name="coupons_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.coupon_id}"
