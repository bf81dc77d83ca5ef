"""Reading the events of a batch of touchpoints: each one is good, or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from announcements.choices import PlacementCode
from customers.choices import ItemKind, TouchpointKind
from customers.tokens import CUSTOMER_NUMBER
from customers.touchpoints import Event

if TYPE_CHECKING:
    from customers.tokens import Caller

AHEAD, BACK = timedelta(minutes=5), timedelta(days=30)
MAX_VERSION = 2**31 - 1
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
KINDS = frozenset(TouchpointKind.values)
ITEM_KINDS = frozenset(ItemKind.values)
PLACEMENTS = frozenset(PlacementCode.values)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Of one event; ``index`` is its place in the batch, from 0."""

    index: int
    code: str
    detail: str


class _Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def read_events(raw: list[Any], caller: Caller, at: datetime) -> tuple[list[Event], list[Refusal]]:
    events: list[Event] = []
    refusals: list[Refusal] = []
    for index, each in enumerate(raw):
        try:
            events.append(_event(each, caller, at))
        except _Refused as refused:
            refusals.append(Refusal(index, refused.code, refused.detail))
    return events, refusals


def _event(raw: Any, caller: Caller, at: datetime) -> Event:
    if not isinstance(raw, dict):
        _refuse("bad_event", _("An event is a JSON object."))
    item_kind = _word(raw, "item_kind", ITEM_KINDS, "unknown_item_kind")
    return Event(
        event_id=_uuid(raw, "event_id", "bad_event_id"),
        kind=_word(raw, "kind", KINDS, "unknown_kind"),
        item_uid=_uuid(raw, "item", "bad_item"),
        item_kind=item_kind,
        item_version=_version(raw),
        placement=_placement(raw, item_kind),
        occurred_at=_moment(raw, at),
        customer_number=_customer(raw, caller),
    )


def _uuid(raw: Mapping[str, Any], field: str, code: str) -> UUID:
    value = raw.get(field)
    if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
        _refuse(code, _("%(field)s must be a UUID such as %(example)s.") % {
            "field": field, "example": "2f6a1c9e-5d0b-4a86-9c1f-0b1f6f4c7d21",
        })  # fmt: skip
    return UUID(value)


def _word(raw: Mapping[str, Any], field: str, known: frozenset[str], code: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or value not in known:
        _refuse(
            code,
            _("%(field)s must be one of: %(known)s.")
            % {"field": field, "known": ", ".join(sorted(known))},
        )
    return value


def _version(raw: Mapping[str, Any]) -> int:
    value = raw.get("version", 0)
    if type(value) is not int or not 0 <= value <= MAX_VERSION:
        _refuse("bad_version", _("version must be the whole number that came with the item."))
    return value


def _placement(raw: Mapping[str, Any], item_kind: str) -> str:
    """An ad stands in a placement; an announcement may stand in none."""
    if item_kind != ItemKind.AD and raw.get("placement") in (None, ""):
        return ""
    return _word(raw, "placement", PLACEMENTS, "unknown_placement")


def _moment(raw: Mapping[str, Any], at: datetime) -> datetime:
    value = raw.get("occurred_at")
    try:
        moment = msgspec.convert(value, datetime) if isinstance(value, str) else None
    except msgspec.ValidationError:
        moment = None
    if moment is None:
        _refuse(
            "bad_occurred_at", _("occurred_at must be a moment like 2026-07-01T09:00:00+08:00.")
        )
    if moment.tzinfo is None:
        _refuse(
            "naive_occurred_at",
            _("occurred_at lacks its time zone; write 2026-07-01T09:00:00+08:00."),
        )
    if moment > at + AHEAD:
        _refuse(
            "in_the_future",
            _("occurred_at lies more than 5 minutes ahead; check the clock of the device."),
        )
    if moment < at - BACK:
        _refuse("too_old", _("occurred_at lies more than 30 days back; such events are not kept."))
    # The database knows fewer zones than a phone may write.
    return moment.astimezone(UTC)


def _customer(raw: Mapping[str, Any], caller: Caller) -> str:
    """A customer's own, whatever they say; a system names each event's customer."""
    value = raw.get("customer")
    if caller.is_customer:
        if value not in (None, caller.customer_number):
            _refuse(
                "another_customer",
                _("A customer's token reports the customer's own events; leave customer out."),
            )
        return caller.customer_number
    if value in (None, ""):
        _refuse("customer_missing", _("A system names the customer of every event: customer."))
    if not isinstance(value, str) or not CUSTOMER_NUMBER.fullmatch(value):
        _refuse(
            "bad_customer", _("customer must be a customer number of 1 to 32 letters and digits.")
        )
    return value


def _refuse(code: str, detail: str) -> NoReturn:
    raise _Refused(code, detail)
