"""A key as the pages of clients and keys tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openapi_gateway.choices import Algorithm, Environment
from openapi_gateway.credentials import rules
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Client, Key

STATE_COLOURS = {
    KeyState.PENDING: "warning", KeyState.ACTIVE: "success", KeyState.RETIRING: "info",
    KeyState.RETIRED: "", KeyState.EXPIRED: "", KeyState.REVOKED: "danger",
}  # fmt: skip
ENVIRONMENT_COLOURS = {Environment.SANDBOX: "", Environment.PRODUCTION: "info"}


@dataclass(frozen=True, slots=True)
class Row:
    key_id: str
    address: str
    algorithm: str
    fingerprint: str
    state: str
    colour: str
    ends: str
    is_soon: bool
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """The keys of one client in one environment."""

    environment: Environment
    rows: list[Row]
    # How many that have ended are not shown.
    ended: int
    more_address: str
    has_active: bool


def place_of(client: Client, environment: Environment, site: str) -> Place:
    now = timezone.now()
    keys = list(client.keys.filter(environment=environment).order_by("-id"))
    shown = [key for key in keys if key.standing(now) not in KeyState.final()]
    address = reverse(f"{site}:gateway_credentials_key_changelist")
    return Place(
        environment,
        [row_of(key, site, now) for key in shown],
        len(keys) - len(shown),
        f"{address}?q={client.app_id}",
        any(key.standing(now) == KeyState.ACTIVE for key in shown),
    )


def row_of(key: Key, site: str, now: datetime) -> Row:
    state = key.standing(now)
    return Row(
        key_id=key.key_id,
        address=reverse(f"{site}:gateway_credentials_key_change", args=[key.pk]),
        algorithm=str(Algorithm(key.algorithm).label),
        fingerprint=key.fingerprint,
        state=str(state.label),
        colour=STATE_COLOURS[state],
        ends=end_of(key, now),
        is_soon=state in KeyState.usable() and rules.ends_soon(key, now),
        last_used_at=key.last_used_at,
    )


def end_of(key: Key, now: datetime) -> str:
    """When, and for keys in use how many days that is away."""
    day = timezone.localtime(key.ends_at).strftime("%Y-%m-%d %H:%M")
    if key.standing(now) not in KeyState.usable():
        return day
    days = (key.ends_at - now).days
    if days < 1:
        return _("%(day)s (within a day)") % {"day": day}
    return ngettext("%(day)s (%(days)s day left)", "%(day)s (%(days)s days left)", days) % {
        "day": day,
        "days": days,
    }
