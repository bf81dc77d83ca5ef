from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connection, models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from treebeard.mp_tree import MP_Node

from operators import totp_keys
from operators.choices import BranchKind
from operators.querysets import AttemptQuerySet, BranchManager, OperatorManager


class Branch(MP_Node):
    """A node of a bank's organisation tree; a subtree is a prefix of ``path``."""

    code = models.CharField(
        _("branch code"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9-]+\Z", _("Letters, digits and hyphens only."))],
    )
    name = models.CharField(_("name"), max_length=100)
    name_key = models.CharField(max_length=200, editable=False)
    kind = models.CharField(
        _("kind"), max_length=12, choices=BranchKind.choices, default=BranchKind.SUB_BRANCH
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    # WGS 84, degrees.
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    is_open = models.BooleanField(_("open"), default=True)

    objects = BranchManager()

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name


class SignInCounter(models.Model):
    """Counts failed sign-ins. Claimed in the database before a password is looked at."""

    failed_sign_ins = models.PositiveIntegerField(default=0, editable=False)
    last_failed_at = models.DateTimeField(null=True, editable=False)
    locked_until = models.DateTimeField(_("locked until"), null=True, editable=False)

    class Meta:
        abstract = True

    def is_locked(self, at: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > at


class UnknownName(SignInCounter):
    """A user name that nobody has, but somebody tried: it locks like a real one."""

    username = models.CharField(max_length=150, primary_key=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return self.username


class Operator(SignInCounter, AbstractBaseUser, PermissionsMixin):
    """A console user. Lives in its bank's schema; platform staff live in public."""

    # Roles are the only source of permissions: nobody stands above the checks.
    is_superuser = False  # type: ignore[assignment]  # removes the inherited field
    user_permissions = None  # type: ignore[assignment]  # removes the inherited field

    username = models.CharField(
        _("username"),
        max_length=60,
        unique=True,
        validators=[ASCIIUsernameValidator()],
        error_messages={"unique": _("Somebody has this user name already.")},
    )
    name = models.CharField(_("full name"), max_length=60)
    name_key = models.CharField(max_length=200, editable=False, default="")
    staff_number = models.CharField(_("staff number"), max_length=30, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    # PROTECT: a branch with people cannot vanish; they are transferred first.
    branch = models.ForeignKey(
        Branch,
        verbose_name=_("branch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="operators",
    )
    is_active = models.BooleanField(_("enabled"), default=True)
    password_changed_at = models.DateTimeField(null=True, editable=False)
    must_change_password = models.BooleanField(default=False, editable=False)
    # Part of every session's hash: counting it up ends the person's sessions at once.
    session_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    disabled_at = models.DateTimeField(_("disabled at"), null=True, editable=False)
    # Remembered list settings (page size) by list.
    preferences = models.JSONField(default=dict, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    objects = OperatorManager()

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["username"]
        permissions = [
            ("see_all_branches", _("Can see every branch")),
            ("manage_operators", _("Can manage operators")),
            ("approve_role_change", _("Can approve role changes")),
            ("view_permission_report", _("Can see the permission report")),
        ]
        indexes = [models.Index(fields=["name_key"], name="operators_operator_name_key")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where this person lives. The same number is somebody else in another schema.
        self.schema_name: str = connection.schema_name

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        return self.is_active

    def get_full_name(self) -> str:
        return self.name

    def must_renew_password(self, at: datetime) -> bool:
        """Whether the password was reset by somebody else, or is too old to sign in with."""
        if self.must_change_password:
            return True
        set_at, days = self.password_changed_at, timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)
        return set_at is not None and set_at + days <= at

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Beyond the password: a new session version (roles, second factor) ends sessions as well.
        return salted_hmac(
            "operators.models.Operator.get_session_auth_hash",
            f"{self.schema_name}:{self.session_version}:{self.password}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def clean(self) -> None:
        super().clean()
        self.username = self.normalize_username(self.username).lower()


class SecondFactorDevice(TOTPDevice):
    """An authenticator app, whose secret is kept encrypted."""

    class Meta:
        proxy = True
        default_permissions = ()

    @property
    def bin_key(self) -> bytes:
        return totp_keys.unseal(self.key, self.user_id)


class PasswordRecord(models.Model):
    """An operator's former password hash, so that it is not used again."""

    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, related_name="password_records"
    )
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = []
        ordering = ["-set_at", "-id"]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.set_at:%Y-%m-%d}"


class PasswordLink(models.Model):
    """A one-time link with which an operator sets a password; only a digest of it is kept."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="password_links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    # Text: the issuer may be the platform, or gone.
    issued_by = models.CharField(max_length=150)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.operator_id} {self.expires_at:%Y-%m-%d %H:%M}"
