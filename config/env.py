"""Typed readers of environment variables; a bad value raises, naming the variable."""

from __future__ import annotations

import base64
import binascii
import os
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set.")
    return value


def boolean(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in TRUE


def integer(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def keyring(name: str, default: str | None = None) -> dict[str, bytes]:
    """``id:base64,id:base64`` → keys of 32 bytes by id; the first one is the active one."""
    keys: dict[str, bytes] = {}
    for part in text(name, default).split(","):
        if not part.strip():
            continue
        key_id, separator, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ImproperlyConfigured(f"{name}: key {key_id!r} is not base64.") from error
        if not separator or not key_id or len(key) != 32 or key_id in keys:
            raise ImproperlyConfigured(
                f"{name}: every part must be ID:BASE64 of 32 bytes, with ids used once."
            )
        keys[key_id] = key
    return keys


def database(name: str) -> dict[str, object]:
    """A PostgreSQL address as Django's connection settings.

    Understands ``postgres://user:password@host:port/name?key=value`` and, for a socket folder,
    ``postgres://user:password@/name?host=/folder``.
    """
    raw = text(name)
    url = urlsplit(raw)
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise ImproperlyConfigured(
            f"{name} must look like postgres://user:password@host:port/name."
        )
    options = dict(pair.partition("=")[::2] for pair in url.query.split("&") if pair)
    host = unquote(options.pop("host", "")) or url.hostname or ""
    port = options.pop("port", "") or url.port or ""
    return {
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": host,
        "PORT": str(port),
        "OPTIONS": {key: unquote(value) for key, value in options.items()},
    }
