"""What the consoles and their files show of a caller's address and of whom a call was about."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

HIDDEN = "*"
SUBJECT_SHOWN = 6


def mask_address(address: str) -> str:
    """203.0.113.77 → 203.0.113.*; of IPv6, the network of a site stays."""
    try:
        found = ip_address(address)
    except ValueError:
        return HIDDEN if address else ""
    found = getattr(found, "ipv4_mapped", None) or found
    if isinstance(found, IPv4Address):
        return f"{str(found).rpartition('.')[0]}.{HIDDEN}"
    site = [each.lstrip("0") or "0" for each in found.exploded.split(":")[:3]]
    return f"{':'.join(site)}::{HIDDEN}"


def mask_subject(subject: str) -> str:
    """Its beginning, at most half of it."""
    shown = min(SUBJECT_SHOWN, len(subject) // 2)
    return f"{subject[:shown]}{HIDDEN * 4}" if subject else ""
