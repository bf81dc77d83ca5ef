"""The Fuxiang zone on the phone: its home, a product's page, and the interest calculator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.directory import type_of, type_told
from fuxiang_zone.catalogue.schema import show_value
from fuxiang_zone.choices import ProductRisk, TermUnit
from fuxiang_zone.products.calculator import due_on, quote
from fuxiang_zone.products.rates import Tier, term_key, term_words, tiers_of
from fuxiang_zone.products.wording import percent, yuan
from mobile.feed.zone import live_products, product_of
from mobile.preview.screens import base_context, opened_by

if TYPE_CHECKING:
    from fuxiang_zone.catalogue.directory import TypeInfo
    from mobile.feed.items import Item
    from mobile.preview.scenes import Scene

# Times the least amount: what one touch puts into the calculator.
TIMES = (1, 2, 5)
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


def zone_context(scene: Scene) -> dict[str, Any]:
    shown = list(live_products(scene.feed, scene.person, scene.at, mode=scene.mode))
    types = [
        {**row, "rows": [row_of(scene, item) for item in shown if item.type_code == row["code"]]}
        for row in scene.home["zone"]
    ]
    return {
        **base_context(scene),
        # What can be opened comes first.
        "types": sorted(types, key=lambda each: not each["rows"]),
    }


def row_of(scene: Scene, item: Item) -> dict[str, Any]:
    return {
        "title": item.title,
        "summary": item.payload["summary"],
        "figure": figure_of(item.payload),
        "link": scene.choices.to("product", item.id),
        "is_marked": item.id == scene.marked,
    }


# --- one product ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Figure:
    """What stands large at the top of a product: its rates, or its risk."""

    label: str
    text: str


def figure_of(payload: Mapping[str, Any]) -> Figure | None:
    rates = sorted(Decimal(each["rate"]) for each in payload["rates"])
    if rates:
        span = [percent(rates[0]), percent(rates[-1])]
        return Figure(_("Rate a year"), " – ".join(dict.fromkeys(span)))
    if payload["risk_level"]:
        return Figure(_("Risk level"), f"R{payload['risk_level']}")
    return None


def opened_product(scene: Scene) -> Item | None:
    _page, uid = scene.page
    return product_of(scene.feed, scene.person, scene.at, uid, mode=scene.mode)


def product_context(scene: Scene, item: Item) -> dict[str, Any]:
    payload, choices = item.payload, scene.choices
    kind = type_of(item.type_code)
    return {
        **base_context(scene),
        "back_link": scene.choices.to("zone"),
        "item": item,
        "payload": payload,
        "type_name": kind.name if kind is not None else item.type_code,
        "figure": figure_of(payload),
        "risk": ProductRisk(payload["risk_level"]).label
        if payload["risk_level"] and not payload["rates"]
        else "",
        "facts": facts_of(payload),
        "rates": rates_of(payload),
        "calculator_link": choices.to("calculator", item.id) if payload["rates"] else "",
        "disclosures": disclosures_of(payload),
        "links": [*_own_pages(scene, kind), *_links(scene, payload)],
        "is_marked": item.id == scene.marked,
    }


def _links(scene: Scene, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"label": each["label"], "link": opened_by(scene, each)} for each in payload["links"]]


def _own_pages(scene: Scene, kind: TypeInfo | None) -> list[dict[str, Any]]:
    """Of the app, that products of this type lead to by themselves."""
    if kind is None or Feature.CAMPUS not in kind.features:
        return []
    return [{"label": _("Campus bills"), "link": scene.choices.to("campus")}]


def facts_of(payload: Mapping[str, Any]) -> list[dict[str, str]]:
    """The fields of the type that customers see, in its order."""
    kind = type_told(payload)
    fields = kind.fields if kind is not None else ()
    return [
        {"label": field.label, "text": show_value(field, payload["values"][field.key])}
        for field in fields
        if field.is_shown and payload["values"].get(field.key) not in (None, "", [], {})
    ]


def rates_of(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By term; each with its amounts."""
    tiers = sorted(tiers_of(payload["rates"]), key=lambda tier: (tier.key, tier.from_cents))
    return [
        {
            "term": term_words(of_term[0].term, of_term[0].unit),
            "tiers": [
                {"amount": amount_words(tier), "rate": percent(tier.rate)} for tier in of_term
            ],
        }
        for of_term in (list(some) for _key, some in groupby(tiers, key=lambda tier: tier.key))
    ]


