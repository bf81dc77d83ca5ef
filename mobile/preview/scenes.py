"""What the phone shows: the home document of the channel API, under chosen circumstances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from announcements.models import Announcement
from approvals.models import Request
from mobile.catalogue import Skin, catalogue_of, read_catalogue, skin_of
from mobile.documents import Viewer, announcement_detail, render_home
from mobile.editions import current_feed, edition_at, loaded, read_edition
from mobile.feeds import Feed, LoadedEdition, compile_feed
from operators.querysets import branch_scope
from publishing import services as publishing
from tenants.platform import PLATFORM, Platform

if TYPE_CHECKING:
    from mobile.preview.choices import Choices
    from operators.models import Operator
    from tenants.models import Bank

NOWHERE = LoadedEdition()
# The platform's own preview belongs to no bank.
SAMPLE_NAME = _("Sample Rural Bank")


class NothingToPreview(Exception):
    """There is no such request or draft, or the operator may not see it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is not approved yet, as it would stand in the edition."""

    uid: str
    edition: LoadedEdition
    # Where customers would first see it.
    starts_at: datetime | None = None
    branch_path: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    bank_name: str
    skin: Skin
    at: datetime
    # The moment is not now: the phone says so.
    is_elsewhen: bool
    home: dict[str, Any]
    feed: Feed
    viewer: Viewer
    # The announcement under preview, marked as new.
    marked: str = ""

    def detail(self, uid: str) -> dict[str, Any] | None:
        for item in self.feed.live_announcements(self.at, self.viewer.branch_path):
            if item.id == uid:
                return announcement_detail(item, self.viewer)
        return None

    @property
    def must_read(self) -> dict[str, Any] | None:
        """The announcement that asks for attention first. While a change is looked at, only that:
        a sheet about something else would cover it."""
        for item in self.home["announcements"]:
            if item["must_read"] and self.marked in ("", item["id"]):
                return item
        return None


def build_scene(
    owner: Bank | Platform, choices: Choices, *, operator: Operator, now: datetime
) -> Scene:
    proposal = proposal_of(choices, operator, choices.at or now)
    at = choices.at or now
    if proposal is not None and choices.at is None and proposal.starts_at is not None:
        # A checker wants to see the announcement, not an empty page before its start.
        at = max(now, proposal.starts_at)
    path = choices.branch.path if choices.branch is not None else ""
    if proposal is not None and not path:
        path = proposal.branch_path
    feed = _feed(owner, proposal, None if choices.at is None else at)
    viewer = Viewer(branch_path=path)
    skin = _skin(owner, choices)
    catalogue = read_catalogue(None) if isinstance(owner, Platform) else catalogue_of(owner)
    return Scene(
        bank_name=str(SAMPLE_NAME if owner.is_platform else owner.name),
        skin=skin,
        at=at,
        is_elsewhen=at != now,
        home=render_home(feed, catalogue, skin=skin.code, viewer=viewer, at=at, mode=choices.mode),
        feed=feed,
        viewer=viewer,
        marked=proposal.uid if proposal is not None else "",
    )


def _feed(owner: Bank | Platform, proposal: Proposal | None, at: datetime | None) -> Feed:
    province = _edition(PLATFORM, at)
    if isinstance(owner, Platform):
        return compile_feed(NOWHERE, proposal.edition if proposal is not None else province)
    if proposal is not None:
        return compile_feed(proposal.edition, province)
    return compile_feed(edition_at(owner, at), province) if at else current_feed(owner)


def _edition(owner: Bank | Platform, at: datetime | None) -> LoadedEdition:
    return edition_at(owner, at) if at is not None else read_edition(owner)


def _skin(owner: Bank | Platform, choices: Choices) -> Skin:
    own = "" if isinstance(owner, Platform) else owner.skin
    return skin_of(choices.skin or own)


def proposal_of(choices: Choices, operator: Operator, at: datetime) -> Proposal | None:
    if choices.request_id is not None:
        return _requested(choices.request_id, operator, at)
    if choices.draft is not None:
        return _drafted(choices.draft, operator, at)
    return None


def _requested(request_id: int, operator: Operator, at: datetime) -> Proposal:
    # In the operator's own schema, and in their own branch.
    request = Request.objects.filter(
        pk=request_id, branch_path__startswith=branch_scope(operator)
    ).first()
    if request is None or "content" not in request.payload:
        raise NothingToPreview
    if not operator.has_perm("approvals.view_request"):
        raise NothingToPreview
    return _proposal(request.target_id, publishing.edition_if_approved(request, at))


def _drafted(uid: Any, operator: Operator, at: datetime) -> Proposal:
    drafts = Announcement.objects.select_related("branch").visible_to(operator)
    draft = drafts.filter(uid=uid).first()
    if draft is None:
        raise NothingToPreview
    return _proposal(str(draft.uid), publishing.edition_with_draft(draft, at))


def _proposal(uid: str, document: dict[str, Any]) -> Proposal:
    edition = loaded(document)
    # Absent when what is proposed is a withdrawal.
    item = next((item for item in edition.items if item["id"] == uid), None)
    if item is None:
        return Proposal(uid, edition)
    starts_at = datetime.fromisoformat(item["starts_at"])
    return Proposal(uid, edition, starts_at, item["branch_path"])
