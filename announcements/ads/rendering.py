from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from announcements.ads.models import Ad


def render_payload(ad: Ad) -> dict[str, Any]:
    """The versioned document that the feed works from."""
    raise NotImplementedError
