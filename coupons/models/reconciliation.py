from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from coupons.choices import LedgerAction, ReconciliationState


class DayTotal(models.Model):
    """Ledger rows of one closed day (Shanghai's), added up; rebuilt whole, never counted up."""

    day = models.DateField(_("day"))
    template = models.ForeignKey(
        "coupons.CouponTemplate", verbose_name=_("coupon template"), on_delete=models.PROTECT,
        db_constraint=False, related_name="+",
    )  # fmt: skip
    batch = models.ForeignKey(
        "coupons.Batch", verbose_name=_("coupon batch"), on_delete=models.PROTECT,
        db_constraint=False, related_name="+",
    )  # fmt: skip
    branch_path = models.CharField(max_length=255, blank=True)
    action = models.CharField(max_length=10, choices=LedgerAction.choices)
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8, blank=True)
    count = models.BigIntegerField(default=0)
    face_cents = models.BigIntegerField(default=0)
    accrued_cents = models.BigIntegerField(default=0)
    spent_cents = models.BigIntegerField(default=0)
    province_cents = models.BigIntegerField(default=0)
    bank_cents = models.BigIntegerField(default=0)
    merchant_cents = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "day", "template", "batch", "branch_path", "action", "from_state", "to_state",
                ],
                name="coupons_daytotal_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.day} {self.action}"


class Reconciliation(models.Model):
    """Whether stock and ledger agreed at the end of a day, and what was outstanding."""

    day = models.DateField(_("day"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=ReconciliationState.choices)
    # Sums of the day and at its end; what they mean: coupons.reconciliation.
    totals = models.JSONField(default=dict)
    # [{"batch", "what", "expected", "found"}]
    breaks = models.JSONField(default=list)
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-day"]
        default_permissions = ["view"]
        permissions = [("export_reconciliation", _("Can download settlement files"))]

    def __str__(self) -> str:
        return self.day.isoformat()


class SettlementFile(models.Model):
    """A file of a day's settlement, as it was written: the same day gives the same bytes."""

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.PROTECT, related_name="files"
    )
    name = models.CharField(_("file"), max_length=120)
    rows = models.PositiveIntegerField(_("rows"))
    sha256 = models.CharField(_("digest"), max_length=64)
    stored_file_uid = models.UUIDField()
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "name"], name="coupons_settlementfile_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
