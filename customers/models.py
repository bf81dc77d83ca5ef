from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.querysets import CustomerQuerySet


class Customer(models.Model):
    """A customer of the bank, as far as the console must know them."""

    number = models.CharField(
        _("customer number"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9]{1,32}\Z", _("1 to 32 letters and digits."))],
    )
    # Masked when it is stored: 张*三.
    masked_name = models.CharField(_("name"), max_length=40, blank=True)
    # Masked too: 138****1234.
    masked_phone = models.CharField(_("phone"), max_length=20, blank=True)
    # SET_NULL never: a branch with customers is merged into another one first.
    branch = models.ForeignKey(
        "operators.Branch",
        verbose_name=_("branch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number
