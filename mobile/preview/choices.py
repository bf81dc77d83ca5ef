"""What the operator chose to look at. Impossible choices fall back to the ordinary view."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from announcements.choices import Mode
from customers.choices import CustomerGroup
from customers.errors import BadTag
from customers.models import Customer
from customers.tags import clean_tag, split
from mobile.errors import BadQuery
from mobile.preview.people import NUMBERED, TYPES
from mobile.queries import parse_moment
from operators.models import Branch
from operators.querysets import branch_scope
from operators.roles import is_platform

if TYPE_CHECKING:
    from django.http import QueryDict

    from operators.models import Operator

NOW, TONIGHT, MONDAY, CHOSEN = "now", "tonight", "monday", "chosen"
# What a customer closes, or leaves, on the way to the bare home page.
SHEETS = ("splash", "must", "popup", "floating")
HOME = "home"
PAGES = (
    HOME, "wallet", "claims", "zone", "product", "calculator", "reserve", "reserved",
    "reservations", "campaigns", "campaign", "joined", "campus", "bill", "bill_pay",
)  # fmt: skip
TERM = re.compile(r"[0-9]{1,5}-(day|month|year)")
MAX_UNITS = 999_999
MAX_AMOUNT = 30
MAX_AGE, MAX_SHOWN, MAX_SUBJECTS = 120, 99, 50
CODE = re.compile(r"[a-z0-9_-]{1,20}")
SHOWN = "shown."
SUBJECT = re.compile(r"[0-9a-f-]{36}|placement:[a-z_]{1,20}")


@dataclass(frozen=True, slots=True)
class Choices:
    # A word of ``people.TYPES``; empty = not chosen: a visitor, or whom the change is meant for.
    who: str = ""
    # With "customer": the number as it was typed, and whom it found (None = nobody to be seen).
    number: str = ""
    customer: Customer | None = None
    # With "free".
    groups: tuple[str, ...] = ()
    age: int | None = None
    tags: tuple[str, ...] = ()
    is_trial: bool = False
    # Empty = as the bank or the customer has it; so with the skin.
    mode: str = ""
    skin: str = ""
    # Of the customer who looks; None = of none, who sees what is for the whole bank.
    branch: Branch | None = None
    # None = now.
    at: datetime | None = None
    # How the moment was chosen, for the form.
    when: str = NOW
    # Shows today, by subject.
    shown: tuple[tuple[str, int], ...] = ()
    # An approval request, or a draft, to be shown as if it were approved.
    request_id: int | None = None
    draft: UUID | None = None
    # The announcement that is open, or what the other page is about; None = the home page.
    item: UUID | None = None
    # The picture that was touched.
    tap: UUID | None = None
    closed: frozenset[str] = frozenset()
    # One of PAGES; empty = home, or where a change that is looked at stands.
    page: str = ""
    # Of the calculator: yuan as typed, and a term like "12-month".
    amount: str = ""
    term: str = ""
    # Of a reservation.
    units: int | None = None

    def query(self, **changes: Any) -> str:
        """These choices, some changed, as the part of an address behind the question mark."""
        return urlencode(self.pairs(**changes))

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        changed = replace(self, **changes)
        return [(name, value) for name, value in _pairs(changed) if value != ""]

    def to(self, page: str, item: Any = None, **more: Any) -> str:
        """The address of another page of the app."""
        asked: dict[str, Any] = {"amount": "", "term": "", "units": None, **more}
        return f"?{self.query(page=page, item=item, tap=None, **asked)}"

    def without(self, *sheets: str) -> str:
        page = HOME if self.proposes else ""
        asked: dict[str, Any] = {"amount": "", "term": "", "units": None}
        closed = self.closed | set(sheets)
        return self.query(closed=closed, item=None, tap=None, page=page, **asked)

    @property
    def proposes(self) -> bool:
        return self.request_id is not None or self.draft is not None


def _pairs(choices: Choices) -> Iterator[tuple[str, str]]:
    yield "type", choices.who
    yield "customer", choices.number
    yield from (("groups", group) for group in choices.groups)
    yield "age", _text(choices.age)
    yield "tags", ";".join(choices.tags)
    yield "trial", "1" if choices.is_trial else ""
    yield "mode", choices.mode
    yield "branch", choices.branch.code if choices.branch is not None else ""
    yield "at", to_text(choices.at)
    yield "skin", choices.skin
    yield from ((f"{SHOWN}{subject}", str(count)) for subject, count in choices.shown)
    yield "request", _text(choices.request_id)
    yield "draft", _text(choices.draft)
    yield "item", _text(choices.item)
    yield "tap", _text(choices.tap)
    yield "page", choices.page
    yield "amount", choices.amount
    yield "term", choices.term
    yield "units", _text(choices.units)
    yield "closed", ",".join(sorted(choices.closed))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def to_text(moment: datetime | None) -> str:
    """As a field for date and time writes it."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")


