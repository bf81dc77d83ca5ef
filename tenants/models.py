from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from tenants.choices import BankStatus, UpgradeState
from tenants.querysets import BankQuerySet

# A DNS label (RFC 1123 allows digits first); 60 leaves room for the schema's prefix.
SLUG = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?\Z",
    _("Use 1 to 60 lower-case letters, digits and hyphens; no hyphen first or last."),
)


class Bank(TenantMixin):
    """A member bank: one schema. The platform itself has no row."""

    slug = models.CharField(_("slug"), max_length=60, unique=True, validators=[SLUG])
    name = models.CharField(_("name"), max_length=80)
    short_name = models.CharField(_("short name"), max_length=20)
    # Pinyin of the name: the embedded PostgreSQL has no ICU collation to order Chinese names by.
    name_key = models.CharField(max_length=200, editable=False, db_index=True)
    prefecture = models.CharField(_("prefecture"), max_length=40, blank=True)
    code = models.CharField(_("bank code"), max_length=20, blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=BankStatus.choices, default=BankStatus.ONBOARDING
    )
    skin = models.CharField(_("skin"), max_length=20, default="huxiang")
    provisioned_at = models.DateTimeField(_("provisioned at"), null=True, editable=False)
    # Digest of the seed rows (roles and their permissions) that the schema holds.
    seed_digest = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = BankQuerySet.as_manager()

    is_platform = False
    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        verbose_name = _("bank")
        verbose_name_plural = _("banks")
        ordering = ["name_key", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="tenants_bank_code_unique",
                violation_error_message=_("Another bank has this bank code."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=BankStatus.values), name="tenants_bank_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["domain"]

    def __str__(self) -> str:
        return str(self.domain)


class SchemaVersion(models.Model):
    """Counts what every process must notice soon, per schema: a bank's status, its edition."""

    schema_name = models.CharField(max_length=63, primary_key=True)
    version = models.BigIntegerField(default=1)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.schema_name} {self.version}"


class SchemaTemplate(models.Model):
    """The dump of the migrated template schema, for one state of the code; new banks replay it."""

    digest = models.CharField(max_length=64, primary_key=True)
    sql = models.TextField()
    catalogue_digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:12]


class BankUpgrade(models.Model):
    """The last upgrade of one schema (a bank's, the template's or public)."""

    schema_name = models.CharField(_("schema"), max_length=63, primary_key=True)
    state = models.CharField(_("state"), max_length=10, choices=UpgradeState.choices)
    started_at = models.DateTimeField(_("started at"))
    seconds = models.DecimalField(_("seconds"), max_digits=9, decimal_places=3, null=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("upgrade")
        verbose_name_plural = _("upgrades")
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.state}"
