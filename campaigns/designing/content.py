"""What a maker says of a campaign, checked before it is stored: one place for every edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from audit.context import current_schema
from campaigns.choices import CampaignKind
from campaigns.designing.fitting import check_fitting
from campaigns.errors import BadCampaign
from campaigns.rules.checking import MOST_CENTS, clean_rule
from coupons.errors import BadTemplate
from coupons.terms.bearers import clean_bearers
from customers.audiences import clean_rule as clean_audience
from customers.errors import BadAudience
from operators.roles import is_platform

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from operators.models import Branch

MOST_TITLE, MOST_SUMMARY, MOST_RULES, MOST_BUTTON = 80, 120, 2000, 12


@dataclass(frozen=True, slots=True)
class CampaignContent:
    """Fields as in ``Campaign``."""

    title: str
    kind: str
    starts_at: datetime
    # None = until it is taken down or ended.
    ends_at: datetime | None
    events: list[str]
    effects: list[dict[str, Any]]
    budget_cents: int
    bearers: dict[str, Any]
    conditions: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    summary: str = ""
    rules_text: str = ""
    button: str = ""
    audience: dict[str, Any] = field(default_factory=dict)
    # None = every branch
    branch: Branch | None = None

    def cleaned(self) -> CampaignContent:
        """Tidied and valid in the current schema. Raises ``BadCampaign`` naming the field."""
        if self.kind not in CampaignKind.values:
            raise BadCampaign(_("Choose one of the list."), field="kind")
        _check_period(self)
        _check_budget(self.budget_cents)
        rule = clean_rule(
            events=self.events, conditions=self.conditions, effects=self.effects,
            limits=self.limits,
        )  # fmt: skip
        check_fitting(self.kind, rule)
        return replace(
            self,
            title=_line(self.title, MOST_TITLE, "title", _("Give the campaign a name.")),
            summary=_line(self.summary, MOST_SUMMARY, "summary"),
            button=_line(self.button, MOST_BUTTON, "button"),
            rules_text=_text(self.rules_text),
            events=rule.events,
            conditions=rule.conditions,
            effects=rule.effects,
            limits=rule.limits,
            bearers=_at("bearers", lambda: clean_bearers(self.bearers)),
            audience=_at("audience", lambda: _audience(self.audience)),
        )

    def fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)


def _check_period(content: CampaignContent) -> None:
    if any(each is not None and is_naive(each) for each in (content.starts_at, content.ends_at)):
        raise ValueError("times carry their zone")
    if content.ends_at is not None and content.ends_at <= content.starts_at:
        raise BadCampaign(
            _("The period ends before it starts. Please correct one of the two times."),
            field="ends_at", code="period_order",
        )  # fmt: skip


def _check_budget(cents: Any) -> None:
    is_number = isinstance(cents, int) and not isinstance(cents, bool)
    if not is_number or not 1 <= cents <= MOST_CENTS:
        raise BadCampaign(
            _("Give the campaign a budget above zero, of at most 100 billion yuan."),
            field="budget_cents",
        )


def _line(raw: str, most: int, name: str, missing: str = "") -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in raw or "").split())
    if not text and missing:
        raise BadCampaign(missing, field=name)
    _refuse_long(text, most, name)
    return text


def _text(raw: str) -> str:
    """Lines stay lines; what nobody can see goes."""
    lines = (raw or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in lines).strip()
    _refuse_long(text, MOST_RULES, "rules_text")
    return text


def _refuse_long(text: str, most: int, name: str) -> None:
    if len(text) > most:
        raise BadCampaign(
            _("This is too long: at most %(limit)s characters.") % {"limit": most}, field=name
        )


def _audience(raw: dict[str, Any]) -> dict[str, Any]:
    return clean_audience(raw, province=is_platform(current_schema()))


def _at(name: str, clean: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What another room refuses is told at our field."""
    try:
        return clean()
    except (BadTemplate, BadAudience) as error:
        raise BadCampaign(error.message, field=name, code=error.code_text) from error


def content_of(draft: Campaign) -> CampaignContent:
    return CampaignContent(**{name: getattr(draft, name) for name in CampaignContent.__slots__})


def content_of_envelope(envelope: Mapping[str, Any]) -> CampaignContent:
    """Of what is asked to be published, without its branch."""
    payload = envelope["payload"]
    return CampaignContent(
        title=envelope["title"],
        starts_at=datetime.fromisoformat(envelope["starts_at"]),
        ends_at=datetime.fromisoformat(envelope["ends_at"]) if envelope["ends_at"] else None,
        audience=envelope["audience"],
        rules_text=payload["rules"],
        **{name: payload[name] for name in _IN_PAYLOAD},
    )


_IN_PAYLOAD = (
    "kind", "summary", "button", "events", "conditions", "effects", "limits", "budget_cents",
    "bearers",
)  # fmt: skip


def summary_of(draft: Campaign) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    kept = {name: value for name, value in content_of(draft).fields() if name != "branch"}
    branch = draft.branch.code if draft.branch is not None else ""
    return {**kept, "branch": branch, "version": draft.version}
