"""Trying out a campaign, published or still a draft, without storing or counting anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaigns.models import Campaign, CampaignTerms
from campaigns.rules.occasions import STRANGER
from campaigns.rules.reading import Rule, compile_rule
from campaigns.services import Trial, Tried, dry_run
from campaigns.taking.people import read_people
from campaigns.taking.trying import document_of
from publishing import envelopes, registry

if TYPE_CHECKING:
    from datetime import datetime

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Tested:
    trial: Trial
    # Whether the bank knows the customer: a stranger has no branch, groups, tags or opening day.
    is_known: bool
    # None = the draft.
    version: int | None


def try_out(*, campaign: Campaign, tried: Tried, of_draft: bool, at: datetime) -> Tested:
    """``of_draft``: as it was last saved; else what was published when it happened, or the draft
    if nothing is."""
    account = getattr(campaign, "account", None)
    live = None if of_draft or account is None else account.live_version
    rule = _rule_of_draft(campaign, at) if live is None else _rule_of(campaign, live, tried)
    subject = read_people([tried.customer_number]).of(tried.customer_number)
    version = None if live is None else rule.version
    return Tested(dry_run(rule, tried, subject, at), subject is not STRANGER, version)


def _rule_of(campaign: Campaign, live: int, tried: Tried) -> Rule:
    """The version by which the event is judged when it comes."""
    published = CampaignTerms.objects.filter(campaign=campaign, version__lte=live)
    held = published.filter(published_at__lte=tried.occurred_at).order_by("-version").first()
    terms = held or published.earliest("version")
    return compile_rule(terms.terms, campaign.uid, campaign.pk, terms.version, terms.published_at)


def _rule_of_draft(campaign: Campaign, at: datetime) -> Rule:
    envelope = envelopes.of_draft(campaign, registry.of_draft(campaign))
    document = document_of(envelope["payload"], envelope)
    return compile_rule(document, campaign.uid, campaign.pk, 0, at)
