from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coupons.choices import KEPT_BATCHES, BatchOrigin, BatchState, CouponState
from coupons.models.templates import CouponTemplate
from coupons.querysets import BatchQuerySet, CouponQuerySet


class Batch(models.Model):
    """One import or generation. Its coupons are there for customers only while it is live, so its
    state is the switch for all of them at once."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    template = models.ForeignKey(
        CouponTemplate,
        verbose_name=_("coupon template"),
        on_delete=models.PROTECT,
        related_name="batches",
    )
    name = models.CharField(_("name"), max_length=100)
    origin = models.CharField(_("origin"), max_length=10, choices=BatchOrigin.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=BatchState.choices, default=BatchState.LOADING
    )
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    # SHA-256 of the file's bytes; empty = generated.
    file_sha256 = models.CharField(_("digest of the file"), max_length=64, blank=True)
    # Nothing lands unless every row is good.
    all_or_nothing = models.BooleanField(_("all or nothing"), default=False)
    # What a generation was asked for: {"count", "face_cents", "prefix", "length", …}.
    wanted = models.JSONField(default=dict, blank=True)
    # Rows of the file, and what became of them.
    rows = models.PositiveIntegerField(_("rows"), default=0)
    duplicates = models.PositiveIntegerField(_("duplicates"), default=0)
    rejected = models.PositiveIntegerField(_("rejected rows"), default=0)
    # Coupons of the batch as it was loaded, and their face value.
    count = models.PositiveIntegerField(_("coupons"), default=0)
    total_cents = models.PositiveBigIntegerField(_("total face value"), default=0)
    # The rest of the outcome: reasons, unknown columns, error files, seconds.
    outcome = models.JSONField(default=dict, blank=True)
    job_uid = models.UUIDField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("maker"), null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"))
    loaded_at = models.DateTimeField(_("loaded at"), null=True)
    approved_at = models.DateTimeField(_("approved at"), null=True)
    # Why it is frozen, recalled, discarded or failed.
    state_reason = models.CharField(_("reason"), max_length=500, blank=True)
    state_at = models.DateTimeField(_("state since"))
    # No stocked coupon is left; claims need not look here any more.
    is_exhausted = models.BooleanField(_("given out"), default=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon batch")
        verbose_name_plural = _("coupon batches")
        ordering = ["-id"]
        permissions = [
            ("approve_batch", _("Can approve coupon batches, grants and recalls")),
            ("freeze_batch", _("Can freeze coupon batches")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["file_sha256"],
                condition=~Q(file_sha256="") & Q(state__in=[state.value for state in KEPT_BATCHES]),
                name="coupons_batch_file_once",
                violation_error_message=_("This file has been imported already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=BatchState.values), name="coupons_batch_state_known"
            ),
        ]
        indexes = [models.Index(fields=["template", "state"], name="coupons_batch_template")]

    def __str__(self) -> str:
        return self.name


class Coupon(models.Model):
    """One code. It changes only by conditional updates that write a ledger row as well.

    No foreign keys in the database: a file brings a million rows, batches and templates are never
    deleted, and a check per row would double the time of an import.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(
        Batch, verbose_name=_("coupon batch"), on_delete=models.PROTECT, db_constraint=False,
        db_index=False, related_name="+",
    )  # fmt: skip
    template = models.ForeignKey(
        CouponTemplate, verbose_name=_("coupon template"), on_delete=models.PROTECT,
        db_constraint=False, db_index=False, related_name="+",
    )  # fmt: skip
    # Row of the file, or place in the generation.
    row = models.IntegerField(_("row"))
    # Keyed digest of the code, 16 bytes in the type that PostgreSQL compares fastest.
    code_key = models.UUIDField(unique=True, editable=False)
    # Code and PIN, encrypted: coupons.stock.codes.
    secret = models.BinaryField(editable=False)
    face_cents = models.BigIntegerField(_("face value"))
    state = models.CharField(
        _("state"), max_length=8, choices=CouponState.choices, default=CouponState.STOCKED
    )
    # Only there may it be claimed and redeemed (and below); null = everywhere.
    branch = models.ForeignKey(
        "operators.Branch", verbose_name=_("branch"), null=True, on_delete=models.PROTECT,
        db_constraint=False, db_index=False, related_name="+",
    )  # fmt: skip
    # Whose it is; empty = nobody's yet.
    customer_number = models.CharField(_("customer number"), max_length=32, blank=True, default="")
    valid_from = models.DateTimeField(_("valid from"), null=True)
    # Exclusive. Before the claim: the latest that the row and the template allow.
    valid_until = models.DateTimeField(_("valid until"))
    # Of the template, when it was claimed; 0 = not yet.
    terms_version = models.IntegerField(default=0)
    claimed_at = models.DateTimeField(_("claimed at"), null=True)
    # A lock that is over is no lock, whatever ``state`` says.
    lock_until = models.DateTimeField(_("locked until"), null=True)
    # The payment it is locked or was redeemed for.
    reference = models.CharField(_("reference"), max_length=64, blank=True, default="")
    # Amount of that payment, before anything was taken off.
    order_cents = models.BigIntegerField(null=True)
    # When its redemption was counted against the limits: at the lock, or else when redeemed.
    counted_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(_("redeemed at"), null=True)
    # What was taken off the payment and has not been reversed.
    redeemed_cents = models.BigIntegerField(_("redeemed amount"), default=0)
    remark = models.CharField(_("remark"), max_length=200, blank=True, default="")

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [
            ("reveal_coupon", _("Can see a coupon's code")),
            ("export_coupon", _("Can export coupons")),
            ("void_coupon", _("Can void, freeze and unfreeze a coupon")),
            ("redeem_coupon", _("Can redeem coupons at the counter")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CouponState.values), name="coupons_coupon_state_known"
            ),
            models.CheckConstraint(
                condition=Q(redeemed_cents__gte=0), name="coupons_coupon_redeemed_not_negative"
            ),
        ]
        indexes = [
            # The pools, for everybody and of each branch: what expires first goes first, and
            # nobody walks over the stock of another branch.
            models.Index(
                fields=["batch", "valid_until", "id"],
                condition=Q(state="stocked", branch=None),
                name="coupons_coupon_pool",
            ),
            models.Index(
                fields=["batch", "branch", "valid_until", "id"],
                condition=Q(state="stocked", branch__isnull=False),
                name="coupons_coupon_branch_pool",
            ),
            # The console's lists, page by page from any place: batch by batch, the newest first.
            # Batches that are not decided yet are never walked through.
            models.Index(fields=["batch", "id"], name="coupons_coupon_list"),
            models.Index(fields=["batch", "state", "id"], name="coupons_coupon_batch"),
            models.Index(
                fields=["branch", "batch", "id", "state"],
                condition=Q(branch__isnull=False),
                name="coupons_coupon_branch",
            ),
            models.Index(
                fields=["customer_number", "valid_until"],
                condition=~Q(customer_number=""),
                name="coupons_coupon_wallet",
            ),
            models.Index(
                fields=["valid_until", "id"],
                condition=Q(state__in=["claimed", "locked", "frozen"]),
                # What expires soon is counted in the index alone.
                include=["state", "batch", "template", "face_cents"],
                name="coupons_coupon_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ColumnMapping(models.Model):
    """Which header meant which column when a file for this template was last imported."""

    template = models.OneToOneField(
        CouponTemplate, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    # {header as typed: name of the column, or "" = skipped}
    headers = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return str(self.template_id)
