from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

if TYPE_CHECKING:
    from announcements.catalogue.models import Skin


class SkinQuerySet(QuerySet["Skin"]):
    def worn_at_the_same_time_as(self, skin: Skin) -> Any:
        """Other festival skins whose period overlaps that of this one."""
        if not (skin.is_festival and skin.starts_at and skin.ends_at):
            return self.none()
        others = self.filter(is_festival=True).exclude(pk=skin.pk)
        return others.filter(starts_at__lt=skin.ends_at, ends_at__gt=skin.starts_at)
