"""Where the platform may be made to call: public servers by their names, over TLS, nothing inside.

Names are resolved once, by us; all that they stand for must be public; and the connection goes to
the very address that was judged. Who answers differently the next time gains nothing by it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from openapi_gateway.access.addresses import BadAddress, clean_callbacks, is_local_trial
from openapi_gateway.webhooks.errors import AddressRefused

# Names to addresses, as texts. Raises OSError.
Resolve = Callable[[str, int], list[str]]
# Public by their numbers, and yet no place for a callback: relays into IPv4, a cloud's own host.
_NEVER = tuple(
    ip_network(each)
    for each in (
        "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "::/96", "64:ff9b::/96",
        "64:ff9b:1::/48", "100::/64", "2001::/32", "2002::/16", "fec0::/10",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int
    is_tls: bool
    # Of the machine itself, for trying out.
    is_local: bool = False


def target_of(url: str, environment: str) -> Target:
    """By its form alone. Raises ``AddressRefused``."""
    if is_local_trial(url, environment):
        parts = urlsplit(url)
        return Target(str(parts.hostname), parts.port or 80, is_tls=False, is_local=True)
    try:
        clean = clean_callbacks([url])
    except BadAddress as error:
        raise AddressRefused(str(error)) from error
    if not clean:
        raise AddressRefused(_("This is no address."))
    parts = urlsplit(clean[0])
    return Target(str(parts.hostname), parts.port or 443, is_tls=True)


def resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # no name that could be asked for
        raise AddressRefused(_("This is no address.")) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def safe_addresses(target: Target, resolver: Resolve = resolve) -> list[str]:
    """All of them public, or ``AddressRefused``: one bad answer among good ones is an attempt."""
    found = resolver(target.host, target.port)
    if target.is_local:
        return [each for each in found if ip_address(each).is_loopback]
    if not found:
        raise AddressRefused(_("The name of the callback address stands for no server."))
    if not all(is_public(each) for each in found):
        raise AddressRefused(
            _("The name of the callback address leads into a network that is not public.")
        )
    return found


def is_public(text: str) -> bool:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        # Nobody publishes such an answer in earnest.
        return False
    return not _is_special(address)


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    return (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or any(address.version == each.version and address in each for each in _NEVER)
    )
