"""What a maker says of an ad, checked before it is stored: the one place for every edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from announcements.ads import links, rules, windows
from announcements.ads.choices import LinkKind
from announcements.ads.models import MAX_WEIGHT
from announcements.content import MAX_TITLE_CHARACTERS, PRIORITIES
from announcements.errors import BadContent
from audit.context import current_schema
from customers.audiences import clean_rule
from customers.errors import BadAudience
from operators.roles import is_platform

if TYPE_CHECKING:
    from announcements.ads.models import Ad, Picture
    from operators.models import Branch

MAX_ALT_CHARACTERS = 80
MAX_CAP = 10_000


@dataclass(frozen=True, slots=True)
class AdContent:
    title: str
    placement: str
    picture: Picture | None
    # What a screen reader says.
    alt_text: str
    starts_at: datetime
    # None = until it is taken down
    ends_at: datetime | None = None
    link_kind: str = LinkKind.NONE
    link_target: str = ""
    windows: list[dict[str, Any]] = field(default_factory=list)
    audience: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    weight: int = 10
    # Shows per customer; None = no limit.
    daily_cap: int | None = None
    lifetime_cap: int | None = None
    # None = any slot.
    slot: int | None = None
    is_house: bool = False
    for_seniors: bool = False
    # Staff on the trial list see it from then on.
    trial_starts_at: datetime | None = None
    # None = every branch
    branch: Branch | None = None

    def cleaned(self) -> AdContent:
        """Tidied and valid in the current schema. Raises ``BadContent`` naming the field."""
        placed = rules.rules_of(self.placement)
        _check_picture(self.picture, placed)
        _check_times(self.starts_at, self.ends_at, self.trial_starts_at)
        _check_numbers(self)
        _check_slot(self, placed)
        kind, target = links.clean_link(self.link_kind, self.link_target, rules.link_hosts())
        return replace(
            self,
            title=clean_line(self.title, "title", MAX_TITLE_CHARACTERS),
            alt_text=clean_line(self.alt_text, "alt_text", MAX_ALT_CHARACTERS),
            link_kind=kind,
            link_target=target,
            windows=windows.clean_windows(self.windows),
            audience=clean_audience(self.audience),
        )

    def fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)


def clean_line(raw: str, name: str, most: int) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in raw or "").split())
    missing = {
        "title": _("Please give the ad a title; only operators see it."),
        "alt_text": _("Describe the picture in a few words: screen readers say them aloud."),
    }
    if not text:
        raise BadContent(missing[name], field=name)
    if len(text) > most:
        raise BadContent(
            _("This is too long: at most %(limit)s characters.") % {"limit": most}, field=name
        )
    return text


def clean_audience(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        return clean_rule(raw, province=is_platform(current_schema()))
    except BadAudience as error:
        raise BadContent(error.message, field="audience", code=error.code_text) from error


def _check_picture(picture: Picture | None, placed: rules.PlacementRules) -> None:
    if picture is None:
        raise BadContent(_("An ad needs a picture. Please upload one."), field="picture")
    if picture.placement != placed.code:
        raise BadContent(
            _("This picture was cropped for “%(other)s”. Upload it again for “%(placement)s”.")
            % {"other": picture.get_placement_display(), "placement": placed.label},
            field="picture",
        )
    if not {"1x", "thumbnail"} <= set(picture.variants):
        raise BadContent(
            _("The picture has not been cropped yet. Choose the part that customers see."),
            field="picture",
        )


def _check_times(
    starts_at: datetime, ends_at: datetime | None, trial_starts_at: datetime | None
) -> None:
    if any(each is not None and is_naive(each) for each in (starts_at, ends_at, trial_starts_at)):
        raise ValueError("times carry their zone")
    if ends_at is not None and ends_at <= starts_at:
        raise BadContent(
            _("The period ends before it starts. Please correct one of the two times."),
            field="ends_at",
            code="period_order",
        )
    if trial_starts_at is not None and trial_starts_at >= starts_at:
        raise BadContent(
            _("The trial starts before the others see the ad: choose an earlier time, or none."),
            field="trial_starts_at",
            code="trial_order",
        )


def _check_numbers(content: AdContent) -> None:
    if content.priority not in PRIORITIES:
        raise BadContent(_("The priority is a number from -100 to 100."), field="priority")
    if not 1 <= content.weight <= MAX_WEIGHT:
        raise BadContent(
            _("The weight is a number from 1 to %(most)s. To stop showing an ad, take it down.")
            % {"most": MAX_WEIGHT},
            field="weight",
        )
    for name in ("daily_cap", "lifetime_cap"):
        cap = getattr(content, name)
        if cap is not None and not 1 <= cap <= MAX_CAP:
            raise BadContent(
                _("A limit of shows is a number from 1 to %(most)s; empty = no limit.")
                % {"most": MAX_CAP},
                field=name,
            )


def _check_slot(content: AdContent, placed: rules.PlacementRules) -> None:
    if content.slot is not None and content.is_house:
        raise BadContent(
            _("A house ad fills what others leave, so it keeps no fixed slot. Choose one of both."),
            field="slot",
            code="house_slot",
        )
    rules.check_slot(placed, content.slot)


def content_of(draft: Ad) -> AdContent:
    return AdContent(**{name: getattr(draft, name) for name in AdContent.__slots__})


def summary_of(draft: Ad) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    kept = {
        name: value
        for name, value in content_of(draft).fields()
        if name not in ("picture", "branch")
    }
    return {
        **kept,
        "picture": draft.picture.digest if draft.picture is not None else "",
        "branch": draft.branch.code if draft.branch is not None else "",
        "version": draft.version,
    }
