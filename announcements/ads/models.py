from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from announcements.ads.querysets import AdQuerySet
from announcements.choices import PlacementCode
from publishing.models import Publishable

MAX_WEIGHT = 1000


class Picture(models.Model):
    """A picture that was taken in: decoded, cropped, written anew; never what was uploaded."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    placement = models.CharField(_("placement"), max_length=20, choices=PlacementCode.choices)
    # The whole picture as it was decoded, re-encoded; what a later crop starts from.
    original = models.CharField(max_length=200, editable=False)
    original_width = models.PositiveIntegerField(editable=False)
    original_height = models.PositiveIntegerField(editable=False)
    # In pixels of the original: {"x", "y", "width", "height"}; {} = not cropped yet.
    crop = models.JSONField(default=dict, editable=False)
    # {"1x": {"name", "width", "height", "bytes"}, "2x": …, "3x": …, "thumbnail": …}; {} before.
    variants = models.JSONField(default=dict, editable=False)
    # SHA-256 of the re-encoded original.
    digest = models.CharField(max_length=64, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        editable=False,
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_placement_display()} {self.uid.hex[:8]}"


class Ad(Publishable):
    """A picture with a link in a named place; in public, the province's."""

    placement = models.CharField(_("placement"), max_length=20, choices=PlacementCode.choices)
    picture = models.ForeignKey(
        Picture, verbose_name=_("picture"), null=True, on_delete=models.PROTECT, related_name="ads"
    )
    # What a screen reader says.
    alt_text = models.CharField(_("description of the picture"), max_length=80)
    # "none", "url", or a kind of publishing.links with the id of its target.
    link_kind = models.CharField(_("link"), max_length=20, default="none")
    link_target = models.CharField(_("link target"), max_length=500, blank=True)
    # [{"days": [1..7, 1 = Monday], "from": "09:00", "until": "18:00"}] in Shanghai; [] = always.
    windows = models.JSONField(_("weekdays and hours"), default=list, blank=True)
    # Share among ads of the same priority when there are more than slots.
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=10, validators=[MinValueValidator(1), MaxValueValidator(MAX_WEIGHT)]
    )
    # Shows per customer; null = no limit.
    daily_cap = models.PositiveSmallIntegerField(
        _("shows per customer a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    lifetime_cap = models.PositiveSmallIntegerField(
        _("shows per customer in all"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # Keeps this slot (1 = first) for its period; null = any.
    slot = models.PositiveSmallIntegerField(
        _("fixed slot"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # Shown only where nothing else is left to show.
    is_house = models.BooleanField(_("house ad"), default=False)
    # Allowed in senior mode; its checker confirms it.
    for_seniors = models.BooleanField(_("suitable for senior mode"), default=False)
    # Staff on the trial list see it from here on; null = nobody earlier than the others.
    trial_starts_at = models.DateTimeField(_("trial from"), null=True, blank=True)

    objects = AdQuerySet.as_manager()

    class Meta(Publishable.Meta):
        verbose_name = _("ad")
        verbose_name_plural = _("ads")
        ordering = ["-updated_at", "-id"]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=MAX_WEIGHT),
                name="announcements_ad_weight_range",
                violation_error_message=_("The weight is a number from 1 to 1000."),
            ),
            models.CheckConstraint(
                condition=Q(slot=None) | Q(slot__gte=1),
                name="announcements_ad_slot_from_one",
                violation_error_message=_("Slots are numbered from 1."),
            ),
        ]

    def render_payload(self) -> dict[str, Any]:
        from announcements.ads.rendering import render_payload

        return render_payload(self)

    @property
    def thumbnail(self) -> str:
        """Its address; empty while there is none."""
        from announcements.ads.rendering import thumbnail_of

        return thumbnail_of(self.picture)


class AdOrder(Publishable):
    """The order of the ads of one placement, arranged by hand; published like any content."""

    placement = models.CharField(
        _("placement"), max_length=20, choices=PlacementCode.choices, unique=True
    )
    # Uids of ads, first one first; ads not named follow by priority.
    uids = models.JSONField(default=list)

    class Meta(Publishable.Meta):
        verbose_name = _("order of ads")
        verbose_name_plural = _("orders of ads")
        ordering = ["placement"]

    def render_payload(self) -> dict[str, Any]:
        return {"schema": 1, "placement": self.placement, "uids": list(self.uids)}
