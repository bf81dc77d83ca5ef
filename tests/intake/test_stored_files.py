from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from intake import sealing, stored_files
from intake.errors import FileGone
from intake.models import StoredFile
from intake.sealing import PIECE
from intake.stored_files import fetch_file, opened, plain_path, store
from operators.errors import NotAllowed
from tenants.encryption import CannotDecrypt
from tests.approvals.people import make_operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media_of_this_test(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def keep(data: bytes, **more: Any) -> StoredFile:
    actor = more.pop("actor", None) or make_operator("maker", "maker")
    return store(actor=actor, file=io.BytesIO(data), name="券码.csv", **more)


def on_disk(stored: StoredFile) -> Path:
    return Path(default_storage.path(stored.stored_as))


def read(stored: StoredFile) -> bytes:
    with opened(stored) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17])
def test_what_is_stored_comes_back(bank: Any, size: int) -> None:
    data = os.urandom(size)

    stored = keep(data)

    assert read(stored) == data
    assert stored.size == size
    assert StoredFile.objects.get().name == "券码.csv"


def test_nothing_of_the_file_lies_in_the_clear(bank: Any) -> None:
    stored = keep(b"6217001234567890" * 10_000)

    lying = on_disk(stored).read_bytes()

    assert b"6217001234567890" not in lying
    assert stored.stored_as.startswith(f"{bank.schema_name}/files/")
    assert "csv" not in stored.stored_as


def test_an_end_that_was_cut_off_is_noticed(bank: Any) -> None:
    stored = keep(os.urandom(3 * PIECE))
    place, whole = on_disk(stored), on_disk(stored).read_bytes()
    piece = PIECE + 16
    head = len(whole) - 3 * piece

    for length in (head, head + piece, head + 2 * piece, len(whole) - 1, 3):
        place.write_bytes(whole[:length])
        with pytest.raises(CannotDecrypt):
            read(stored)


def test_swapped_repeated_and_changed_pieces_are_noticed(bank: Any) -> None:
    stored = keep(os.urandom(3 * PIECE))
    place, whole = on_disk(stored), on_disk(stored).read_bytes()
    piece = PIECE + 16
    start, first = whole[: -3 * piece], whole[-3 * piece : -2 * piece]
    second, third = whole[-2 * piece : -piece], whole[-piece:]

    for forged in (
        start + second + first + third,
        start + first + first + third,
        start + first + second + third + third,
        start + first[:-1] + bytes([first[-1] ^ 1]) + second + third,
        bytes([*start[:-1], start[-1] ^ 1]) + first + second + third,
    ):
        place.write_bytes(forged)
        with pytest.raises(CannotDecrypt):
            read(stored)


def test_a_file_of_another_bank_does_not_open(alpha: Any, beta: Any) -> None:
    with tenant_context(alpha):
        lying = on_disk(keep(b"codes")).read_bytes()
    with tenant_context(beta):
        stored = keep(b"others")
        on_disk(stored).write_bytes(lying)

        with pytest.raises(CannotDecrypt):
            read(stored)


def test_the_plain_file_is_private_and_gone_afterwards(bank: Any) -> None:
    stored = keep(b"code\n1234\n")

    with plain_path(stored) as path:
        assert path.read_bytes() == b"code\n1234\n"
        assert path.name == "券码.csv"
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0
        folder = path.parent
        # No name in any folder: whoever kills the process leaves a dangling link.
        assert path.is_symlink()
    assert not folder.exists()


def test_the_name_of_the_file_cannot_leave_its_folder(bank: Any) -> None:
    assert stored_files.safe_name("../../etc/passwd") == "passwd"
    assert stored_files.safe_name("..") == "file"
    assert stored_files.safe_name("七月 券码(1).xlsx") == "七月_券码(1).xlsx"


def test_who_may_fetch_a_file(bank: Any) -> None:
    maker, other = make_operator("first", "maker"), make_operator("second", "maker")
    viewer, branch = make_operator("viewer", "viewer"), make_operator("branch", "branch")
    shared = keep(b"1", actor=maker, permission="coupons.add_batch")
    own = keep(b"2", actor=maker)

    assert fetch_file(actor=other, uid=shared.uid) == shared
    assert fetch_file(actor=maker, uid=own.uid) == own
    for actor, file in ((viewer, shared), (branch, shared), (other, own), (viewer, own)):
        with pytest.raises(NotAllowed):
            fetch_file(actor=actor, uid=file.uid)

    fetched = AuditEvent.objects.filter(event="intake.file_fetched")
    assert sorted(fetched.values_list("actor_username", flat=True)) == ["first", "second"]


def test_a_disabled_operator_fetches_nothing(bank: Any) -> None:
    maker = make_operator("first", "maker")
    stored = keep(b"1", actor=maker)
    maker.is_active = False

    with pytest.raises(NotAllowed):
        fetch_file(actor=maker, uid=stored.uid)


def test_an_expired_file_is_swept_and_its_row_remains(
    bank: Any, django_capture_on_commit_callbacks: Any
) -> None:
    maker, now = make_operator("first", "maker"), timezone.now()
    expired = keep(b"1", actor=maker, expires_at=now + timedelta(days=30))
    kept = keep(b"2", actor=maker, expires_at=now + timedelta(days=31))
    for_ever = keep(b"3", actor=maker)
    place, later = on_disk(expired), now + timedelta(days=30, seconds=1)

    with pytest.raises(FileGone):
        fetch_file(actor=maker, uid=expired.uid, at=later)
    with django_capture_on_commit_callbacks(execute=True):
        assert stored_files.sweep_expired(at=later) == 1

    assert not place.exists()
    expired.refresh_from_db()
    assert (expired.stored_as, expired.name) == ("", "券码.csv")
    assert (read(kept), read(for_ever)) == (b"2", b"3")
    assert stored_files.sweep_expired(at=later) == 0


def test_a_file_that_no_row_knows_is_swept_after_a_day(bank: Any) -> None:
    stored = keep(b"1")
    place = on_disk(stored)
    StoredFile.objects.all().delete()

    assert stored_files.sweep_lost() == 0
    assert place.exists()
    assert stored_files.sweep_lost(at=timezone.now() + timedelta(days=2)) == 1
    assert not place.exists()


def test_the_media_address_gives_no_stored_file(bank: Any, client: Any) -> None:
    stored = keep(b"1")

    answer = client.get(f"/media/{stored.stored_as}", headers={"host": "alpha.localhost"})

    assert answer.status_code == 404


def test_pieces_are_read_whole_from_a_storage_that_gives_less(bank: Any) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 1000))

    sealed = io.BytesIO()
    sealing.seal(Slow(b"x" * (PIECE + 5)), sealed)

    assert sealing.Unsealed(Slow(sealed.getvalue())).readall() == b"x" * (PIECE + 5)
