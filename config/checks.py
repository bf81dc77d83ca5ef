"""What a production run must have; a local run (DEBUG or embedded) makes its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

from tenants.media import parse_place

CONFIGURATION = "configuration"
SECRET_LENGTH, SECRET_VARIETY = 50, 5


@register(CONFIGURATION)
def check_secret_key(**_kwargs: Any) -> list[CheckMessage]:
    secret = settings.SECRET_KEY
    strong = len(secret) >= SECRET_LENGTH and len(set(secret)) >= SECRET_VARIETY
    if settings.LOCAL or (strong and not secret.startswith(("dev", "django-insecure"))):
        return []
    return [
        Error(
            "SECRET_KEY is too weak: sessions and one-time links could be forged.",
            hint=f"Set SECRET_KEY to at least {SECRET_LENGTH} random characters.",
            id="config.E001",
        )
    ]


@register(CONFIGURATION)
def check_field_keys(**_kwargs: Any) -> list[CheckMessage]:
    if settings.LOCAL or settings.FIELD_KEYS:
        return []
    return [
        Error(
            "FIELD_KEYS is empty: columns cannot be encrypted nor audit events sealed.",
            hint="Set FIELD_KEYS to ID:BASE64 of 32 random bytes; more keys follow after commas.",
            id="config.E002",
        )
    ]


@register(CONFIGURATION)
def check_channel_keys(**_kwargs: Any) -> list[CheckMessage]:
    if settings.LOCAL or _key_count(settings.CHANNEL_JWT_KEYS):
        return []
    return [
        Error(
            "CHANNEL_JWT_KEYS holds no key: no customer's token can be verified.",
            hint="Set CHANNEL_JWT_KEYS to the JSON Web Key Set of the mobile app's identity.",
            id="config.E003",
        )
    ]


@register(CONFIGURATION)
def check_https(**_kwargs: Any) -> list[CheckMessage]:
    if settings.LOCAL or settings.HTTPS:
        return []
    return [
        Error(
            "HTTPS is off: sign-ins and cookies would travel in the clear.",
            hint="Set HTTPS=1 and end TLS at the proxy (PROXY_COUNT says how many there are).",
            id="config.E004",
        )
    ]


@register(CONFIGURATION)
def check_media_storage(**_kwargs: Any) -> list[CheckMessage]:
    try:
        place = parse_place(settings.MEDIA_STORAGE)
    except ImproperlyConfigured as error:
        hint = "Set MEDIA_STORAGE=file and MEDIA_ROOT, or the address of a private bucket."
        return [Error(str(error), hint=hint, id="config.E005")]
    if place is not None:
        return _check_bucket_keys()
    return _check_media_folder(Path(settings.MEDIA_ROOT))


def _check_bucket_keys() -> list[CheckMessage]:
    if settings.MEDIA_S3_ACCESS_KEY and settings.MEDIA_S3_SECRET_KEY:
        return []
    return [
        Error(
            "MEDIA_STORAGE names a bucket, and there are no credentials for it.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            id="config.E006",
        )
    ]


def _check_media_folder(folder: Path) -> list[CheckMessage]:
    """The folder is made with its first file: what must be there is a place to make it in."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"MEDIA_ROOT cannot be written: {folder}.",
            hint="Give the account that runs the consoles a folder of its own for pictures.",
            id="config.E007",
        )
    ]


def require_sound_configuration() -> None:
    """For processes that no management command starts: the web server's workers."""
    errors = [message for message in run_checks(tags=[CONFIGURATION]) if message.is_serious()]
    if errors:
        raise SystemCheckError("\n".join(str(error) for error in errors))


def _key_count(document: str) -> int:
    try:
        keys = json.loads(document).get("keys")
    except (ValueError, AttributeError):
        return 0
    return len(keys) if isinstance(keys, list) else 0
