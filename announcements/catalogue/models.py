"""What the platform keeps for all banks: lives in the public schema only."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from announcements.appearance.errors import UnreadableColour
from announcements.appearance.palettes import refuse_unreadable
from announcements.catalogue.querysets import SkinQuerySet
from announcements.choices import FunctionGroup, PlacementCode

COLOUR = RegexValidator(r"\A#[0-9A-Fa-f]{6}\Z", _("A colour looks like #256D6B."))


def _moment(at: datetime | None) -> str:
    return localtime(at).strftime("%Y-%m-%d %H:%M") if at is not None else ""


class Skin(models.Model):
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=20)
    mood = models.CharField(_("mood"), max_length=100, blank=True)
    primary = models.CharField(_("primary colour"), max_length=7, validators=[COLOUR])
    accent = models.CharField(_("accent colour"), max_length=7, validators=[COLOUR])
    # A festival skin is worn, by the banks that follow festivals, from its start to its end.
    is_festival = models.BooleanField(_("festival skin"), default=False)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = SkinQuerySet.as_manager()

    class Meta:
        verbose_name = _("skin")
        verbose_name_plural = _("skins")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_festival=False, starts_at=None, ends_at=None)
                | Q(
                    is_festival=True,
                    starts_at__isnull=False,
                    # NULL > anything is not false, and a check refuses only what is false.
                    ends_at__isnull=False,
                    ends_at__gt=F("starts_at"),
                ),
                name="announcements_skin_festival_period",
                violation_error_message=_("A festival skin needs a start and a later end."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Words must be readable on it, and one day has one festival."""
        self.primary, self.accent = self.primary.upper(), self.accent.upper()
        if self.code == "own":
            raise ValidationError({"code": _("“own” stands for a bank's own palette.")})
        try:
            refuse_unreadable(self.primary)
        except UnreadableColour as error:
            raise ValidationError({"primary": str(error)}) from error
        if other := Skin.objects.worn_at_the_same_time_as(self).first():
            raise ValidationError({"starts_at": self._overlap_with(other)})

    def _overlap_with(self, other: Skin) -> str:
        return gettext(
            "In this period “%(name)s” is worn already (%(start)s to %(end)s). Please choose "
            "another period, or change that one first."
        ) % {"name": other.name, "start": _moment(other.starts_at), "end": _moment(other.ends_at)}


class AppFunction(models.Model):
    """A function of the mobile app that a home page or a link can point to."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=20)
    group = models.CharField(_("group"), max_length=20, choices=FunctionGroup.choices)
    in_senior_mode = models.BooleanField(_("in senior mode"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("app function")
        verbose_name_plural = _("app functions")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A named place for pictures in the mobile app; its codes are the channel API's."""

    code = models.CharField(_("code"), max_length=20, unique=True, choices=PlacementCode.choices)
    # Of the picture at 1x, in points; its proportion is the creatives' proportion.
    width = models.PositiveSmallIntegerField(
        _("width"), validators=[MinValueValidator(16), MaxValueValidator(2000)]
    )
    height = models.PositiveSmallIntegerField(
        _("height"), validators=[MinValueValidator(16), MaxValueValidator(2000)]
    )
    slots = models.PositiveSmallIntegerField(
        _("slots"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    # Numbers (1 = first) of the slots that are the province's: its share.
    province_slots = models.JSONField(_("slots of the province"), default=list, blank=True)
    # Shows per customer and day over all ads here; null = no limit.
    daily_cap = models.PositiveSmallIntegerField(
        _("shows per customer a day"), null=True, blank=True
    )
    # The law for splash screens and popups: one touch closes them.
    must_close = models.BooleanField(_("always with a close button"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return str(PlacementCode(self.code).label)
