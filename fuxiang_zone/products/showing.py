"""A product in words: for its checkers and for those who may only look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals.registry import Confirmation
from fuxiang_zone.catalogue.directory import TypeInfo, type_told
from fuxiang_zone.catalogue.schema import show_value
from fuxiang_zone.choices import ProductRisk
from fuxiang_zone.products.linking import describe_link
from fuxiang_zone.products.rates import Tier, term_words, tiers_of
from fuxiang_zone.products.wording import percent, yuan
from publishing.registry import Shown


def show_payload(payload: dict[str, Any]) -> list[Shown]:
    info = type_told(payload)
    return [
        Shown("type", _("product type"), type_words(info, payload)),
        Shown("summary", _("in one sentence"), payload["summary"] or "—"),
        *_shown_values(info, payload["values"]),
        *_shown_money(payload),
        *_shown_sale(payload),
        *([Shown("links", _("links"), "\n".join(map(describe_link, payload["links"])))]
          if payload["links"] else []),
        *_shown_disclosures(info, payload["disclosures"]),
        Shown("rules", _("rules for customers"), payload["rules"] or "—"),
    ]  # fmt: skip


def type_words(info: TypeInfo | None, payload: Mapping[str, Any]) -> str:
    if info is None:
        return str(payload["type"])
    return gettext("%(type)s, version %(version)s of its fields") % {
        "type": info.name, "version": payload["type_version"],
    }  # fmt: skip


def _shown_values(info: TypeInfo | None, values: Mapping[str, Any]) -> Iterator[Shown]:
    known = {field.key: field for field in info.fields} if info is not None else {}
    for key in [*known, *(each for each in values if each not in known)]:
        field, value = known.get(key), values.get(key)
        text = show_value(field, value) if field is not None else str(value)
        yield Shown(f"value_{key}", field.label if field is not None else key, text)


def _shown_money(payload: Mapping[str, Any]) -> Iterator[Shown]:
    if payload["rates"]:
        tiers = tiers_of(payload["rates"])
        yield Shown("rates", _("rate table"), "\n".join(map(tier_words, tiers)))
    if payload["risk_level"] is not None:
        yield Shown("risk", _("risk level"), str(ProductRisk(payload["risk_level"]).label))


def _shown_sale(payload: Mapping[str, Any]) -> Iterator[Shown]:
    window = window_words(payload["sale_starts_at"], payload["sale_ends_at"])
    if window:
        yield Shown("sale", _("sale window"), window)
    if payload["quota"] is None:
        return
    yield Shown("quota", _("quota"), quota_words(payload["quota"], payload["unit_cents"]))
    most = payload["most_per_customer"]
    shown = f"{most:,}" if most is not None else gettext("no limit")
    yield Shown("most", _("units per customer"), shown)
    yield Shown("hold", _("minutes that a reservation is held"), str(payload["hold_minutes"]))


def _shown_disclosures(info: TypeInfo | None, words: Mapping[str, str]) -> Iterator[Shown]:
    labels = {each.code: each.label for each in info.disclosures} if info is not None else {}
    for code in [*labels, *(each for each in words if each not in labels)]:
        yield Shown(f"disclosure_{code}", labels.get(code, code), words.get(code) or "—")


def tier_words(tier: Tier) -> str:
    """1 year, from 5,000.00 yuan: 2.15%"""
    words = {
        "term": term_words(tier.term, tier.unit), "amounts": amounts_words(tier),
        "rate": percent(tier.rate),
    }  # fmt: skip
    return gettext("%(term)s, %(amounts)s: %(rate)s") % words


def amounts_words(tier: Tier) -> str:
    least = yuan(tier.from_cents)
    if tier.to_cents is None:
        return gettext("from %(least)s yuan") % {"least": least} if tier.from_cents else gettext(
            "any amount"
        )  # fmt: skip
    return gettext("from %(least)s to below %(most)s yuan") % {
        "least": least, "most": yuan(tier.to_cents),
    }  # fmt: skip


def quota_words(quota: int, unit_cents: int) -> str:
    if not unit_cents:
        return gettext("%(quota)s units") % {"quota": f"{quota:,}"}
    return gettext("%(quota)s units of %(unit)s yuan, %(sum)s yuan in all") % {
        "quota": f"{quota:,}", "unit": yuan(unit_cents), "sum": yuan(quota * unit_cents),
    }  # fmt: skip


def window_words(starts: Any, ends: Any) -> str:
    first, last = _clock(starts), _clock(ends)
    if first and last:
        return f"{first} – {last}"
    if first:
        return gettext("from %(first)s") % {"first": first}
    return gettext("until %(last)s") % {"last": last} if last else ""


def _clock(moment: datetime | str | None) -> str:
    if moment is None or moment == "":
        return ""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def confirmations(payload: dict[str, Any]) -> list[Confirmation]:
    """What a checker has to have compared with sources outside the console."""
    asked = []
    if payload["rates"]:
        asked.append(
            Confirmation("rates", _("I have compared the rates with the bank's core system."))
        )
    if payload["risk_level"] is not None:
        asked.append(
            Confirmation(
                "risk_level",
                _("The risk level is the higher one of the issuer's rating and the bank's own."),
            )
        )
    return asked
