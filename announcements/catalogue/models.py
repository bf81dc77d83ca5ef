"""What the platform keeps for all banks: lives in the public schema only."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

COLOUR = RegexValidator(r"\A#[0-9A-Fa-f]{6}\Z", _("A colour looks like #256D6B."))


class Skin(models.Model):
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=20)
    mood = models.CharField(_("mood"), max_length=100, blank=True)
    primary = models.CharField(_("primary colour"), max_length=7, validators=[COLOUR])
    accent = models.CharField(_("accent colour"), max_length=7, validators=[COLOUR])
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("skin")
        verbose_name_plural = _("skins")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class AppFunction(models.Model):
    """A function of the mobile app that a home page or a link can point to."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=20)
    group = models.CharField(_("group"), max_length=20)
    in_senior_mode = models.BooleanField(_("in senior mode"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("app function")
        verbose_name_plural = _("app functions")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name
