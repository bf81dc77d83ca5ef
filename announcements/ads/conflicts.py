"""Two ads that keep the same slot of a placement at the same time, for some of the same people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from announcements.ads.errors import SlotTaken
from announcements.ads.windows import meet_in
from announcements.choices import PlacementCode
from approvals.models import Request
from approvals.wording import moment
from publishing.choices import RequestKind
from publishing.envelopes import Envelope, of_publication, to_moment
from publishing.models import Publication


def check_published(target_id: str, envelope: Envelope, at: datetime) -> None:
    """Against what the edition holds; under its lock nothing can come in between."""
    if envelope["payload"]["slot"] is None:
        return
    same = Publication.objects.current(at).filter(
        kind="ad",
        payload__placement=envelope["payload"]["placement"],
        payload__slot=envelope["payload"]["slot"],
    )
    others = (of_publication(each) for each in same.exclude(target_id=target_id))
    taken = _first_overlap(envelope, (other for other in others if other is not None))
    if taken is not None:
        sentence = _(
            "Slot %(slot)s of %(placement)s is taken at that time by “%(title)s” (%(from)s –"
            " %(until)s). Choose another slot, period or hours."
        )
        raise SlotTaken(sentence % _words(envelope, taken))


def check_in_review(target_id: str, envelope: Envelope, at: datetime) -> None:
    """Against what others have submitted: the first to ask comes first."""
    if envelope["payload"]["slot"] is None:
        return
    waiting = Request.objects.pending().filter(
        kind__in=(RequestKind.PUBLICATION, RequestKind.ROLLBACK),
        target_kind="announcements_ads.ad",
        expires_at__gt=at,
        payload__payload__placement=envelope["payload"]["placement"],
        payload__payload__slot=envelope["payload"]["slot"],
    )
    others = waiting.exclude(target_id=target_id).values_list("payload", flat=True)
    taken = _first_overlap(envelope, others)
    if taken is not None:
        sentence = _(
            "“%(title)s” (%(from)s – %(until)s), which is in review, asks for slot %(slot)s of"
            " %(placement)s at the same time. Choose another slot, period or hours."
        )
        raise SlotTaken(sentence % _words(envelope, taken))


def overlap(one: Envelope, other: Envelope) -> bool:
    """Whether some customer could be shown both at the same moment; audiences are not compared."""
    paths = one["branch_path"], other["branch_path"]
    if not (paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])):
        return False
    starts = max(_starts(one), _starts(other))
    ends = [end for end in (to_moment(one["ends_at"]), to_moment(other["ends_at"])) if end]
    until = min(ends, default=None)
    if until is not None and until <= starts:
        return False
    return meet_in(one["payload"]["windows"], other["payload"]["windows"], starts, until)


def _starts(envelope: Envelope) -> datetime:
    starts = to_moment(envelope["starts_at"])
    assert starts is not None
    return starts


def _first_overlap(envelope: Envelope, others: Iterable[Envelope]) -> Envelope | None:
    return next((other for other in others if overlap(envelope, other)), None)


def _words(envelope: Envelope, other: Envelope) -> dict[str, Any]:
    return {
        "slot": envelope["payload"]["slot"],
        "placement": PlacementCode(envelope["payload"]["placement"]).label,
        "title": other["title"],
        "from": moment(to_moment(other["starts_at"]), ""),
        "until": moment(to_moment(other["ends_at"]), _("until withdrawn")),
    }
