"""What a maker says of a coupon template, checked before it is stored: one place for every edge."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from audit.context import current_schema
from coupons.choices import CouponKind, RedeemedAt, Validity
from coupons.errors import BadTemplate
from coupons.terms import values
from coupons.terms.bearers import clean_bearers
from coupons.terms.limits import clean_limits
from coupons.terms.patterns import clean_pattern
from coupons.terms.scenes import clean_scenes
from customers.audiences import clean_rule
from customers.errors import BadAudience
from operators.roles import is_platform

if TYPE_CHECKING:
    from coupons.models import CouponTemplate
    from operators.models import Branch

MOST_TITLE, MOST_RULES, MOST_GROUP = 80, 2000, 32
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """Fields as in ``CouponTemplate``; what a kind has no use for is left out by ``cleaned``."""

    title: str
    code: str
    kind: str
    # When customers may claim it; None = until it is taken down.
    starts_at: datetime
    ends_at: datetime | None
    face_min_cents: int
    face_max_cents: int
    stock_limit: int
    budget_cents: int
    bearers: dict[str, Any]
    rate_bp: int = 0
    threshold_cents: int = 0
    scenes: list[str] = field(default_factory=list)
    validity: str = Validity.FIXED
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    days_after_claim: int | None = None
    limits: list[dict[str, Any]] = field(default_factory=list)
    stacking_group: str = ""
    code_pattern: str = ""
    redeemed_at: str = RedeemedAt.ONLINE
    is_claimable: bool = True
    lock_minutes: int = 15
    rules: str = ""
    audience: dict[str, Any] = field(default_factory=dict)
    # None = every branch
    branch: Branch | None = None

    def cleaned(self) -> TemplateContent:
        """Tidied and valid in the current schema. Raises ``BadTemplate`` naming the field."""
        _check_choices(self)
        _check_period(self)
        fitting = values.fitting(self)
        values.check(fitting)
        return replace(
            fitting,
            title=_line(self.title, MOST_TITLE, "title", _("Give the coupon a name.")),
            code=_code(self.code),
            scenes=clean_scenes(fitting.scenes),
            limits=clean_limits(self.limits),
            bearers=clean_bearers(self.bearers),
            stacking_group=_line(self.stacking_group, MOST_GROUP, "stacking_group"),
            code_pattern=clean_pattern(self.code_pattern),
            rules=_text(self.rules),
            audience=_audience(self.audience),
        )

    def fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)


def _check_choices(content: TemplateContent) -> None:
    for name, choices in (
        ("kind", CouponKind), ("validity", Validity), ("redeemed_at", RedeemedAt),
    ):  # fmt: skip
        if getattr(content, name) not in choices.values:
            raise BadTemplate(_("Choose one of the list."), field=name)


def _check_period(content: TemplateContent) -> None:
    moments = (content.starts_at, content.ends_at, content.valid_from, content.valid_until)
    if any(each is not None and is_naive(each) for each in moments):
        raise ValueError("times carry their zone")
    if content.ends_at is not None and content.ends_at <= content.starts_at:
        raise BadTemplate(
            _("The period ends before it starts. Please correct one of the two times."),
            field="ends_at",
            code="period_order",
        )


def _line(raw: str, most: int, name: str, missing: str = "") -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in raw or "").split())
    if not text and missing:
        raise BadTemplate(missing, field=name)
    if len(text) > most:
        raise BadTemplate(
            _("This is too long: at most %(limit)s characters.") % {"limit": most}, field=name
        )
    return text


def tidy_code(raw: str) -> str:
    return unicodedata.normalize("NFKC", raw or "").strip().upper()


def _code(raw: str) -> str:
    code = tidy_code(raw)
    if not _CODE.fullmatch(code):
        raise BadTemplate(_("2 to 32 capital letters, digits and hyphens."), field="code")
    return code


def _text(raw: str) -> str:
    """Lines stay lines; what nobody can see goes."""
    lines = (raw or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in lines).strip()
    if len(text) > MOST_RULES:
        raise BadTemplate(
            _("This is too long: at most %(limit)s characters.") % {"limit": MOST_RULES},
            field="rules",
        )
    return text


def _audience(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        return clean_rule(raw, province=is_platform(current_schema()))
    except BadAudience as error:
        raise BadTemplate(error.message, field="audience", code=error.code_text) from error


def content_of(draft: CouponTemplate) -> TemplateContent:
    return TemplateContent(**{name: getattr(draft, name) for name in TemplateContent.__slots__})


def content_of_envelope(envelope: Mapping[str, Any]) -> TemplateContent:
    """Of what is asked to be published, without its branch."""
    payload = dict(envelope["payload"])
    payload.pop("schema")
    for name in ("valid_from", "valid_until"):
        payload[name] = _moment(payload[name])
    return TemplateContent(
        title=envelope["title"],
        starts_at=_required(envelope["starts_at"]),
        ends_at=_moment(envelope["ends_at"]),
        audience=envelope["audience"],
        **payload,
    )


def _required(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def summary_of(draft: CouponTemplate) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    kept = {name: value for name, value in content_of(draft).fields() if name != "branch"}
    branch = draft.branch.code if draft.branch is not None else ""
    return {**kept, "branch": branch, "version": draft.version}
