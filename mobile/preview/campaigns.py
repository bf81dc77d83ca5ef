"""Campaigns on the phone: the list, a campaign's page, and what joining would give. The preview
joins nothing: it says what would happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.choices import ConditionKind, EventKind, Refusal
from campaigns.models import Campaign, CampaignAccount, CampaignTerms
from campaigns.rules.occasions import Subject
from campaigns.rules.reading import Rule, compile_rule
from campaigns.rules.wording import describe_condition, describe_event
from campaigns.services import Tried, dry_run
from coupons.terms.cards import held_card, offered_card
from coupons.wallet.choices import WalletState
from mobile.feed.campaigns import campaign_of, live_campaigns
from mobile.preview.screens import base_context
from mobile.switches import PAUSED, RUNNING, USED_UP
from mobile.taking_part import NOBODYS, NOTHING, account_of, left_of, limits_in_words, mine_of
from mobile.taking_part import templates_of as coupons_given

if TYPE_CHECKING:
    from coupons.terms.cards import Card
    from coupons.wallet.holdings import Held
    from mobile.feed.items import Item
    from mobile.preview.scenes import Scene
    from mobile.taking_part import Mine

Has = Callable[[str], bool]
# Of the customer's own coupons from the campaign.
MOST_COUPONS = 5
# What customers can do something about; whom else it is meant for is the bank's affair.
TOLD = (
    ConditionKind.AMOUNT, ConditionKind.SCENE, ConditionKind.WEEKDAYS, ConditionKind.HOURS,
    ConditionKind.NEW_CUSTOMER,
)  # fmt: skip


def list_context(scene: Scene) -> dict[str, Any]:
    found = live_campaigns(scene.feed, scene.person, scene.at)
    return {**base_context(scene), "campaigns": [_row(scene, item) for item in found]}


def _row(scene: Scene, item: Item) -> dict[str, Any]:
    return {
        **item.summary,
        "link": scene.choices.to("campaign", item.id),
        "is_marked": item.id == scene.marked,
    }


def opened_campaign(scene: Scene) -> Item | None:
    _page, uid = scene.page
    return campaign_of(scene.feed, scene.person, scene.at, uid)


# --- its page -------------------------------------------------------------------------------------
def page_context(scene: Scene, item: Item, has_perm: Has) -> dict[str, Any]:
    payload, account = item.payload, account_of(item.id)
    can_join = EventKind.JOINED in payload["events"]
    mine = _mine(scene, account, has_perm)
    return {
        **base_context(scene),
        "back_link": scene.choices.to("campaigns"),
        "item": item,
        "payload": payload,
        "can_join": can_join,
        "button": payload["button"] or pgettext("campaign button", "Take part"),
        "join_link": scene.choices.to("joined", item.id),
        "closed": _why_closed(item.state, account),
        "period": _period(item),
        "cards": [offered_card(terms) for terms in coupons_given(payload)],
        "steps": _steps(payload),
        "limits": limits_in_words(payload),
        "mine": [_held(each) for each in list(mine.coupons.values())[:MOST_COUPONS]],
        "is_marked": item.id == scene.marked,
    }


def _mine(scene: Scene, account: CampaignAccount | None, has_perm: Has) -> Mine:
    customer = scene.choices.customer
    if account is None or customer is None or not has_perm("coupons.view_coupon"):
        return NOBODYS
    return mine_of(account.campaign_id, customer.number, scene.at)


def _why_closed(state: str, account: CampaignAccount | None) -> str:
    """What stands instead of the button; empty = customers can take part."""
    if state == PAUSED:
        return _("The campaign is paused; please come again later.")
    is_used_up = account is not None and left_of(account) == NOTHING
    if state == USED_UP or (state == RUNNING and is_used_up):
        return _("All has been given out.")
    return "" if state == RUNNING else _("The campaign is over.")


def _held(each: Held) -> Card:
    row, is_usable = each.row, each.state == WalletState.USABLE
    label = "" if is_usable else str(WalletState(each.state).label)
    return held_card(row.terms, row.face_cents, row.valid_until, label=label, is_open=is_usable)


def _steps(payload: Mapping[str, Any]) -> list[str]:
    """How to take part, where that is not by the button."""
    events = [kind for kind in payload["events"] if kind != EventKind.JOINED]
    lines = [_(", ").join(describe_event(kind) for kind in events)] if events else []
    told = [each for each in payload["conditions"] if each["kind"] in TOLD]
    return lines + [describe_condition(each) for each in told]


def _period(item: Item) -> str:
    ends = item.summary["ends_at"]
    until = datetime.fromisoformat(ends) if ends else None
    if until is None:
        return ""
    return timezone.localtime(until).strftime("%Y-%m-%d %H:%M")


# --- what joining would give ----------------------------------------------------------------------
def joined_context(scene: Scene, item: Item, has_perm: Has) -> dict[str, Any]:
    trial = dry_run(_rule(scene, item), _tried(scene), _subject(scene))
    refusal = "" if trial.would_reward else _sentence(trial.refusal)
    return {
        **base_context(scene),
        "back_link": scene.choices.to("campaign", item.id),
        "item": item,
        "refusal": refusal,
        "cards": [] if refusal else [offered_card(terms) for terms in coupons_given(item.payload)],
    }


def _sentence(refusal: str) -> str:
    """As the channel API says it."""
    known = Refusal(refusal).label if refusal in Refusal.values else Refusal.NOT_JOINABLE.label
    return _("You cannot take part now: %(reason)s.") % {"reason": known}


def _tried(scene: Scene) -> Tried:
    customer = scene.choices.customer
    number = customer.number if customer is not None else ""
    return Tried(EventKind.JOINED, number, scene.at)


def _subject(scene: Scene) -> Subject:
    customer = scene.choices.customer
    opened_on = customer.opened_on if customer is not None else None
    return Subject(scene.person.facts, opened_on)


def _rule(scene: Scene, item: Item) -> Rule:
    proposal = scene.proposal
    campaign_id = Campaign.objects.values_list("pk", flat=True).get(uid=item.id)
    if proposal is not None and proposal.uid == item.id and proposal.item is not None:
        names = ("title", "starts_at", "ends_at", "audience", "branch_path")
        terms = {**item.payload, **{name: proposal.item[name] for name in names}}
        terms["starts_at"] = terms["starts_at"] or scene.at.isoformat()
        return compile_rule(terms, UUID(item.id), campaign_id, item.version, scene.at)
    live = CampaignTerms.objects.get(campaign=campaign_id, version=item.version)
    return compile_rule(live.terms, UUID(item.id), campaign_id, live.version, live.published_at)


def nothing_here(scene: Scene) -> dict[str, Any]:
    return {
        **base_context(scene),
        "back_link": scene.choices.to("campaigns"),
        "heading": pgettext("kind of content", "Campaign"),
        "sentence": _("This campaign is not shown to this customer at this moment."),
    }
