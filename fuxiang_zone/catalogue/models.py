"""Product types of the Fuxiang zone and who opened them: lives in the public schema only."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fuxiang_zone.catalogue.querysets import ActivationQuerySet, ProductTypeQuerySet


class ProductType(models.Model):
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=20)
    category = models.CharField(_("category"), max_length=20)
    note = models.CharField(_("note"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ProductTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("product type")
        verbose_name_plural = _("product types")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


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
