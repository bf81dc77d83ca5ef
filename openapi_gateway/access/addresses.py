"""Where a partner calls from and is called at, as typed, cleaned or refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from openapi_gateway.choices import Environment

MOST_NETWORKS, MOST_CALLBACKS = 32, 5
URL_LENGTH = 300
# Nobody's servers fill more than that.
WIDEST = {4: 16, 6: 32}
_LABEL = re.compile(r"\A(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
# A top-level domain is never a number: this also refuses 127.1, 0x7f.1 and 2130706433.
_TOP = re.compile(r"\A(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\Z")
INSIDE = frozenset({"localhost", "local", "localdomain", "internal", "intranet", "lan", "corp",
                    "home", "private", "arpa", "onion"})  # fmt: skip
PORTS = frozenset({None, 443, 8443})
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class BadAddress(ValueError):
    """Its text is for the operator."""


def clean_networks(lines: Iterable[str]) -> list[str]:
    """In CIDR, each once; a single address is a network of its own."""
    found = list(dict.fromkeys(_network(line) for line in _filled(lines)))
    if len(found) > MOST_NETWORKS:
        raise BadAddress(
            _("At most %(most)s address ranges for one environment: join neighbouring ones.")
            % {"most": MOST_NETWORKS}
        )
    return found


def clean_callbacks(lines: Iterable[str], environment: str = "") -> list[str]:
    found = list(
        dict.fromkeys(
            line if is_local_trial(line, environment) else _callback(line)
            for line in _filled(lines)
        )
    )
    if len(found) > MOST_CALLBACKS:
        raise BadAddress(
            _("At most %(most)s callback addresses for one environment.") % {"most": MOST_CALLBACKS}
        )
    return found


def is_local_trial(url: str, environment: str) -> bool:
    """Plain HTTP to this machine: by an explicit setting, in local runs, in the sandbox."""
    if not (settings.LOCAL and settings.WEBHOOK_LOCAL and environment == Environment.SANDBOX):
        return False
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and parts.username is None and not parts.fragment
    host = parts.netloc.rpartition(":")[0] or parts.netloc
    return is_plain and host in _LOOPBACK_NAMES


def _filled(lines: Iterable[str]) -> list[str]:
    return [text for line in lines if (text := str(line).strip())]


def _network(text: str) -> str:
    shown = {"text": text[:60]}
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise BadAddress(
            _("“%(text)s” is no address range. Write it like 203.0.113.0/24 or 203.0.113.7.")
            % shown
        ) from None
    if "/" in text and ip_address(text.split("/")[0]) != network.network_address:
        raise BadAddress(
            _("“%(text)s” does not begin where its range begins. Did you mean %(network)s?")
            % {**shown, "network": network}
        )
    _require_usable(network, shown)
    return str(network)


def _require_usable(network: IPv4Network | IPv6Network, shown: dict[str, str]) -> None:
    if network.prefixlen < WIDEST[network.version]:
        raise BadAddress(
            _("“%(text)s” is too wide: at most /%(most)s. Name the servers that really call.")
            % {**shown, "most": WIDEST[network.version]}
        )
    if (
        network.is_loopback or network.is_multicast or network.is_unspecified
        or network.is_link_local or getattr(network.network_address, "ipv4_mapped", None)
    ):  # fmt: skip
        raise BadAddress(
            _("Nobody can call from “%(text)s”: it is an address inside one machine or segment.")
            % shown
        )


def _callback(text: str) -> str:
    shown = {"text": text[:80]}
    if len(text) > URL_LENGTH or not text.isascii() or re.search(r"[\s\x00-\x1f\\]", text):
        raise BadAddress(
            _("“%(text)s” is no callback address: at most %(most)s characters, without blanks and"
              " special characters.") % {**shown, "most": URL_LENGTH}
        )  # fmt: skip
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        raise BadAddress(_("“%(text)s” is no address.") % shown) from None
    if parts.scheme != "https":
        raise BadAddress(
            _("“%(text)s” does not begin with https://. Callbacks are only sent encrypted.") % shown
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadAddress(
            _("“%(text)s” carries a user name, a password or a #: leave them out.") % shown
        )
    if port not in PORTS:
        raise BadAddress(_("“%(text)s” names a port other than 443 and 8443.") % shown)
    if not _is_public_name(host):
        raise BadAddress(
            _("“%(text)s” does not name a public host. Use a domain name, not an address and not a"
              " name of an internal network.") % shown
        )  # fmt: skip
    return parts._replace(scheme="https", netloc=parts.netloc.lower()).geturl()


def _is_public_name(host: str) -> bool:
    labels = host.lower().split(".")
    if len(labels) < 2 or len(host) > 253 or labels[-1] in INSIDE:
        return False
    return bool(_TOP.match(labels[-1])) and all(_LABEL.match(label) for label in labels)