# --- reading --------------------------------------------------------------------------------------
def read_choices(query: QueryDict, operator: Operator, now: datetime) -> Choices:
    who = query.get("type", "") if query.get("type", "") in TYPES else ""
    number = query.get("customer", "").strip() if who == NUMBERED else ""
    when, at = _moment(query, now)
    return Choices(
        who=who,
        number=number if number.isascii() and number.isalnum() and len(number) <= 32 else "",
        customer=_customer(number, operator),
        groups=tuple(each for each in CustomerGroup.values if each in query.getlist("groups")),
        age=_number(query.get("age", ""), MAX_AGE),
        tags=tuple(_tags(query.get("tags", ""))),
        is_trial=query.get("trial") == "1",
        mode=query.get("mode", "") if query.get("mode") in Mode.values else "",
        branch=_branch(query.get("branch", ""), operator),
        at=at,
        when=when,
        skin=query.get("skin", "") if CODE.fullmatch(query.get("skin", "")) else "",
        shown=tuple(_shown(query)),
        request_id=_number(query.get("request", ""), 10**17),
        draft=_uuid(query.get("draft", "")),
        item=_uuid(query.get("item", "")),
        tap=_uuid(query.get("tap", "")),
        closed=_closed(query),
        page=query.get("page", "") if query.get("page") in PAGES else "",
        amount=_amount(query.get("amount", "")),
        term=_matching(TERM, query.get("term", "")),
        units=_number(query.get("units", ""), MAX_UNITS),
    )


def _customer(number: str, operator: Operator) -> Customer | None:
    """Only whom the operator may look up in the console, so only in their own branch."""
    if not number.isascii() or not number.isalnum():
        return None
    if is_platform(operator.schema_name) or not operator.has_perm("customers.view_customer"):
        return None
    visible = Customer.objects.under(branch_scope(operator)).select_related("branch")
    return visible.filter(number=number).first()


def _branch(code: str, operator: Operator) -> Branch | None:
    """Branches outside the operator's own subtree cannot be chosen."""
    if not code or not code.isprintable():
        return None
    return Branch.objects.visible_to(operator).filter(code=code).first()


def _moment(query: Mapping[str, Any], now: datetime) -> tuple[str, datetime | None]:
    when, typed = query.get("when", ""), _typed(query.get("at", ""))
    quick = quick_moments(now)
    if when in quick:
        return when, quick[when]
    if when == NOW or typed is None:
        return NOW, None
    return CHOSEN, typed


def quick_moments(now: datetime) -> dict[str, datetime]:
    """Evening, when most people look; Monday morning, when most things start."""
    today = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    evening = today.replace(hour=20)
    monday = today.replace(hour=9) + timedelta(days=7 - today.weekday())
    return {TONIGHT: evening, MONDAY: monday}


def _typed(raw: str) -> datetime | None:
    with suppress(BadQuery):
        return parse_moment(raw) if raw else None
    return None


def _tags(raw: str) -> Iterator[str]:
    for part in split(raw[:600]):
        with suppress(BadTag):
            yield clean_tag(part)


def _shown(query: QueryDict) -> Iterator[tuple[str, int]]:
    names = [name for name in query if name.startswith(SHOWN)][:MAX_SUBJECTS]
    for name in sorted(names):
        subject, count = name.removeprefix(SHOWN), _number(query.get(name, ""), MAX_SHOWN)
        if SUBJECT.fullmatch(subject) and count:
            yield subject, count


def _closed(query: QueryDict) -> frozenset[str]:
    if query.get("aside") == "1":
        return frozenset(SHEETS)
    return frozenset(query.get("closed", "").split(",")) & frozenset(SHEETS)


def _amount(raw: str) -> str:
    """As typed: the calculator's page says what cannot be read."""
    text = unicodedata.normalize("NFKC", raw[:MAX_AMOUNT])
    return "".join(each for each in text if each.isprintable() and each not in ", ¥￥")


def _matching(form: re.Pattern[str], raw: str) -> str:
    raw = raw.strip()
    return raw if form.fullmatch(raw) else ""


def _number(raw: str, most: int) -> int | None:
    found = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 18 else None
    return found if found is None or found <= most else None


def _uuid(raw: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(raw) if raw else None
    return None
