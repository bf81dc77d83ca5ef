"""Removing pictures that nothing shows and nothing ever showed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from announcements.ads.models import Picture
from announcements.ads.pictures import events, files
from audit.services import record

# A form that was left open over a holiday still finds its picture.
KEPT_DAYS = 30
MOST_AT_ONCE = 500

# Whatever was proposed or published keeps its pictures for ever, and so does what is offered to
# banks: they are asked for the names they carry, whatever their kind.
_CARRIERS = (
    ("publishing_publication", "payload"),
    ("approvals_request", "payload"),
    ("approvals_request", "before"),
    ("publishing_receivedoffer", "content"),
    ("publishing_offers_offer", "content"),
)
_NAMES = re.compile(r"/pictures/([0-9a-f]{32})/")


@transaction.atomic
def sweep_pictures(*, at: datetime | None = None) -> int:
    """Rows of the current schema; returns how many went. Their files go with ``sweep_files``."""
    named = _folders_named()
    gone = [each for each in _without_ad(_limit(at)) if _key(files.folder_of(each)) not in named]
    for picture in gone:
        picture.delete()
    if gone:
        swept = [str(picture.uid) for picture in gone]
        record(events.SWEPT, actor=None, target_kind=Picture._meta.label_lower, before=swept)
    return len(gone)


def sweep_files(*, at: datetime | None = None) -> int:
    """Folders that no row knows: of pictures that were swept, or of a process that died before its
    commit. Returns how many files went."""
    folders = _folders()
    known = {files.folder_of(picture) for picture in Picture.objects.only("original")}
    named = _folders_named() if folders - known else set()
    lost = [folder for folder in sorted(folders - known) if _key(folder) not in named]
    return sum(_remove_old(folder, _limit(at)) for folder in lost[:MOST_AT_ONCE])


def _limit(at: datetime | None) -> datetime:
    return (at or timezone.now()) - timedelta(days=KEPT_DAYS)


def _without_ad(before: datetime) -> Iterator[Picture]:
    rows = Picture.objects.filter(created_at__lt=before, ads=None).order_by("pk")
    pks = list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])
    yield from Picture.objects.filter(pk__in=pks).select_for_update(skip_locked=True)


def _key(folder: str) -> str:
    return folder.rpartition("/")[2]


def _folders_named() -> set[str]:
    """The folders of all pictures that a proposal, a publication or an offer carries."""
    wanted = f"%/{files.FOLDER}/%"
    with connection.cursor() as cursor:
        found: set[str] = set()
        for table, column in _CARRIERS:
            cursor.execute(
                f"SELECT {column}::text FROM {table} WHERE {column}::text LIKE %s",  # noqa: S608
                [wanted],
            )
            for (document,) in cursor:
                found.update(_NAMES.findall(document))
    return found


def _folders() -> set[str]:
    root = f"{connection.schema_name}/{files.FOLDER}"
    try:
        folders, _files = default_storage.listdir(root)
    except FileNotFoundError:
        return set()
    return {f"{root}/{name}" for name in folders if files.FOLDER_NAME.fullmatch(name)}


def _remove_old(folder: str, before: datetime) -> int:
    _folders_within, names = default_storage.listdir(folder)
    paths = [f"{folder}/{name}" for name in names]
    if any(default_storage.get_modified_time(path) >= before for path in paths):
        return 0
    files.remove(paths)
    files.remove_folder(folder)
    return len(paths)
