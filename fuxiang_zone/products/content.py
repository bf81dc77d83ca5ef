"""What a maker says of a product, checked before it is stored: one place for every edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from customers.audiences import clean_rule
from customers.errors import BadAudience
from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.directory import type_of
from fuxiang_zone.catalogue.errors import BadValue
from fuxiang_zone.catalogue.schema import clean_values
from fuxiang_zone.choices import ProductRisk
from fuxiang_zone.errors import BadProduct
from fuxiang_zone.products.linking import clean_links
from fuxiang_zone.products.rates import CapFor, clean_rates
from publishing.years import year_refusal

if TYPE_CHECKING:
    from fuxiang_zone.catalogue.directory import TypeInfo
    from fuxiang_zone.models import ZoneProduct
    from operators.models import Branch

MOST_TITLE, MOST_SUMMARY, MOST_RULES, MOST_DISCLOSURE = 80, 120, 2000, 500
MOST_UNITS = 2_000_000_000
MOST_UNIT_CENTS = 10**12
MOST_MINUTES = 1440
MOMENTS = ("starts_at", "ends_at", "sale_starts_at", "sale_ends_at")
# Errors about a field of the type's schema, and about a disclosure, name it like this.
VALUE, DISCLOSURE = "value_", "disclosure_"


@dataclass(frozen=True, slots=True)
class ProductContent:
    """Fields as in ``ZoneProduct``; what the type has no use for is left out by ``cleaned``."""

    title: str
    type_code: str
    # When customers see it; None = until it is taken down.
    starts_at: datetime
    ends_at: datetime | None
    summary: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    rates: list[dict[str, Any]] = field(default_factory=list)
    risk_level: int | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
    quota: int | None = None
    unit_cents: int = 0
    most_per_customer: int | None = None
    hold_minutes: int = 15
    links: list[dict[str, str]] = field(default_factory=list)
    disclosures: dict[str, str] = field(default_factory=dict)
    rules: str = ""
    audience: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    # None = every branch
    branch: Branch | None = None

    def cleaned(
        self, info: TypeInfo | None = None, *, caps_on: tuple[date, ...] = ()
    ) -> ProductContent:
        """Tidied and valid against the type as it is now (``info``, else from the directory) and
        its rate caps of today and of ``caps_on``. Raises ``BadProduct`` naming the field."""
        info = info or type_of(self.type_code)
        if info is None:
            raise BadProduct(_("Choose a product type of the list."), field="type_code")
        _check_period(self)
        fitting = _fitting(self, info)
        _check_sale(fitting)
        return replace(
            fitting,
            title=_line(self.title, MOST_TITLE, "title", _("Give the product a name.")),
            summary=_line(self.summary, MOST_SUMMARY, "summary"),
            values=_values(fitting.values, info),
            rates=_rates(fitting, info, caps_on),
            risk_level=_risk(fitting, info),
            links=clean_links(fitting.links),
            disclosures=_disclosures(self.disclosures, info),
            rules=_text(self.rules, MOST_RULES, "rules"),
            audience=_audience(self.audience),
        )

    def fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)


def _fitting(content: ProductContent, info: TypeInfo) -> ProductContent:
    """Without what products of the type do not have."""
    dropped: dict[str, Any] = {}
    if not info.has(Feature.RATES):
        dropped["rates"] = []
    if not info.has(Feature.SUITABILITY):
        dropped["risk_level"] = None
    if not info.has(Feature.LINKS):
        dropped["links"] = []
    if not info.has(Feature.QUOTA):
        dropped |= {"sale_starts_at": None, "sale_ends_at": None, "quota": None}
    if not info.has(Feature.QUOTA) or content.quota is None:
        dropped |= {"unit_cents": 0, "most_per_customer": None, "hold_minutes": 15}
    return replace(content, **dropped)


def _check_period(content: ProductContent) -> None:
    moments = [getattr(content, name) for name in MOMENTS]
    if any(each is not None and is_naive(each) for each in moments):
        raise ValueError("times carry their zone")
    _check_years(content)
    if content.ends_at is not None and content.ends_at <= content.starts_at:
        raise BadProduct(
            _("The period ends before it starts. Please correct one of the two times."),
            field="ends_at", code="period_order",
        )  # fmt: skip


def _check_years(content: ProductContent) -> None:
    for name in MOMENTS:
        moment = getattr(content, name)
        if moment is not None and (refusal := year_refusal(moment)):
            raise BadProduct(refusal, field=name)


def _check_sale(content: ProductContent) -> None:
    starts, ends = content.sale_starts_at, content.sale_ends_at
    if starts is not None and ends is not None and ends <= starts:
        raise BadProduct(_("The sale ends before it begins."), field="sale_ends_at")
    if ends is not None and ends <= content.starts_at:
        raise BadProduct(_("The sale ends before customers see the product."), field="sale_ends_at")
    if starts is not None and content.ends_at is not None and starts >= content.ends_at:
        raise BadProduct(
            _("The sale begins when customers do not see the product any more."),
            field="sale_starts_at",
        )
    _between(content.quota, 1, MOST_UNITS, "quota")
    _between(content.unit_cents, 0, MOST_UNIT_CENTS, "unit_cents")
    _between(content.most_per_customer, 1, MOST_UNITS, "most_per_customer")
    _between(content.hold_minutes, 1, MOST_MINUTES, "hold_minutes")
    most, quota = content.most_per_customer, content.quota
    if most is not None and quota is not None and most > quota:
        raise BadProduct(
            _("One customer cannot have more units than there are (%(quota)s).")
            % {"quota": f"{quota:,}"},
            field="most_per_customer",
        )


def _between(number: int | None, least: int, most: int, name: str) -> None:
    if number is not None and not least <= number <= most:
        raise BadProduct(
            _("Enter a number from %(least)s to %(most)s.")
            % {"least": f"{least:,}", "most": f"{most:,}"},
            field=name,
        )


def _values(raw: Mapping[str, Any], info: TypeInfo) -> dict[str, Any]:
    try:
        return clean_values(info.fields, raw)
    except BadValue as error:
        name = f"{VALUE}{error.field}" if error.field else "values"
        raise BadProduct(error.message, field=name, code="bad_value") from error


def _rates(
    content: ProductContent, info: TypeInfo, caps_on: tuple[date, ...]
) -> list[dict[str, Any]]:
    rates = clean_rates(content.rates, _cap_for(info, caps_on))
    if info.has(Feature.RATES) and not rates:
        raise BadProduct(
            _("Enter at least one rate: customers see what the deposit earns."), field="rates"
        )
    return rates


def _cap_for(info: TypeInfo, caps_on: tuple[date, ...]) -> CapFor:
    def least(term: int, unit: str) -> Any:
        days = {timezone.localdate(), *caps_on}
        found = [cap for day in days if (cap := info.cap_for(term, unit, day)) is not None]
        return min((cap.rate for cap in found), default=None)

    return least


def _risk(content: ProductContent, info: TypeInfo) -> int | None:
    if not info.has(Feature.SUITABILITY):
        return None
    if content.risk_level not in ProductRisk.values:
        raise BadProduct(
            _("Choose the product's risk level, R1 to R5: who may buy it depends on it."),
            field="risk_level",
        )
    return content.risk_level


def _disclosures(raw: Mapping[str, str], info: TypeInfo) -> dict[str, str]:
    known = {each.code for each in info.disclosures}
    if not isinstance(raw, Mapping) or (unknown := set(raw) - known):
        code = sorted(unknown)[0] if isinstance(raw, Mapping) else ""
        raise BadProduct(
            _("The type has no disclosure “%(code)s”.") % {"code": code}, field="disclosures"
        )
    found = {}
    for each in info.disclosures:
        name = f"{DISCLOSURE}{each.code}"
        words = _text(raw.get(each.code, ""), MOST_DISCLOSURE, name)
        if each.required and not words:
            raise BadProduct(
                _("“%(label)s” must be disclosed to customers; fill it in.")
                % {"label": each.label},
                field=name,
            )
        if words:
            found[each.code] = words
    return found


def _line(raw: str, most: int, name: str, missing: str = "") -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in raw or "").split())
    if not text and missing:
        raise BadProduct(missing, field=name)
    return _not_longer(text, most, name)


def _text(raw: Any, most: int, name: str) -> str:
    """Lines stay lines; what nobody can see goes."""
    if not isinstance(raw, str):
        raise BadProduct(_("Enter text."), field=name)
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join("".join(c for c in line if c.isprintable()).rstrip() for line in lines)
    return _not_longer(text.strip(), most, name)


def _not_longer(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise BadProduct(
            _("This is too long: at most %(limit)s characters.") % {"limit": most}, field=name
        )
    return text


def _audience(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        return clean_rule(raw, province=False)
    except BadAudience as error:
        raise BadProduct(error.message, field="audience", code=error.code_text) from error


# --- from and to what is stored ------------------------------------------------------------------
def content_of(draft: ZoneProduct) -> ProductContent:
    return ProductContent(**{name: getattr(draft, name) for name in ProductContent.__slots__})


def content_of_envelope(envelope: Mapping[str, Any]) -> ProductContent:
    """Of what is asked to be published, without its branch."""
    payload = envelope["payload"]
    return ProductContent(
        title=envelope["title"],
        type_code=payload["type"],
        starts_at=datetime.fromisoformat(envelope["starts_at"]),
        ends_at=_moment(envelope["ends_at"]),
        audience=envelope["audience"],
        priority=envelope["priority"],
        sale_starts_at=_moment(payload["sale_starts_at"]),
        sale_ends_at=_moment(payload["sale_ends_at"]),
        **{name: payload[name] for name in _PLAIN},
    )


_PLAIN = (
    "summary", "values", "rates", "risk_level", "quota", "unit_cents", "most_per_customer",
    "hold_minutes", "links", "disclosures", "rules",
)  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def summary_of(draft: ZoneProduct) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    kept = {name: value for name, value in content_of(draft).fields() if name != "branch"}
    branch = draft.branch.code if draft.branch is not None else ""
    return {**kept, "branch": branch, "version": draft.version}
