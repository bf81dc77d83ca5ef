"""One spelling for every value, before it is stored and again when it is verified."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from audit.errors import NotCanonical, SecretInAudit

SECRET_NAMES = frozenset(
    {
        *("password", "passwd", "pwd", "passphrase", "pin", "otp", "totp", "cvv", "token"),
        *("secret", "secret_key", "private_key", "api_key", "access_key", "session_key"),
        *("credential", "credentials"),
    }
)
SECRET_ENDINGS = tuple(f"_{name}" for name in sorted(SECRET_NAMES))
# PostgreSQL's text holds no NUL, and UTF-8 no half of a surrogate pair.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ENCODER = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)


def clean_text(value: object, length: int | None = None) -> str:
    text = str(value)
    if not text.isprintable():  # much cheaper than the pattern, and true of nearly all
        text = UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text[:length]


def canonical(value: Any) -> Any:
    """``value`` in the plain JSON types that come back from a jsonb column unchanged.

    Decimals, dates, times and UUIDs become text. A float has no exact spelling and is refused, as
    are a time without a zone and anything that is not data.
    """
    kind = type(value)
    if kind is str:
        return clean_text(value)
    if value is None or kind is int or kind is bool:
        return value
    return _canonical_of_other(value)


def _canonical_of_other(value: Any) -> Any:
    if isinstance(value, Enum):
        return canonical(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str | Promise | UUID):
        return clean_text(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        return _moment(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, set | frozenset):
        return sorted((canonical(item) for item in value), key=dumps)
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    raise NotCanonical(f"{type(value).__name__} {value!r} cannot be recorded exactly; pass text.")


def dumps(value: Any) -> str:
    """The one text of a canonical value: what a MAC is computed over."""
    return ENCODER.encode(value)


def refuse_secrets(value: Any) -> None:
    """Raise if a key of ``value``, at any depth, is the name of a secret."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_secret_key(str(key), item)
            refuse_secrets(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            refuse_secrets(item)


def _refuse_secret_key(key: str, item: Any) -> None:
    is_secret, ends_like_one = _looks_of(key)
    # A flag such as must_change_password tells no secret.
    if is_secret or (ends_like_one and not isinstance(item, bool)):
        raise SecretInAudit(f"{key!r} must not enter the audit trail.")


@lru_cache(maxsize=4096)
def _looks_of(key: str) -> tuple[bool, bool]:
    """Whether a key is the name of a secret, and whether it ends like one."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+", "_", key).lower()
    return name in SECRET_NAMES, name.endswith(SECRET_ENDINGS)


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise NotCanonical(f"{value} is not a number.")
    return format(value, "f")


def _moment(value: dt.datetime | dt.date | dt.time | dt.timedelta) -> str:
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise NotCanonical(f"{value!r} has no time zone.")
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, dt.timedelta) else value.isoformat()


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    result = {clean_text(key): canonical(item) for key, item in value.items()}
    if len(result) != len(value):
        raise NotCanonical("Two keys have the same text.")
    return result
