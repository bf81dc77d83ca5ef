"""The demo's ads: which pictures a bank shows where, to whom, and in which stage they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from announcements.ads.content import AdContent
from announcements.ads.pictures.services import take_in_bytes
from announcements.ads.services import create_ad
from announcements.catalogue.models import Placement
from announcements.catalogue.services import save_placement
from announcements.choices import PlacementCode
from demo import approving
from demo.artwork.scenes import SCENES, SIZES
from demo.notices import LARGE_BANKS, RICH_BANKS
from demo.province import DATA
from publishing.choices import Stage

if TYPE_CHECKING:
    from announcements.ads.models import Ad
    from demo.approving import Pen
    from demo.province import BankRow
    from operators.models import Operator

DAY = timedelta(days=1)
PICTURES = DATA / "pictures"
WORDS = {scene.name: scene for scene in SCENES}
# Slots, those of the province, shows per customer a day.
ROOM: dict[str, tuple[int, list[int], int | None]] = {
    PlacementCode.SPLASH: (1, [], 6),
    PlacementCode.HOME_BANNER: (5, [2], None),
    PlacementCode.POPUP: (1, [], 2),
    PlacementCode.FLOATING: (1, [], None),
    PlacementCode.ZONE_BANNER: (2, [], None),
}


CLOSED_BY_TOUCH = (PlacementCode.SPLASH, PlacementCode.POPUP, PlacementCode.FLOATING)


def _of_groups(*groups: str) -> dict[str, Any]:
    return {"all": [{"field": "groups", "op": "any", "values": list(groups)}]}


@dataclass(frozen=True, slots=True)
class Advert:
    """``picture`` is a file of data/pictures; its words and placement are the scene's."""

    picture: str
    # Code of a function that a touch opens; empty = none.
    function: str = ""
    priority: int = 0
    for_seniors: bool = False
    audience: dict[str, Any] | None = None
    stage: Stage = Stage.LIVE
    starts: timedelta = -3 * DAY
    ends: timedelta | None = 60 * DAY
    more: dict[str, Any] | None = None


BANNERS = (
    Advert("large_cd", "large_cd", 3),
    Advert("smart_deposit", "smart_deposit", 2),
    Advert("spring_loan", "loan_apply", 2),
    Advert("topup", "topup", 4),
    Advert("campus", "campus", 1),
    Advert("card", "card_instalment", 2, audience=_of_groups("card", "payroll")),
    Advert("social", "social_pay", 1, for_seniors=True),
    Advert("rewards", "topup", 3),
)
SPLASHES = {
    "huxiang": "welcome_lake", "rural": "welcome_field", "ink": "welcome_lake",
    "azure": "welcome_blue", "fuxiang": "festival", "wuxia": "welcome_field", "dragon": "festival",
}  # fmt: skip
POPUPS = (
    Advert("pop_coupon", "topup", more={"daily_cap": 1, "lifetime_cap": 5}),
    Advert("pop_deposit", "smart_deposit", audience=_of_groups("payroll", "wealth")),
    Advert("pop_survey", "help", more={"lifetime_cap": 1}),
)
FLOATS = (Advert("float_gift", "topup"), Advert("float_help", "help"))
ZONES = (
    Advert("zone_cd", "large_cd"),
    Advert("zone_campus", "campus"),
    Advert("zone_smart", "smart_deposit"),
)
# Every bank shows these where it leaves room: one has a slot of its own, the other is the house ad.
PROVINCE = (
    Advert("fraud", "help", 5, for_seniors=True, more={"slot": 2}),
    Advert("welcome_lake", more={"is_house": True}),
)


def of_bank(row: BankRow) -> Iterator[Advert]:
    """By turns, so that neighbours in the list look different."""
    turn = row.number - 1
    yield Advert(SPLASHES[row.skin])
    wanted = 4 if row.number <= LARGE_BANKS else 2
    for step in range(wanted if row.number <= RICH_BANKS else 1):
        yield BANNERS[(turn * 3 + step) % len(BANNERS)]
    if row.number > RICH_BANKS:
        return
    yield ZONES[turn % len(ZONES)]
    if row.number <= LARGE_BANKS or turn % 3 == 0:
        yield POPUPS[turn % len(POPUPS)]
        yield FLOATS[turn % len(FLOATS)]
    if row.number <= LARGE_BANKS:
        yield from _on_the_way(turn)


def _on_the_way(turn: int) -> Iterator[Advert]:
    waiting, coming, draft = (BANNERS[(turn * 3 + step) % len(BANNERS)] for step in (5, 6, 7))
    yield Advert(waiting.picture, waiting.function, stage=Stage.IN_REVIEW, starts=DAY)
    yield Advert(
        coming.picture, coming.function, stage=Stage.SCHEDULED, starts=5 * DAY,
        for_seniors=coming.for_seniors, more={"trial_starts_at": -DAY},
    )  # fmt: skip
    yield Advert(draft.picture, draft.function, stage=Stage.DRAFT, starts=2 * DAY)


def load_placements(actor: Operator) -> None:
    known = set(Placement.objects.values_list("code", flat=True))
    for position, (code, (slots, of_province, cap)) in enumerate(ROOM.items(), start=1):
        if code not in known:
            width, height = SIZES[code]
            placement = Placement(
                code=code, width=width, height=height, slots=slots, province_slots=of_province,
                daily_cap=cap, position=position,
                must_close=code in CLOSED_BY_TOUCH,
            )  # fmt: skip
            save_placement(actor=actor, placement=placement)


def publish(advert: Advert, pen: Pen) -> Ad:
    """Takes the ad as far as its stage, by the same verbs as the consoles."""
    draft = create_ad(actor=pen.maker, content=_content(advert, pen))
    approving.take_to(advert.stage, draft, pen)
    return draft


def _content(advert: Advert, pen: Pen) -> AdContent:
    scene = WORDS[advert.picture]
    picture = take_in_bytes(
        actor=pen.maker,
        placement=scene.placement,
        data=(PICTURES / f"{advert.picture}.webp").read_bytes(),
    )
    more = dict(advert.more or {})
    if "trial_starts_at" in more:
        more["trial_starts_at"] = pen.at + more["trial_starts_at"]
    return AdContent(
        title=f"{scene.headline}",
        placement=scene.placement,
        picture=picture,
        alt_text="，".join(part for part in (scene.headline, scene.words) if part),
        starts_at=pen.at + advert.starts,
        ends_at=_moment(pen.at, advert.ends),
        link_kind="function" if advert.function else "none",
        link_target=advert.function,
        audience=advert.audience or {},
        priority=advert.priority,
        for_seniors=advert.for_seniors,
        **more,
    )


def _moment(at: datetime, after: timedelta | None) -> datetime | None:
    return at + after if after is not None else None
