"""What may have changed since a draft was stored, and what its books do not allow any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.choices import CampaignKind, EffectKind, RunState
from campaigns.designing.content import CampaignContent, content_of_envelope
from campaigns.designing.locks import check_locks, refuse_pulled
from campaigns.errors import BadCampaign
from campaigns.models import Campaign, CampaignAccount
from coupons.models import CouponTemplate, TemplateAccount
from coupons.terms.amounts import yuan
from coupons.terms.reading import Terms, terms_of

if TYPE_CHECKING:
    from publishing.envelopes import Envelope


def check_envelope(target_id: str, envelope: Envelope, at: datetime) -> None:
    """At submission and at approval. Locks the account: what is committed cannot grow meanwhile."""
    content = content_of_envelope(envelope).cleaned()
    account = _locked_account(target_id)
    if account is not None:
        _refuse_ended(account)
        _refuse_below_committed(account, content)
    refuse_pulled(target_id)
    check_locks(content, _province_payload(target_id))
    check_templates(content, envelope["branch_path"], at)


def _locked_account(target_id: str) -> CampaignAccount | None:
    accounts = CampaignAccount.objects.select_for_update(no_key=True, of=("self",))
    return accounts.filter(uid=target_id).first()


def _refuse_ended(account: CampaignAccount) -> None:
    if account.run_state == RunState.ENDED:
        raise BadCampaign(
            _("This campaign was ended for good. Make a copy of it to run it once more.")
        )


def _refuse_below_committed(account: CampaignAccount, content: CampaignContent) -> None:
    if content.budget_cents < account.committed_cents:
        raise BadCampaign(
            _("Rewards of %(committed)s are committed already; the budget cannot be less.")
            % {"committed": yuan(account.committed_cents)},
            field="budget_cents",
        )


def _province_payload(target_id: str) -> dict:
    found = Campaign.objects.filter(uid=target_id).values_list("province_payload", flat=True)
    return found.first() or {}


# --- the coupons that it gives --------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Given:
    """A template that can be given now."""

    name: str
    account: TemplateAccount
    terms: Terms


def check_templates(content: CampaignContent, branch_path: str, at: datetime) -> None:
    """Live, as long as the campaign and for its customers, and affordable."""
    given = {pk: _live(pk) for pk in templates_of(content)}
    for each in given.values():
        _refuse_other_period(each, content, at)
        _refuse_other_branch(each, branch_path)
    _refuse_unaffordable(content, given)
    saves = any(each.terms.reduces_payment for each in given.values())
    if content.kind == CampaignKind.SPEND_AND_SAVE and not saves:
        raise BadCampaign(
            _("None of the coupons makes a payment cheaper. For “%(kind)s” choose a template of"
              " the kind spend and save or discount.")
            % {"kind": CampaignKind.SPEND_AND_SAVE.label},
            field="effects",
        )  # fmt: skip


def templates_of(content: CampaignContent) -> list[int]:
    """Each once, in the order of the rewards."""
    found = [pk for effect in content.effects for pk in _in_effect(effect)]
    return list(dict.fromkeys(found))


def _in_effect(effect: dict) -> Iterable[int]:
    if effect["kind"] == EffectKind.GRANT_COUPON:
        return (effect["template"],)
    if effect["kind"] == EffectKind.GRANT_FROM_POOL:
        return (each["template"] for each in effect["templates"])
    return ()


def _live(pk: int) -> _Given:
    template = CouponTemplate.objects.filter(pk=pk).first()
    if template is None:
        raise _bad(_("One of the coupon templates is not there any more. Choose another one."))
    name = f"{template.title} ({template.code})"
    account = TemplateAccount.objects.filter(template=pk).first()
    if account is None or account.live_version is None:
        raise _bad(
            _("The coupon template %(name)s is not published. Publish it first, or choose another"
              " one.") % {"name": name}
        )  # fmt: skip
    return _Given(name, account, terms_of(connection.schema_name, pk, account.live_version))


def _refuse_other_period(given: _Given, content: CampaignContent, at: datetime) -> None:
    starts, ends = given.account.starts_at, given.account.ends_at
    if starts is not None and starts > max(content.starts_at, at):
        raise _bad(
            _("Coupons of %(name)s can be given from %(when)s on, later than the campaign begins.")
            % {"name": given.name, "when": _shown(starts)}
        )
    if ends is not None and (content.ends_at is None or ends < content.ends_at):
        raise _bad(
            _("Coupons of %(name)s can be given until %(when)s; the campaign runs longer.")
            % {"name": given.name, "when": _shown(ends)}
        )
    until = given.terms.valid_until
    if until is not None and (content.ends_at is None or until < content.ends_at):
        raise _bad(
            _("Coupons of %(name)s are valid until %(when)s: given at the end of the campaign they"
              " could not be used any more.") % {"name": given.name, "when": _shown(until)}
        )  # fmt: skip


def _refuse_other_branch(given: _Given, branch_path: str) -> None:
    if not branch_path.startswith(given.account.branch_path):
        raise _bad(
            _("Coupons of %(name)s are for one branch only, the campaign is for more customers.")
            % {"name": given.name}
        )


def _refuse_unaffordable(content: CampaignContent, given: dict[int, _Given]) -> None:
    """Not even one participation could be rewarded."""
    cost = cost_of_one(content, {pk: each.terms.face_max_cents for pk, each in given.items()})
    if cost > content.budget_cents:
        raise BadCampaign(
            _("One participation may cost %(cost)s; the budget of %(budget)s is not enough for"
              " one.") % {"cost": yuan(cost), "budget": yuan(content.budget_cents)},
            field="budget_cents",
        )  # fmt: skip


def cost_of_one(content: CampaignContent, faces: dict[int, int]) -> int:
    """What one participation costs at most; ``faces``: the greatest face value by template."""
    return sum(
        max((faces.get(pk, 0) for pk in _in_effect(effect)), default=0)
        for effect in content.effects
    )


def _shown(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _bad(sentence: str) -> BadCampaign:
    return BadCampaign(sentence, field="effects")
