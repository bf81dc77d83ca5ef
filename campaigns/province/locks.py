"""What a province campaign binds of the banks' own, by the version that a bank has joined.

Pure, except that rewards are compared with the current bank's coupon templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.canonical import dumps
from campaigns.errors import BadCampaign
from campaigns.province.choices import Field
from campaigns.province.wanted import dearer, misfit
from publishing.choices import Lock

if TYPE_CHECKING:
    from campaigns.designing.content import CampaignContent
    from campaigns.models import Campaign

Payload = Mapping[str, Any]
PERIOD = ("starts_at", "ends_at")


def binding(payload: Payload) -> dict[str, tuple[Lock, Any]]:
    """(lock, value) of every field; the value is None where the province says none."""
    fields = payload.get("fields", {})
    return {
        name: (Lock(fields[name].get("lock", Lock.FREE)), fields[name].get("value"))
        for name in Field.values
        if name in fields
    }


def check_locks(content: CampaignContent, payload: Payload) -> None:
    """Raises ``BadCampaign`` naming the field."""
    bound = binding(payload)
    for name, (lock, value) in bound.items():
        if name == Field.PERIOD:
            _check_period(content, lock, value)
        elif name == Field.EFFECTS:
            _check_effects(content, lock, value, bound.get(Field.BEARERS))
        elif lock == Lock.LOCKED:
            _check_same(content, name, value)
        elif lock == Lock.MUST_FILL:
            _check_filled(content, name, value)


def locked_fields(draft: Campaign) -> set[str]:
    """Columns of a campaign that its form does not offer. Which coupons it gives, the bank chooses
    even where the province says what they are worth."""
    locked = {
        name
        for name, (lock, _value) in binding(draft.province_payload).items()
        if lock == Lock.LOCKED and name != Field.EFFECTS
    }
    return (locked - {Field.PERIOD}) | set(PERIOD) if Field.PERIOD in locked else locked


def period_of(value: Mapping[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(value["starts_at"]), datetime.fromisoformat(value["ends_at"])


def same(one: Any, other: Any) -> bool:
    return dumps(one) == dumps(other)


# --- one field ------------------------------------------------------------------------------------
def _check_period(content: CampaignContent, lock: Lock, value: Mapping[str, Any]) -> None:
    starts, ends = period_of(value)
    if lock == Lock.LOCKED and (content.starts_at, content.ends_at) != (starts, ends):
        field = "starts_at" if content.starts_at != starts else "ends_at"
        raise BadCampaign(
            _("The province has locked the period: from %(starts)s to %(ends)s.")
            % {"starts": _shown(starts), "ends": _shown(ends)}, field=field, code="locked",
        )  # fmt: skip
    if content.starts_at < starts:
        raise BadCampaign(
            _("The province's campaign begins on %(when)s; yours cannot begin earlier.")
            % {"when": _shown(starts)}, field="starts_at", code="outside_province",
        )  # fmt: skip
    if content.ends_at is None or content.ends_at > ends:
        raise BadCampaign(
            _("The province's campaign ends on %(when)s; yours cannot run longer.")
            % {"when": _shown(ends)}, field="ends_at", code="outside_province",
        )  # fmt: skip


def _check_effects(
    content: CampaignContent, lock: Lock, value: Any, bearers: tuple[Lock, Any] | None
) -> None:
    shares = bearers[1] if bearers is not None and bearers[0] == Lock.LOCKED else None
    if lock == Lock.FREE or not value:
        sentence = dearer(content.effects, shares)
    else:
        sentence = misfit(value, content.effects, exact=lock == Lock.LOCKED, bearers=shares)
    if sentence:
        raise BadCampaign(sentence, field="effects", code="locked")


def _check_same(content: CampaignContent, name: str, value: Any) -> None:
    if not same(getattr(content, name), value):
        raise BadCampaign(
            _("The province has locked “%(field)s”; it cannot be changed here.")
            % {"field": Field(name).label}, field=name, code="locked",
        )  # fmt: skip


def _check_filled(content: CampaignContent, name: str, value: Any) -> None:
    """Something of the bank's own: neither nothing nor the words that only show where it goes."""
    given = getattr(content, name)
    is_text = isinstance(given, str)
    if not given or (is_text and value and given == value):
        raise BadCampaign(
            _("The province asks your bank to fill in “%(field)s”.")
            % {"field": Field(name).label}, field=name, code="must_fill",
        )  # fmt: skip


def _shown(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
