"""The files of a picture: one folder each, under a name that nobody can guess."""

from __future__ import annotations

import re
import secrets
import weakref
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from tenants.media import own

if TYPE_CHECKING:
    from announcements.ads.models import Picture

FOLDER = "pictures"
FOLDER_NAME = re.compile(r"[0-9a-f]{32}")
SUFFIX = ".webp"
ORIGINAL = "original"


def new_folder() -> str:
    return f"{connection.schema_name}/{FOLDER}/{secrets.token_hex(16)}"


def folder_of(picture: Picture) -> str:
    return picture.original.rpartition("/")[0]


def write(folder: str, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Stores them and returns their full names. Within a transaction: when that is undone, so are
    the files."""
    names = {name: own(f"{folder}/{name}{SUFFIX}") for name in contents}
    _remove_when_undone(list(names.values()))
    for name, data in contents.items():
        stored = default_storage.save(names[name], ContentFile(data))
        if stored != names[name]:
            default_storage.delete(stored)
            raise FileExistsError(names[name])
    return names


def read(name: str) -> bytes:
    with default_storage.open(name, "rb") as file:
        return bytes(file.read())


def remove(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


def remove_folder(folder: str) -> None:
    """An empty one; in a bucket there are none."""
    with suppress(OSError):
        default_storage.delete(folder)


class _Token:
    """Lives exactly as long as the transaction may still commit."""


def _remove_when_undone(names: list[str]) -> None:
    """Django tells of a commit, but not of a rollback: then it drops the callback, and with the
    callback goes the last reference to the token."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Files are written inside a transaction.")
    token = _Token()
    undo = weakref.finalize(token, _take_back, names)
    undo.atexit = False
    transaction.on_commit(partial(_keep, undo, token))
    # First of all callbacks: one that fails would drop those behind it, after the commit.
    connection.run_on_commit.insert(0, connection.run_on_commit.pop())


def _keep(undo: weakref.finalize, token: _Token) -> None:
    undo.detach()


def _take_back(names: list[str]) -> None:
    for name in names:
        default_storage.take_back(name)
