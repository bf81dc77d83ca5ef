"""What rows every schema is born with, as digests: a changed role map makes every bank "behind".

The rooms write their seed rows in ``post_migrate``; here they only say what they would write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

_digests: dict[str, Callable[[], str]] = {}


def register_seed(name: str, digest: Callable[[], str]) -> None:
    """``digest()`` must be the same in every process that runs the same code."""
    _digests[name] = digest


def seed_digest() -> str:
    parts = [f"{name}={_digests[name]()}" for name in sorted(_digests)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
