"""Events as they are given: by a system's token, a file, or a customer on a campaign's page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b, sha256
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from campaigns.choices import EventKind
from campaigns.errors import BadEvent
from coupons.choices import Scene
from coupons.terms.scenes import FUNCTION, MERCHANT
from customers.weeks import SHANGHAI

# Clocks of other systems run ahead a little.
AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=366)
MOST_CENTS = 10**13
_EVENT_ID = re.compile(r"[!-~]{1,100}")
_CUSTOMER = re.compile(r"[A-Za-z0-9]{1,32}")
_SCENE = re.compile(rf"(?:{FUNCTION}|{MERCHANT})[A-Za-z0-9_-]{{1,32}}")


@dataclass(frozen=True, slots=True)
class Source:
    kind: Literal["system", "file", "page"]
    # Of the system, or of the file.
    name: str

    @property
    def space(self) -> str:
        """Within which an event's id is unique: a customer's key never meets a system's id."""
        return "page" if self.kind == "page" else "outside"


@dataclass(frozen=True)
class GivenEvent:
    event_id: str
    kind: str
    customer_number: str
    occurred_at: datetime
    amount_cents: int = 0
    scene: str = ""
    # event_id of the event that this one takes back.
    reverses: str = ""

    @cached_property
    def fingerprint(self) -> str:
        text = json.dumps([
            self.kind, self.customer_number, self.occurred_at.isoformat(), self.amount_cents,
            self.scene, self.reverses,
        ])  # fmt: skip
        return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one given event."""

    event_id: str
    status: Literal["taken", "duplicate", "refused"]
    # Of a refusal.
    code: str = ""
    detail: str = ""
    # A value of EventOutcome.
    outcome: str = ""
    # [{"campaign": uid, "title", "state", "refusal", "detail"}]
    participations: Sequence[Mapping[str, Any]] = field(default=())


def key_of(source: Source, event_id: str) -> UUID:
    text = f"{source.space}\n{event_id}".encode()
    return UUID(bytes=blake2b(text, digest_size=16).digest())


def in_shanghai(event: GivenEvent) -> GivenEvent:
    """Of a checked event. Told in whatever zone, a moment is the same moment; and the database
    knows fewer zones than a sender may write."""
    return replace(event, occurred_at=event.occurred_at.astimezone(SHANGHAI))


def check_event(event: GivenEvent, source: Source, at: datetime) -> None:
    """Raises ``BadEvent``: nothing of it is stored."""
    _check_names(event, source)
    if event.occurred_at.tzinfo is None:
        raise BadEvent(_("occurred_at: the time needs its zone, such as +08:00."), code="bad_time")
    if event.occurred_at > at + AHEAD:
        raise BadEvent(
            _("occurred_at lies in the future: %(when)s. Send the event when it has happened.")
            % {"when": event.occurred_at.isoformat()},
            code="future",
        )
    if event.occurred_at < at - OLDEST:
        raise BadEvent(_("occurred_at is more than a year ago."), code="too_old")
    if not 0 <= event.amount_cents <= MOST_CENTS:
        raise BadEvent(
            _("amount_cents is a whole number of cents, not below 0."), code="bad_amount"
        )


def _check_names(event: GivenEvent, source: Source) -> None:
    if not _EVENT_ID.fullmatch(event.event_id):
        raise BadEvent(
            _("event_id: 1 to 100 printable ASCII characters without blanks."), code="bad_event_id"
        )
    if event.kind not in EventKind.values or (
        event.kind == EventKind.JOINED and source.kind != "page"
    ):
        raise BadEvent(
            _("“%(kind)s” is no kind of event that is reported. There are: %(kinds)s.")
            % {"kind": event.kind[:40], "kinds": ", ".join(REPORTED)},
            code="unknown_kind",
        )
    if not _CUSTOMER.fullmatch(event.customer_number):
        raise BadEvent(
            _("customer: 1 to 32 letters and digits, the customer number."), code="bad_customer"
        )
    if event.scene and event.scene not in Scene.values and not _SCENE.fullmatch(event.scene):
        raise BadEvent(
            _("“%(scene)s” is no scene. There are: %(scenes)s, function:…, merchant:….")
            % {"scene": event.scene[:40], "scenes": ", ".join(Scene.values)},
            code="unknown_scene",
        )
    if event.reverses and not _EVENT_ID.fullmatch(event.reverses):
        raise BadEvent(_("reverses: the event_id of another event."), code="bad_reverses")
    if event.reverses == event.event_id:
        raise BadEvent(_("An event cannot reverse itself."), code="bad_reverses")


REPORTED = tuple(kind for kind in EventKind.values if kind != EventKind.JOINED)
