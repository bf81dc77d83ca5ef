"""What the phone shows: the home document of the channel API, under chosen circumstances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from coupons.terms.kinds import KIND as COUPON
from mobile.feed.items import CAMPAIGN, PRODUCT
from mobile.preview import showing
from mobile.preview.choices import HOME
from mobile.preview.meant import settled
from mobile.preview.people import person_of
from mobile.preview.proposals import Proposal, proposal_of
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from mobile.feed.explaining import Verdict
    from mobile.feed.feeds import Feed
    from mobile.feed.people import Person
    from mobile.preview.choices import Choices
    from operators.models import Operator
    from tenants.models import Bank
from tenants.platform import Platform

PAGE_OF_KIND = {PRODUCT: "product", CAMPAIGN: "campaign"}
# The platform's own preview belongs to no bank.
SAMPLE_NAME = _("Sample Rural Bank")


@dataclass(frozen=True, slots=True)
class Scene:
    bank_name: str
    # Settled: nothing is left open in them.
    choices: Choices
    at: datetime
    person: Person
    feed: Feed
    home: dict[str, Any]
    # What the operator who looks may know of: a subtree of branches; empty = the whole bank.
    scope: str = ""
    proposal: Proposal | None = None
    # Who looks: what is one school's is for its operators alone.
    viewer: Operator | None = None

    @property
    def is_elsewhen(self) -> bool:
        """The moment is not now: the phone says so."""
        return self.choices.at is not None

    @property
    def mode(self) -> str:
        return str(self.home["mode"])

    @property
    def marked(self) -> str:
        """The piece of content under preview, marked as new."""
        return self.proposal.uid if self.proposal is not None else ""

    @property
    def is_coupon(self) -> bool:
        """What is under preview does not stand on the home page but among the coupons."""
        return self.proposal is not None and self.proposal.kind == COUPON

    @property
    def page(self) -> tuple[str, str]:
        """Which page is open, and what it is about: where a change stands, when it is looked at
        and nothing else was chosen. Empty = the home page."""
        page, item = self.choices.page, self.choices.item
        opens = PAGE_OF_KIND.get(self.proposal.kind, "") if self.proposal is not None else ""
        if not page and item is None and opens:
            return opens, self.marked
        return "" if page == HOME else page, "" if item is None else str(item)

    @property
    def must_read(self) -> dict[str, Any] | None:
        """The announcement that asks for attention first. While a change is looked at, only that:
        a sheet about something else would cover it."""
        for item in self.home["announcements"]:
            if item["must_read"] and not item["read"] and self.marked in ("", item["id"]):
                return item
        return None

    def pictures(self, placement: str) -> list[dict[str, Any]]:
        return self.home["placements"][placement]

    def covers(self, placement: str) -> bool:
        """Whether pictures of this placement come over the home page: not while a change elsewhere
        is looked at."""
        pictures = self.pictures(placement)
        if self.proposal is None or self.proposal.placement == placement:
            return bool(pictures)
        return any(picture["id"] == self.marked for picture in pictures)

    def detail(self, uid: str) -> dict[str, Any] | None:
        return showing.text_of(self.feed, self.person, self.at, uid, mode=self.mode)

    def verdicts(self) -> Sequence[Verdict]:
        """Of what concerns the operator's own branches; other branches' content stays theirs."""
        return [
            verdict
            for verdict in showing.verdicts_of(self.feed, self.person, self.at, mode=self.mode)
            if _meet(verdict.item.branch_path, self.scope)
        ]


def build_scene(
    owner: Bank | Platform, choices: Choices, *, operator: Operator, now: datetime
) -> Scene:
    """Raises ``NothingToPreview``."""
    proposal = proposal_of(choices, operator, choices.at or now)
    choices = settled(choices, proposal, operator, now)
    at = choices.at or now
    feed = showing.feed_of(owner, proposal.edition if proposal else None, choices.at)
    person = person_of(choices, feed, owner, at)
    return Scene(
        bank_name=str(SAMPLE_NAME if owner.is_platform else owner.name),
        choices=choices,
        at=at,
        person=person,
        feed=feed,
        home=showing.home_of(feed, person, at, mode=choices.mode, skin=choices.skin),
        scope=branch_scope(operator),
        proposal=proposal,
        viewer=operator,
    )


def _meet(one: str, other: str) -> bool:
    """Whether one of two subtrees lies within the other."""
    return one.startswith(other) or other.startswith(one)
