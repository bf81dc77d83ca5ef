"""An ad as the platform offers it to banks, and the draft that a bank makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.ads import links, rules
from announcements.ads.choices import LinkKind
from announcements.ads.content import AdContent
from announcements.ads.pictures.copying import copy_into_current_schema, payload_of
from announcements.ads.services import accept_ad, begun_again
from announcements.errors import BadContent
from publishing.envelopes import to_moment, to_text

if TYPE_CHECKING:
    from announcements.ads.models import Ad
    from operators.models import Operator

_PLAIN = (
    "title", "placement", "alt_text", "link_kind", "link_target", "windows", "audience", "priority",
    "weight", "daily_cap", "lifetime_cap", "is_house", "for_seniors",
)  # fmt: skip
_TIMES = ("starts_at", "ends_at")


def offer_content(draft: Ad) -> dict[str, Any]:
    """Plain JSON. Slot, branch and trial are the platform's own affair."""
    if draft.picture is None:
        raise BadContent(_("An ad needs a picture. Please upload one."), field="picture")
    return {
        "schema": 1,
        **{name: getattr(draft, name) for name in _PLAIN},
        **{name: to_text(getattr(draft, name)) for name in _TIMES},
        "picture": payload_of(draft.picture),
    }


@transaction.atomic
def accept_offer(*, actor: Operator, content: dict[str, Any], at: datetime | None = None) -> Ad:
    """A draft in the current bank. A link that leads nowhere here is left out."""
    picture = copy_into_current_schema(content["picture"], actor=actor)
    starts_at = to_moment(content["starts_at"])
    assert starts_at is not None
    offered = AdContent(
        **{name: content[name] for name in _PLAIN},
        picture=picture,
        starts_at=starts_at,
        ends_at=to_moment(content["ends_at"]),
    )
    fitting, left_out = _without_foreign_link(offered)
    fitting = begun_again(fitting, at or timezone.now())
    return accept_ad(actor=actor, content=fitting, left_out=left_out)


def _without_foreign_link(offered: AdContent) -> tuple[AdContent, list[str]]:
    try:
        links.clean_link(offered.link_kind, offered.link_target, rules.link_hosts())
    except BadContent:
        return replace(offered, link_kind=LinkKind.NONE, link_target=""), ["link"]
    return offered, []
