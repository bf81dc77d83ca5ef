"""What the platform says of a province campaign, checked before it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from audit.errors import DomainError
from campaigns.choices import CampaignKind, EffectKind, EventKind, LimitPer
from campaigns.designing.content import MOST_BUTTON, MOST_RULES, MOST_SUMMARY, MOST_TITLE
from campaigns.designing.fitting import check_fitting
from campaigns.errors import BadCampaign
from campaigns.province.choices import LOCKS, Field
from campaigns.province.errors import BadProvinceCampaign
from campaigns.province.wanted import clean_wanted
from campaigns.rules.checking import (
    MOST_CENTS,
    CleanRule,
    clean_conditions,
    clean_events,
    clean_limits,
)
from coupons.terms.bearers import clean_bearers
from customers.audiences import clean_rule as clean_audience
from publishing.choices import Lock
from publishing.envelopes import to_text

if TYPE_CHECKING:
    from campaigns.province.models import ProvinceCampaign

IN_COLUMNS = (Field.TITLE, Field.PERIOD)
# Without a value of the province's these cannot be proposed, let alone locked.
NEEDS_VALUE = (Lock.LOCKED, Lock.DEFAULT)
MAY_BE_EMPTY = (Field.CONDITIONS, Field.LIMITS, Field.AUDIENCE, Field.BUTTON)
Rules = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ProvinceContent:
    title: str
    starts_at: datetime
    # A province campaign ends: until when banks' own may run.
    ends_at: datetime
    rules: Rules

    def cleaned(self) -> ProvinceContent:
        """Tidied and valid on the platform. Raises ``BadProvinceCampaign`` naming the field."""
        _check_period(self)
        rules = {name: _rule(name, self.rules.get(name) or {}) for name in Field.values}
        _check_together(rules)
        return replace(
            self, title=_line(self.title, MOST_TITLE, Field.TITLE, _("Give the campaign a name.")),
            rules=rules,
        )  # fmt: skip

    def fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)


def _check_period(content: ProvinceContent) -> None:
    if content.ends_at is None:
        raise _bad(Field.PERIOD, _("Say when the campaign ends: banks run it no longer than that."))
    if is_naive(content.starts_at) or is_naive(content.ends_at):
        raise ValueError("times carry their zone")
    if content.ends_at <= content.starts_at:
        raise _bad(
            Field.PERIOD,
            _("The period ends before it starts. Please correct one of the two times."),
        )


def _rule(name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    lock = raw.get("lock", LOCKS[name][0])
    if lock not in LOCKS[name]:
        word = Lock(lock).label if lock in Lock.values else str(lock)[:20]
        raise _bad(
            name, _("“%(field)s” cannot be “%(lock)s”.")
            % {"field": Field(name).label, "lock": word},
        )  # fmt: skip
    rule = {"lock": Lock(lock).value}
    if name in IN_COLUMNS:
        return rule
    value = raw.get("value")
    # The reward's shape and the kind are what the campaign is, whatever their lock.
    if name in (Field.EFFECTS, Field.KIND) or not _is_empty(value) or name in MAY_BE_EMPTY:
        return {**rule, "value": _value(name, value)}
    if lock in NEEDS_VALUE:
        raise _bad(
            name, _("“%(field)s” is “%(lock)s”: say what it is.")
            % {"field": Field(name).label, "lock": Lock(lock).label},
        )  # fmt: skip
    return rule


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _value(name: str, value: Any) -> Any:
    try:
        return _CLEAN[name](value)
    except BadProvinceCampaign:
        raise
    except DomainError as error:
        raise _bad(name, str(error.message)) from error


def _kind(value: Any) -> str:
    if value not in CampaignKind.values:
        raise _bad(Field.KIND, _("Choose one of the list."))
    return str(value)


def _budget(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_CENTS:
        raise _bad(
            Field.BUDGET, _("Give the campaign a budget above zero, of at most 100 billion yuan.")
        )
    return value


def _line(raw: Any, most: int, name: str, missing: str = "") -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in str(raw or "")).split())
    if not text and missing:
        raise _bad(name, missing)
    return _not_longer(text, most, name)


def _text(raw: Any) -> str:
    lines = str(raw or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in lines).strip()
    return _not_longer(text, MOST_RULES, Field.RULES_TEXT)


def _not_longer(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise _bad(name, _("This is too long: at most %(limit)s characters.") % {"limit": most})
    return text


_CLEAN: dict[str, Callable[[Any], Any]] = {
    Field.KIND: _kind,
    Field.SUMMARY: lambda value: _line(value, MOST_SUMMARY, Field.SUMMARY),
    Field.BUTTON: lambda value: _line(value, MOST_BUTTON, Field.BUTTON),
    Field.RULES_TEXT: _text,
    Field.EVENTS: lambda value: clean_events(value or []),
    Field.CONDITIONS: lambda value: clean_conditions(value or []),
    Field.EFFECTS: lambda value: clean_wanted(value or []),
    Field.LIMITS: lambda value: clean_limits(value or []),
    Field.BUDGET: _budget,
    Field.BEARERS: lambda value: clean_bearers(value or {}),
    Field.AUDIENCE: lambda value: clean_audience(value, province=True),
}


def _check_together(rules: Rules) -> None:
    """So that every bank that joins starts from something it can publish."""
    events = rules[Field.EVENTS].get("value") or []
    limits = rules[Field.LIMITS]["value"]
    pretended = [_pretended(each) for each in rules[Field.EFFECTS]["value"]]
    if not events:
        return
    try:
        rule = CleanRule(events, rules[Field.CONDITIONS]["value"], pretended, limits)
        check_fitting(rules[Field.KIND]["value"], rule)
    except BadCampaign as error:
        raise _bad(error.field, str(error.message)) from error
    joined = EventKind.JOINED in events
    if joined and not any(limit["per"] == LimitPer.CUSTOMER for limit in limits):
        raise _bad(
            Field.LIMITS,
            _("Customers join this campaign by themselves: set a limit per customer."),
        )


def _pretended(wanted: Mapping[str, Any]) -> dict[str, Any]:
    if wanted["kind"] == EffectKind.GRANT_COUPON:
        return {"kind": wanted["kind"], "template": 1}
    return dict(wanted)


def _bad(field: str, sentence: str) -> BadProvinceCampaign:
    return BadProvinceCampaign(sentence, field=field)


# --- stored, and published ------------------------------------------------------------------------
def content_of(draft: ProvinceCampaign) -> ProvinceContent:
    return ProvinceContent(**{name: getattr(draft, name) for name in ProvinceContent.__slots__})


def rendered(draft: ProvinceCampaign) -> dict[str, Any]:
    """Every field with its lock and its value, those of the columns too."""
    fields = {name: dict(draft.rules.get(name, {})) for name in Field.values}
    fields[Field.TITLE]["value"] = draft.title
    fields[Field.PERIOD]["value"] = {
        "starts_at": to_text(draft.starts_at), "ends_at": to_text(draft.ends_at),
    }  # fmt: skip
    return {"schema": 1, "fields": {str(name): rule for name, rule in fields.items()}}


def content_of_envelope(envelope: Mapping[str, Any]) -> ProvinceContent:
    rules = {
        name: {key: value for key, value in rule.items() if key == "lock" or name not in IN_COLUMNS}
        for name, rule in envelope["payload"]["fields"].items()
    }
    ends_at = envelope["ends_at"]
    return ProvinceContent(
        title=envelope["title"],
        starts_at=datetime.fromisoformat(envelope["starts_at"]),
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,  # type: ignore[arg-type]
        rules=rules,
    )


def summary_of(draft: ProvinceCampaign) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    return {**dict(content_of(draft).fields()), "version": draft.version}
