"""Province campaigns for tests, published on the platform by a maker and a checker."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from campaigns.models import Campaign
from campaigns.province import drafts, joining, rolling, telling, waves
from campaigns.province.content import ProvinceContent
from campaigns.province.models import ProvinceCampaign, Wave
from coupons.models import CouponTemplate
from operators.models import Operator
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, publish
from tests.campaigns.making import a_template, forget
from tests.coupons.making import people

_numbers = itertools.count(1)
ONCE_A_MONTH = [{"measure": "count", "period": "month", "per": "customer", "limit": 1}]
FIVE_OFF_FIFTY = {"kind": "spend_and_save", "threshold_cents": 5000, "face_cents": 500}
BEARERS = {"province": 3000, "bank": 7000, "merchant": 0, "merchant_name": ""}


def designers() -> tuple[Operator, Operator]:
    """An operator of the platform who designs, and one who checks."""
    with tenant_context(PLATFORM):
        found = {each.username: each for each in Operator.objects.filter(
            username__in=["designer", "reviewer"])}  # fmt: skip
        if len(found) == 2:
            return found["designer"], found["reviewer"]
        return make_operator("designer", "operator"), make_operator(
            "reviewer", "compliance_reviewer"
        )


def rules(**changed: Any) -> dict[str, dict[str, Any]]:
    """A top-up offer; ``changed``: whole rules, or the lock alone."""
    given: dict[str, dict[str, Any]] = {
        "title": {"lock": "locked"},
        "period": {"lock": "default"},
        "kind": {"lock": "locked", "value": "spend_and_save"},
        "summary": {"lock": "default", "value": "Top up 50, pay 45."},
        "button": {"lock": "locked", "value": "Take it"},
        "rules_text": {"lock": "locked", "value": "Once a month for every customer."},
        "events": {"lock": "locked", "value": ["joined"]},
        "conditions": {"lock": "free", "value": []},
        "effects": {
            "lock": "must_fill", "value": [{"kind": "grant_coupon", "coupon": FIVE_OFF_FIFTY}],
        },
        "limits": {"lock": "locked", "value": ONCE_A_MONTH},
        "budget_cents": {"lock": "must_fill"},
        "bearers": {"lock": "locked", "value": BEARERS},
        "audience": {"lock": "default", "value": {}},
    }  # fmt: skip
    for name, rule in changed.items():
        given[name] = {**given[name], "lock": rule} if isinstance(rule, str) else rule
    return given


def content(**changed: Any) -> ProvinceContent:
    now = timezone.now().replace(microsecond=0)
    starts = changed.pop("starts_at", now - timedelta(days=1))
    return ProvinceContent(
        title=f"Top-up {next(_numbers)}", starts_at=starts,
        ends_at=changed.pop("ends_at", now + timedelta(days=30)), rules=rules(**changed),
    )  # fmt: skip


def a_province_campaign(**changed: Any) -> ProvinceCampaign:
    """Published."""
    with tenant_context(PLATFORM):
        draft = drafts.create_province_campaign(actor=designers()[0], content=content(**changed))
        publish(*designers(), draft)
        return ProvinceCampaign.objects.get(pk=draft.pk)


def a_newer_version(campaign: ProvinceCampaign, **changed: Any) -> ProvinceCampaign:
    with tenant_context(PLATFORM):
        draft = ProvinceCampaign.objects.get(pk=campaign.pk)
        drafts.edit_province_campaign(
            actor=designers()[0], draft_id=draft.pk, version=draft.version,
            content=ProvinceContent(
                draft.title, draft.starts_at, changed.pop("ends_at", draft.ends_at),
                {**draft.rules, **rules(**changed)} if changed else draft.rules,
            ),
        )  # fmt: skip
        publish(*designers(), draft)
        return ProvinceCampaign.objects.get(pk=campaign.pk)


def an_open_wave(campaign: ProvinceCampaign, *banks: Any) -> Wave:
    with tenant_context(PLATFORM):
        actor = designers()[0]
        wave = waves.plan_wave(
            actor=actor, campaign_id=campaign.pk, name="", bank_slugs=[each.slug for each in banks]
        )
        return waves.open_wave(actor=actor, wave_id=wave.pk)


def a_coupon(**fields: Any) -> CouponTemplate:
    return a_template(**{"coupons": 20, "rules": "Once a month.", **fields})


def joined(
    campaign: ProvinceCampaign, template: CouponTemplate | None = None, **filled: Any
) -> Campaign:
    """By the current bank; a draft."""
    template = template or a_coupon()
    values = {
        "effects": [{"kind": "grant_coupon", "template": template.pk}], "budget_cents": 100_000,
    } | filled  # fmt: skip
    return joining.join_province_campaign(actor=people()[0], uid=campaign.uid, filled=values)


def running(campaign: ProvinceCampaign, **filled: Any) -> Campaign:
    draft = joined(campaign, **filled)
    publish(*people(), draft)
    forget()
    return draft


def told(*banks: Any, wave: Wave | None = None) -> None:
    for bank in banks:
        with tenant_context(bank):
            telling.tell_bank(wave.pk if wave is not None else None, timezone.now())


def rolled(*banks: Any) -> None:
    for bank in banks:
        with tenant_context(bank):
            rolling.roll_up_bank(timezone.now())