def amount_words(tier: Tier) -> str:
    least = whole_yuan(tier.from_cents)
    if tier.to_cents is None:
        return _("%(least)s yuan and more") % {"least": least} if tier.from_cents else _("any")
    words = {"least": least, "most": whole_yuan(tier.to_cents)}
    if not tier.from_cents:
        return _("below %(most)s yuan") % words
    return _("%(least)s to below %(most)s yuan") % words


def whole_yuan(cents: int) -> str:
    return f"{cents // 100:,}" if cents % 100 == 0 else yuan(cents)


def disclosures_of(payload: Mapping[str, Any]) -> list[dict[str, str]]:
    kind = type_told(payload)
    labels = {each.code: each.label for each in kind.disclosures} if kind is not None else {}
    return [
        {"label": labels.get(code, code), "text": text}
        for code, text in payload["disclosures"].items()
        if text
    ]


# --- the calculator -------------------------------------------------------------------------------
def calculator_context(scene: Scene, item: Item) -> dict[str, Any]:
    choices, tiers = scene.choices, tiers_of(item.payload["rates"])
    terms = _terms(tiers)
    term = _chosen(choices.term, [code for code, _words in terms])
    amount = choices.amount or (str(_first_amount(tiers)) if scene.mode == "senior" else "")
    here = {"term": term, "amount": amount}
    return {
        **base_context(scene),
        "back_link": choices.to("product", item.id),
        "item": item,
        "hidden": choices.pairs(page="calculator", item=item.id, tap=None, amount="", term=""),
        "terms": [
            {
                "code": code, "words": words, "is_chosen": code == term,
                "link": choices.to("calculator", item.id, **{**here, "term": code}),
            }
            for code, words in terms
        ],
        "term": term,
        "amount": amount,
        "amounts": [
            {
                "words": f"{each:,}", "is_chosen": amount == str(each),
                "link": choices.to("calculator", item.id, **{**here, "amount": str(each)}),
            }
            for each in (_first_amount(tiers) * times for times in TIMES)
        ],
        **_reckoned(tiers, amount, term, scene.at),
    }  # fmt: skip


def _terms(tiers: list[Tier]) -> list[tuple[str, str]]:
    found = {tier.key: tier for tier in sorted(tiers, key=lambda tier: tier.key)}
    return [
        (f"{tier.term}-{TermUnit(tier.unit).value}", term_words(tier.term, tier.unit))
        for tier in found.values()
    ]


def _chosen(wanted: str, codes: list[str]) -> str:
    """Twelve months are a year; a term that the product does not have is its first."""
    same = (code for code in codes if wanted and _term_key(code) == _term_key(wanted))
    return next(same, codes[0] if codes else "")


def _term_key(code: str) -> tuple[int, int]:
    number, _stroke, unit = code.partition("-")
    return term_key(int(number), unit)


def _first_amount(tiers: list[Tier]) -> int:
    """Yuan; from which on there is a rate at all."""
    return -(-min((tier.from_cents for tier in tiers), default=0) // 100) or 10_000


def _reckoned(tiers: list[Tier], amount: str, term: str, at: datetime) -> dict[str, Any]:
    if not amount or not term:
        return {"result": None, "refusal": ""}
    if not _AMOUNT.fullmatch(amount):
        sentence = _("Enter an amount in yuan with at most two decimals, like 1,234.50.")
        return {"result": None, "refusal": sentence}
    cents = int(Decimal(amount) * 100)
    number, _stroke, unit = term.partition("-")
    found = quote(tiers, cents, int(number), unit)
    if found is None:
        of_term = [tier for tier in tiers if tier.key == _term_key(term)]
        return {"result": None, "refusal": _no_rate(of_term, cents)}
    today = timezone.localtime(at).date()
    return {
        "result": {
            "interest": yuan(found.interest_cents),
            "total": yuan(found.total_cents),
            "amount": yuan(cents),
            "rate": percent(found.rate),
            "due": due_on(today, int(number), unit).isoformat(),
        },
        "refusal": "",
    }


def _no_rate(of_term: list[Tier], cents: int) -> str:
    least = min(tier.from_cents for tier in of_term)
    if cents >= least:
        return _("This product has no rate for this amount and term.")
    return _("There is no rate for this amount and term; deposits begin at %(least)s yuan.") % {
        "least": whole_yuan(least)
    }


def nothing_here(scene: Scene) -> dict[str, Any]:
    return {
        **base_context(scene),
        "back_link": scene.choices.to("zone"),
        "heading": pgettext("kind of content", "Zone product"),
        "sentence": _("This product is not shown to this customer at this moment."),
    }
