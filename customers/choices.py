from __future__ import annotations

from enum import StrEnum


class CallerKind(StrEnum):
    """Who holds a token of the channel API."""

    CUSTOMER = "customer"
    # The app before sign-in.
    VISITOR = "visitor"
    # A server that reports events of many customers.
    SYSTEM = "system"
