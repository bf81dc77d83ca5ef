"""The order of one placement's ads, arranged by hand and published like any content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from announcements.ads import events
from announcements.ads.errors import BadOrder
from announcements.ads.models import Ad, AdOrder
from announcements.ads.querysets import AdQuerySet
from announcements.ads.rules import label_of, rules_of
from audit.services import record
from operators.permissions import require
from publishing import services as publishing
from publishing.envelopes import Envelope
from publishing.models import Publication
from publishing.registry import Shown
from publishing.stages import REACHING_CUSTOMERS

if TYPE_CHECKING:
    from operators.models import Operator

CHANGE = "announcements_ads.change_adorder"
MOST_ADS = 500


@transaction.atomic
def save_order(
    *,
    actor: Operator,
    placement: str,
    uids: Sequence[str],
    version: int,
    at: datetime | None = None,
) -> AdOrder:
    """``version`` is the one on the screen (0 = there was none); a newer one is not overwritten."""
    require(actor, CHANGE)
    rules_of(placement)
    kept = _clean(placement, uids)
    draft = AdOrder.objects.filter(placement=placement).first()
    before = None if draft is None else list(draft.uids)
    if draft is None:
        draft = _begin(actor, placement, kept, at or timezone.now())
    elif (before, draft.version) == (kept, version):
        return draft
    else:
        draft.version, draft.uids = version, kept
        publishing.draft_edited(actor=actor, draft=draft)
        draft.save()
    record(
        events.ORDER_SAVED, actor=actor, target=draft,
        before={"uids": before} if before is not None else None, after={"uids": kept},
    )  # fmt: skip
    return draft


def _begin(actor: Operator, placement: str, uids: list[str], at: datetime) -> AdOrder:
    title = _("Order of ads: %(placement)s") % {"placement": label_of(placement)}
    draft = AdOrder(placement=placement, uids=uids, title=title[:80], starts_at=at)
    publishing.draft_begun(actor=actor, draft=draft)
    # Of two who arrange the same placement first, the second is told to look again.
    AdOrder.objects.bulk_create([draft], ignore_conflicts=True)
    landed = AdOrder.objects.select_related("edited_by").get(placement=placement)
    if landed.uid != draft.uid:
        raise BadOrder(
            _("%(name)s has arranged this placement meanwhile. Reload it and repeat your change.")
            % {"name": landed.edited_by}
        )
    return landed


def _clean(placement: str, uids: Sequence[str]) -> list[str]:
    try:
        kept = [str(UUID(str(uid))) for uid in uids]
    except ValueError:
        raise BadOrder(_("The order names something that is no ad. Reload the page.")) from None
    if len(kept) > MOST_ADS or len(set(kept)) != len(kept):
        raise BadOrder(_("The order names an ad twice. Reload the page and arrange it again."))
    known = {
        str(uid)
        for uid in Ad.objects.filter(placement=placement, uid__in=kept).values_list(
            "uid", flat=True
        )
    }
    if set(kept) - known:
        raise BadOrder(
            _("The order names an ad that does not belong to this placement. Reload the page.")
        )
    return kept


# --- reading --------------------------------------------------------------------------------------
def arrangeable(placement: str, at: datetime) -> AdQuerySet:
    """What customers see or will see there."""
    drafts = Ad.objects.filter(placement=placement).for_changelist(at)
    return drafts.filter(stage__in=REACHING_CUSTOMERS)


def arranged(ads: Iterable[Ad], uids: Sequence[str]) -> list[Ad]:
    """As the feed does: the named ones first, in their order; then by priority and start."""
    place = {uid: number for number, uid in enumerate(uids)}
    return sorted(
        ads,
        key=lambda ad: (
            place.get(str(ad.uid), len(place)),
            -ad.priority,
            -ad.starts_at.timestamp(),
            str(ad.uid),
        ),
    )


def published_order(placement: str) -> list[str]:
    newest = Publication.objects.current(timezone.now()).filter(
        kind="ad_order", payload__placement=placement
    )
    payload = newest.values_list("payload", flat=True).first()
    return list(payload["uids"]) if payload else []


# --- as a kind of content -------------------------------------------------------------------------
def show_order(payload: dict[str, Any]) -> list[Shown]:
    titles = dict(Ad.objects.filter(uid__in=payload["uids"]).values_list("uid", "title"))
    lines = [
        f"{number}. {titles.get(UUID(uid), _('an ad that is gone'))}"
        for number, uid in enumerate(payload["uids"], start=1)
    ]
    return [
        Shown("placement", gettext_lazy("Placement"), label_of(payload["placement"])),
        Shown("order", gettext_lazy("Order"), "\n".join(lines)),
    ]


def check_order(target_id: str, envelope: Envelope, at: datetime) -> None:
    payload = envelope["payload"]
    _clean(payload["placement"], payload["uids"])
    if not payload["uids"]:
        raise BadOrder(_("The order is empty. Arrange the ads first."))
