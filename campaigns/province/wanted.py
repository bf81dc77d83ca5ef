"""Rewards that a province campaign asks of its banks, and whether a bank's own are like them.

Templates are the banks': the province says what a coupon has to be worth, not which one it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.errors import DomainError
from campaigns.choices import EffectKind
from campaigns.province.errors import BadProvinceCampaign
from campaigns.rules.checking import MOST_EFFECTS
from coupons.choices import Bearer, CouponKind
from coupons.models import CouponTemplate, TemplateTerms
from coupons.terms.amounts import percent, yuan
from coupons.terms.values import MOST_FACE
from customers.tags import clean_tag

Json = Mapping[str, Any]
KINDS = (EffectKind.GRANT_COUPON, EffectKind.TAG_CUSTOMER)
MONEY = ("threshold_cents", "face_cents", "most_cents")


# --- what the province says -----------------------------------------------------------------------
def clean_wanted(raw: Sequence[Json]) -> list[dict[str, Any]]:
    """Raises ``BadProvinceCampaign``."""
    if not raw:
        raise _bad(_("Choose at least one reward."))
    if len(raw) > MOST_EFFECTS:
        raise _bad(_("At most %(most)s rewards.") % {"most": MOST_EFFECTS})
    return [_wanted(each) for each in raw]


def _wanted(raw: Json) -> dict[str, Any]:
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if kind == EffectKind.GRANT_COUPON:
        return {"kind": kind, "coupon": _coupon(raw.get("coupon") or {})}
    if kind == EffectKind.TAG_CUSTOMER:
        try:
            return {"kind": kind, "tag": clean_tag(str(raw.get("tag") or ""))}
        except DomainError as error:
            raise _bad(str(error.message)) from error
    raise _bad(_("“%(kind)s” is no reward.") % {"kind": str(kind)[:40]})


def _coupon(raw: Json) -> dict[str, Any]:
    # Empty = of any kind.
    kind = str(raw.get("kind") or "")
    if kind and kind not in CouponKind.values:
        raise _bad(_("Say which kind of coupon is given."))
    threshold, face, most = (_cents(raw.get(name)) for name in MONEY)
    if not face:
        raise _bad(_("Say what a coupon is worth at least."))
    if most and most < face:
        raise _bad(
            _("A coupon cannot be worth at least %(least)s and at most %(most)s.")
            % {"least": yuan(face), "most": yuan(most)}
        )
    if 0 < threshold < face:
        raise _bad(
            _("From %(threshold)s on, %(face)s would be taken off: more than is paid.")
            % {"threshold": yuan(threshold), "face": yuan(face)}
        )
    return {
        "kind": kind, "threshold_cents": threshold, "face_cents": face, "most_cents": most or None,
    }  # fmt: skip


def _cents(raw: Any) -> int:
    cents = raw or 0
    if not isinstance(cents, int) or isinstance(cents, bool) or not 0 <= cents <= MOST_FACE:
        raise _bad(_("The face value lies between 0.01 and %(most)s.") % {"most": yuan(MOST_FACE)})
    return cents


def describe_wanted(wanted: Json) -> str:
    if wanted["kind"] == EffectKind.TAG_CUSTOMER:
        return _("Tags the customer “%(tag)s”") % {"tag": wanted["tag"]}
    coupon = wanted["coupon"]
    words = [_("worth at least %(face)s") % {"face": yuan(coupon["face_cents"])}]
    if coupon["most_cents"]:
        words.append(_("at most %(most)s") % {"most": yuan(coupon["most_cents"])})
    if coupon["threshold_cents"]:
        amount = yuan(coupon["threshold_cents"])
        words.append(_("usable from %(amount)s on, or less") % {"amount": amount})
    if not coupon["kind"]:
        return _("A coupon of the bank's own, %(words)s") % {"words": _(", ").join(words)}
    return _("A coupon of the bank's own of the kind “%(kind)s”, %(words)s") % {
        "kind": CouponKind(coupon["kind"]).label, "words": _(", ").join(words),
    }  # fmt: skip


# --- what a bank gives ----------------------------------------------------------------------------
def misfit(
    wanted: Sequence[Json], effects: Sequence[Json], *, exact: bool, bearers: Json | None
) -> str:
    """Why these rewards of the current bank are not what is asked for; empty = they are.

    ``exact``: worth just that, not better for the customer. ``bearers``: whose shares of the cost
    no coupon may exceed; None = not said.
    """
    if len(effects) != len(wanted):
        return _("The province asks for %(number)s rewards: %(rewards)s.") % {
            "number": len(wanted), "rewards": "; ".join(map(describe_wanted, wanted)),
        }  # fmt: skip
    for asked, given in zip(wanted, effects, strict=True):
        if sentence := _misfit_of(asked, given, exact, bearers):
            return sentence
    return ""


def _misfit_of(asked: Json, given: Json, exact: bool, bearers: Json | None) -> str:
    if asked["kind"] == EffectKind.TAG_CUSTOMER:
        if given["kind"] == asked["kind"] and given["tag"] == asked["tag"]:
            return ""
        return _("The province asks for: %(reward)s.") % {"reward": describe_wanted(asked)}
    pks = _templates(given)
    if not pks:
        return _("The province asks for: %(reward)s.") % {"reward": describe_wanted(asked)}
    sentences = (coupon_misfit(asked["coupon"], pk, exact, bearers) for pk in pks)
    return next((each for each in sentences if each), "")


def dearer(effects: Sequence[Json], bearers: Json | None) -> str:
    """Why the province would bear too much, whatever else it leaves to the bank; empty = no."""
    pks = [pk for effect in effects for pk in _templates(effect)] if bearers is not None else []
    sentences = (share_misfit(pk, bearers) for pk in pks)
    return next((each for each in sentences if each), "")


def share_misfit(template_id: int, bearers: Json | None) -> str:
    found = CouponTemplate.objects.filter(pk=template_id).select_related("account").first()
    if found is None:
        return _("One of the coupon templates is not there any more. Choose another one.")
    return _shares(bearers, terms_of(found)["bearers"], f"{found.title} ({found.code})")


def _templates(effect: Json) -> list[int]:
    if effect["kind"] == EffectKind.GRANT_COUPON:
        return [effect["template"]]
    if effect["kind"] == EffectKind.GRANT_FROM_POOL:
        return [each["template"] for each in effect["templates"]]
    return []


def coupon_misfit(asked: Json, template_id: int, exact: bool, bearers: Json | None) -> str:
    found = CouponTemplate.objects.filter(pk=template_id).select_related("account").first()
    if found is None:
        return _("One of the coupon templates is not there any more. Choose another one.")
    terms = terms_of(found)
    name = f"{found.title} ({found.code})"
    if asked["kind"] and terms["kind"] != asked["kind"]:
        return _("%(name)s is no coupon of the kind “%(kind)s”, which the province asks for.") % {
            "name": name, "kind": CouponKind(asked["kind"]).label,
        }  # fmt: skip
    return _worth(asked, terms, name, exact) or _shares(bearers, terms["bearers"], name)


def terms_of(template: CouponTemplate) -> dict[str, Any]:
    """Those that hold, or of the draft while nothing is published."""
    account = getattr(template, "account", None)
    if account is None or account.live_version is None:
        return template.render_payload()
    live = TemplateTerms.objects.get(template=template, version=account.live_version)
    return dict(live.terms)


def _worth(asked: Json, terms: Json, name: str, exact: bool) -> str:
    least, most = asked["face_cents"], asked["most_cents"]
    lowest, highest = terms["face_min_cents"], terms["face_max_cents"]
    words = {"name": name, "face": yuan(lowest), "asked": yuan(least)}
    if exact and (lowest, highest) != (least, least):
        sentence = _("A coupon of %(name)s is worth %(face)s; the province asks for %(asked)s.")
        return sentence % words
    if lowest < least:
        sentence = _(
            "A coupon of %(name)s is worth %(face)s; the province asks for at least %(asked)s."
        )
        return sentence % words
    if most and highest > most:
        sentence = _(
            "A coupon of %(name)s may be worth %(face)s; the province allows at most %(asked)s."
        )
        return sentence % {"name": name, "face": yuan(highest), "asked": yuan(most)}
    return _from(asked, terms, name, exact)


def _from(asked: Json, terms: Json, name: str, exact: bool) -> str:
    threshold, wanted = terms["threshold_cents"], asked["threshold_cents"]
    if threshold == wanted or (not exact and threshold < wanted):
        return ""
    sentence = _(
        "Coupons of %(name)s are usable from %(given)s on; the province asks for %(asked)s."
    )
    return sentence % {"name": name, "given": yuan(threshold), "asked": yuan(wanted)}


def _shares(bearers: Json | None, given: Json, name: str) -> str:
    if bearers is None:
        return ""
    most, share = bearers.get(Bearer.PROVINCE, 0), given.get(Bearer.PROVINCE, 0)
    if share <= most:
        return ""
    return _("Of %(name)s the province would bear %(given)s; in this campaign it bears %(most)s at"
             " most.") % {"name": name, "given": percent(share), "most": percent(most)}  # fmt: skip


def fitting_templates(
    asked: Json, templates: QuerySet[CouponTemplate], exact: bool, bearers: Json | None
) -> list[tuple[CouponTemplate, str]]:
    """Each with what speaks against it; empty = it fits."""
    return [(each, coupon_misfit(asked, each.pk, exact, bearers)) for each in templates]


def _bad(sentence: str) -> BadProvinceCampaign:
    return BadProvinceCampaign(sentence, field="effects")
