"""A bank's own products of the Fuxiang zone, what is sold of them, and who has reserved it."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.querysets import AppendOnlyQuerySet, AppendOnlyRow
from fuxiang_zone.choices import ActorKind, ProductRisk, ReservationState
from fuxiang_zone.querysets import ProductQuerySet
from publishing.models import Publishable


class ZoneProduct(Publishable):
    """A product, drafted. ``title`` is its name, its period when customers see it."""

    # Of the platform's catalogue; what ``values`` may hold is that type's field schema.
    type_code = models.CharField(_("product type"), max_length=40)
    # Version of the type that the draft was last saved with.
    type_version = models.PositiveIntegerField(default=1, editable=False)
    summary = models.CharField(_("in one sentence"), max_length=120, blank=True)
    # {key of the field: value}; decimals and dates as text.
    values = models.JSONField(_("fields"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    # Deposits: [{"term": n, "unit": TermUnit, "from_cents": n, "to_cents": n|None, "rate": "2.15"}]
    # Rates in percent a year; tiers from (included) to (excluded).
    rates = models.JSONField(_("rate table"), default=list, blank=True)
    # Of wealth products; null = the product carries none.
    risk_level = models.PositiveSmallIntegerField(
        _("risk level"), choices=ProductRisk.choices, null=True, blank=True
    )
    # When it can be bought or reserved, within its period; null = as long as it is shown.
    sale_starts_at = models.DateTimeField(_("on sale from"), null=True, blank=True)
    sale_ends_at = models.DateTimeField(_("on sale until"), null=True, blank=True)
    # Units for sale; null = nothing is reserved.
    quota = models.PositiveIntegerField(
        _("quota"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # What one unit is, in cents; 0 = not a matter of money.
    unit_cents = models.PositiveBigIntegerField(_("amount of one unit"), default=0)
    # Units; null = as many as there are.
    most_per_customer = models.PositiveIntegerField(
        _("units per customer"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes that a reservation is held"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
    )
    # [{"kind": kind of link target, "id": its id, "label": as it was chosen}]
    links = models.JSONField(_("links"), default=list, blank=True)
    # {code of the type's disclosure: the bank's words}
    disclosures = models.JSONField(_("disclosures"), default=dict, blank=True)
    # What customers read.
    rules = models.TextField(_("rules for customers"), max_length=2000, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta(Publishable.Meta):
        verbose_name = _("zone product")
        verbose_name_plural = _("zone products")
        ordering = ["-updated_at", "-id"]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(sale_starts_at=None)
                | Q(sale_ends_at=None)
                | Q(sale_ends_at__gt=F("sale_starts_at")),
                name="fuxiang_zone_product_sale_order",
                violation_error_message=_("The sale ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(risk_level=None) | Q(risk_level__range=(1, 5)),
                name="fuxiang_zone_product_risk_known",
            ),
        ]

    def render_payload(self) -> dict[str, Any]:
        from fuxiang_zone.products.rendering import render_payload

        return render_payload(self)


class TermsQuerySet(AppendOnlyQuerySet):
    pass


class ProductTerms(AppendOnlyRow, models.Model):
    """The terms of one published version: what a customer reserved is what holds for them."""

    product = models.ForeignKey(ZoneProduct, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveIntegerField(_("version"))
    # The payload of the publication, with its title.
    terms = models.JSONField(encoder=DjangoJSONEncoder)
    published_at = models.DateTimeField(_("published at"))

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("terms of a zone product")
        verbose_name_plural = _("terms of zone products")
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "version"], name="fuxiang_zone_terms_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} v{self.version}"


class ProductAccount(models.Model):
    """What holds for a product now, and what of its quota is taken: the row on which units are
    claimed."""

    product = models.OneToOneField(
        ZoneProduct, on_delete=models.PROTECT, primary_key=True, related_name="account"
    )
    uid = models.UUIDField(unique=True)
    type_code = models.CharField(max_length=40)
    # Version of the terms for new reservations; null = not published, or withdrawn.
    live_version = models.PositiveIntegerField(null=True)
    # Of the live publication.
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    audience = models.JSONField(default=dict)
    branch_path = models.CharField(max_length=255, blank=True)
    sale_starts_at = models.DateTimeField(null=True)
    sale_ends_at = models.DateTimeField(null=True)
    risk_level = models.PositiveSmallIntegerField(null=True)
    # null = nothing is reserved.
    quota = models.PositiveIntegerField(_("quota"), null=True)
    unit_cents = models.PositiveBigIntegerField(default=0)
    most_per_customer = models.PositiveIntegerField(null=True)
    hold_minutes = models.PositiveSmallIntegerField(default=15)
    # Units reserved (also those whose time is over until somebody takes them back) and confirmed.
    held = models.PositiveIntegerField(_("reserved"), default=0)
    confirmed = models.PositiveIntegerField(_("confirmed"), default=0)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = []
        constraints = [
            models.CheckConstraint(
                condition=Q(quota=None) | Q(quota__gte=F("held") + F("confirmed")),
                name="fuxiang_zone_account_within_quota",
                violation_error_message=_("More is reserved than there is."),
            )
        ]

    def __str__(self) -> str:
        return str(self.uid)


class CustomerShare(models.Model):
    """Units of a product that one customer has reserved or confirmed."""

    # Digest of product and customer.
    id = models.UUIDField(primary_key=True, editable=False)
    product = models.ForeignKey(ZoneProduct, on_delete=models.PROTECT, related_name="+")
    customer_number = models.CharField(_("customer number"), max_length=32)
    units = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.product_id} {self.customer_number}"


class Reservation(models.Model):
    """Units of a product held for one customer until they are confirmed, released or expire."""

    # Digest of the caller and its Idempotency-Key: one key, one reservation.
    id = models.UUIDField(primary_key=True, editable=False)
    product = models.ForeignKey(ZoneProduct, on_delete=models.PROTECT, related_name="reservations")
    terms_version = models.PositiveIntegerField(_("version"))
    customer_number = models.CharField(_("customer number"), max_length=32)
    # Of the customer's branch; empty = of none.
    branch_path = models.CharField(max_length=255, blank=True)
    units = models.PositiveIntegerField(_("units"))
    amount_cents = models.PositiveBigIntegerField(_("amount"), default=0)
    state = models.CharField(
        _("state"), max_length=10, choices=ReservationState.choices, default=ReservationState.HELD
    )
    held_at = models.DateTimeField(_("reserved at"))
    # Exclusive.
    expires_at = models.DateTimeField(_("held until"))
    decided_at = models.DateTimeField(_("confirmed or released at"), null=True)
    # Of the bank's core, when it is confirmed.
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    actor_kind = models.CharField(_("by"), max_length=10, choices=ActorKind.choices)
    actor_name = models.CharField(max_length=150, blank=True)
    # Digest of what came with the key.
    fingerprint = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["-held_at", "-id"]
        default_permissions = ["view"]
        permissions = [
            ("export_reservation", _("Can export reservations")),
            ("release_reservation", _("Can release a customer's reservation")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReservationState.values),
                name="fuxiang_zone_reservation_state_known",
            ),
            models.CheckConstraint(
                condition=Q(units__gte=1), name="fuxiang_zone_reservation_of_something"
            ),
        ]
        indexes = [
            models.Index(fields=["product", "-held_at"], name="fuxiang_zone_res_list"),
            models.Index(
                fields=["product", "expires_at"],
                condition=Q(state="held"),
                name="fuxiang_zone_res_overdue",
            ),
            models.Index(fields=["customer_number", "-held_at"], name="fuxiang_zone_res_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.units}"
