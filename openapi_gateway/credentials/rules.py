"""What clients and keys must be like, whoever asks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from openapi_gateway.access.addresses import BadAddress, clean_networks
from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant, GrantedService
from openapi_gateway.choices import Environment, Level
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.errors import BadAddresses, BadClient, CredentialRefused
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.models.keys import MAX_DAYS

OVERLAP_DAYS, MOST_OVERLAP_DAYS = 7, 30
REMINDER_DAYS = (30, 14, 7, 1)
MOST_ORIGINS = 10
NAME_LENGTH, SUMMARY_LENGTH, REASON_LENGTH = 60, 200, 200
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
_ORIGIN = re.compile(rf"https://{_HOST}(?::[0-9]{{2,5}})?")
# Pages of a machine on which this very project is tried.
_LOCAL_ORIGIN = re.compile(r"http://(?:[a-z0-9-]+\.)*localhost(?::[0-9]{2,5})?")


# --- clients --------------------------------------------------------------------------------------
def clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise BadClient(
            _("Give the client a name of at most %(most)s characters.") % {"most": NAME_LENGTH}
        )
    return name


def clean_summary(summary: str) -> str:
    summary = summary.strip()
    if len(summary) > SUMMARY_LENGTH:
        raise BadClient(
            _("The summary has at most %(most)s characters.") % {"most": SUMMARY_LENGTH}
        )
    return summary


def clean_origins(origins: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(text.lower() for each in origins if (text := each.strip())))
    if len(found) > MOST_ORIGINS:
        raise BadClient(_("At most %(most)s web origins.") % {"most": MOST_ORIGINS})
    for origin in found:
        if not _ORIGIN.fullmatch(origin) and not (
            settings.LOCAL and _LOCAL_ORIGIN.fullmatch(origin)
        ):
            raise BadClient(
                _(
                    "“%(origin)s” is no web origin. Write https:// and the host's name, without a "
                    "path: https://m.example.com"
                )
                % {"origin": origin[:80]}
            )
    return found


def refuse_taken_name(bank_id: int, name: str, *, but: int = 0) -> None:
    if Client.objects.filter(bank_id=bank_id, name=name).exclude(pk=but).exists():
        raise BadClient(_("This bank has a client of this name already. Choose another name."))


# --- keys -----------------------------------------------------------------------------------------
def clean_reason(reason: str) -> str:
    reason = reason.strip()[:REASON_LENGTH]
    if not reason:
        raise CredentialRefused(_("Give the reason."))
    return reason


def require_days(days: int) -> timedelta:
    if not 1 <= days <= MAX_DAYS:
        raise CredentialRefused(_("A key is valid for 1 to %(most)s days.") % {"most": MAX_DAYS})
    return timedelta(days=days)


def require_overlap(days: int) -> timedelta:
    """0 = the old key ends at once."""
    if not 0 <= days <= MOST_OVERLAP_DAYS:
        raise CredentialRefused(
            _("The old key stays valid for %(most)s days at most.") % {"most": MOST_OVERLAP_DAYS}
        )
    return timedelta(days=days)


def passed_reminders(days: float) -> list[int]:
    """The reminders that a key which ends in so many days has no use for."""
    return [each for each in REMINDER_DAYS if each >= days]


def require_environment(environment: str) -> Environment:
    try:
        return Environment(environment)
    except ValueError:
        raise CredentialRefused(_("Choose sandbox or production.")) from None


def clean_key_addresses(client: Client, environment: str, lines: Iterable[str]) -> list[str]:
    """Within those of the client's grants; a key cannot widen them."""
    try:
        found = clean_networks(lines)
    except BadAddress as error:
        raise BadAddresses(str(error)) from error
    allowed = [ip_network(each) for each in _granted_networks(client, environment)]
    for text in found:
        network = ip_network(text)
        if allowed and not any(
            network.version == each.version and network.subnet_of(each)  # type: ignore[arg-type]
            for each in allowed
        ):
            raise BadAddresses(
                _(
                    "%(network)s lies outside the addresses of the client's grants (%(allowed)s). "
                    "Apply for it first."
                )
                % {"network": text, "allowed": ", ".join(str(each) for each in allowed)}
            )
    return found


def _granted_networks(client: Client, environment: str) -> list[str]:
    """Empty also when one of the grants allows every address."""
    listed = [each.addresses.get(environment, []) for each in _open_grants(client)]
    return [] if not all(listed) else [network for each in listed for network in each]


def has_open_grant(client: Client) -> bool:
    return _open_grants(client).exists()


def _open_grants(client: Client) -> QuerySet[Grant]:
    return Grant.objects.filter(client=client).exclude(
        state__in=(GrantState.TERMINATED, GrantState.EXPIRED)
    )


def require_symmetric_allowed(client: Client, environment: Environment) -> None:
    """A shared secret could be used by either side; that is not good enough for A2."""
    if environment is Environment.SANDBOX:
        return
    granted = GrantedService.objects.filter(grant__in=_open_grants(client))
    if granted.filter(plan__version__service__level=Level.A2).exists():
        raise CredentialRefused(
            _(
                "This client calls A2 services: in production it needs a key pair. Upload a P-256, "
                "Ed25519 or SM2 public key instead."
            )
        )


def active_and_retiring(client: Client, environment: str) -> tuple[Key | None, Key | None]:
    rows = Key.objects.filter(
        client=client, environment=environment, state__in=KeyState.usable()
    ).select_for_update()
    found = {row.state: row for row in rows.order_by("pk")}
    return found.get(KeyState.ACTIVE), found.get(KeyState.RETIRING)


def ends_soon(key: Key, at: datetime) -> bool:
    return key.ends_at - at <= timedelta(days=REMINDER_DAYS[0])
