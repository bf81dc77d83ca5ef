"""Files that the consoles keep, on disk or in S3: every name starts with its schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, Storage
from django.db import connection
from storages.backends.s3 import S3Storage

from tenants.platform import PLATFORM

FILE = "file"
# No dot leads a part: neither "..", nor a hidden file.
NAME = re.compile(r"([a-z0-9_]+)(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 15, 3


@dataclass(frozen=True, slots=True)
class S3Place:
    bucket: str
    # Folder within the bucket; empty = its root.
    prefix: str = ""
    # Empty = Amazon's own.
    endpoint: str = ""
    region: str = ""


def parse_place(value: str) -> S3Place | None:
    """``file`` → None; ``s3://bucket/prefix?endpoint=https://…&region=…`` → where that is."""
    if value == FILE:
        return None
    url = urlsplit(value)
    options = dict(parse_qsl(url.query))
    endpoint = options.pop("endpoint", "")
    region = options.pop("region", "")
    sound = url.scheme == "s3" and BUCKET.fullmatch(url.netloc) and not options
    if not sound or (endpoint and urlsplit(endpoint).scheme not in ("http", "https")):
        raise ImproperlyConfigured(
            "MEDIA_STORAGE must be file, or s3://BUCKET?endpoint=https://HOST&region=REGION, "
            f"not {value!r}."
        )
    return S3Place(url.netloc, unquote(url.path).strip("/"), endpoint, region)


class OwnSchemaOnly(Storage):
    """Writes and removes only under the prefix of the current schema; reads the platform's too."""

    def open(self, name: str, mode: str = "rb") -> Any:
        return super().open(readable(name) if mode == "rb" else own(name), mode)

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        return super().save(own(name or ""), content, max_length)

    def delete(self, name: str) -> None:
        super().delete(own(name))

    def take_back(self, name: str) -> None:
        """Remove what a transaction wrote that is no more, wherever the connection stands now."""
        super().delete(name)


class DiskFiles(OwnSchemaOnly, FileSystemStorage):
    pass


class S3Files(OwnSchemaOnly, S3Storage):
    pass


def media_storage(**_options: Any) -> OwnSchemaOnly:
    """What ``STORAGES`` names as the default; refuses a bad MEDIA_STORAGE when it is first used."""
    place = parse_place(settings.MEDIA_STORAGE)
    return DiskFiles() if place is None else S3Files(**_s3_options(place))


def _s3_options(place: S3Place) -> dict[str, Any]:
    from botocore.config import Config

    return {
        "bucket_name": place.bucket,
        "location": place.prefix,
        "endpoint_url": place.endpoint or None,
        "region_name": place.region or None,
        "access_key": settings.MEDIA_S3_ACCESS_KEY or None,
        "secret_key": settings.MEDIA_S3_SECRET_KEY or None,
        "default_acl": None,
        "file_overwrite": False,
        "client_config": Config(
            signature_version="s3v4",
            # Of one's own servers few know a host name per bucket.
            s3={"addressing_style": "path" if place.endpoint else "auto"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        ),
    }


def own(name: str) -> str:
    """The name, when it is one of the current schema; raises SuspiciousFileOperation otherwise."""
    return _within(name, connection.schema_name)


def readable(name: str) -> str:
    """The name, when it is one of the current schema or of the platform; raises otherwise."""
    return _within(name, connection.schema_name, PLATFORM.schema_name)


def belongs_here(schema: str) -> bool:
    return schema in (connection.schema_name, PLATFORM.schema_name)


def _within(name: str, *schemas: str) -> str:
    found = NAME.fullmatch(name)
    if found is None or found[1] not in schemas:
        raise SuspiciousFileOperation(f"{name!r} is no file of {connection.schema_name}.")
    return name
