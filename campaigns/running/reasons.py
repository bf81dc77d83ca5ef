"""Why somebody got nothing, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns.choices import Refusal
from campaigns.rules.checking import LIMIT_KEYS
from campaigns.rules.wording import describe_limit

if TYPE_CHECKING:
    from campaigns.models import Participation


def reason_of(row: Participation) -> str:
    """Empty when nothing was refused."""
    if not row.refusal:
        return ""
    return " · ".join(filter(None, [str(row.get_refusal_display()), _detail(row)]))


def _detail(row: Participation) -> str:
    """A limit is kept as "measure:period:per:limit"."""
    parts = row.detail.split(":")
    if row.refusal != Refusal.LIMIT or len(parts) != len(LIMIT_KEYS) + 1:
        return row.detail
    try:
        limit = dict(zip(LIMIT_KEYS, parts[:-1], strict=True))
        return describe_limit({**limit, "limit": int(parts[-1])})
    except ValueError:
        # A word of another release.
        return row.detail
