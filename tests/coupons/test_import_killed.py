"""A worker that is killed in the middle of an import: on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from coupons.choices import BatchState
from coupons.importing_pages.starting import start_import
from coupons.models import Batch, Coupon
from intake import reaping
from intake.models import Job, StoredFile
from intake.stored_files import store
from tests.approvals.racing import racing_bank
from tests.coupons.making import live_template, people

ROWS = 150_000
PATIENCE = 120
WORKER = """
import sys
import django
django.setup()
from django_tenants.utils import tenant_context
from intake.running import run_job
from tenants.models import Bank
with tenant_context(Bank.objects.get(slug="racing")):
    print(run_job(int(sys.argv[1])))
"""


@contextmanager
def worker(job: Job, media: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the job, as a Celery worker would."""
    url = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "DATABASE_URL": url._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "MEDIA_ROOT": str(media),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TMPDIR": str(media),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(job.pk)], env=environment, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)


def waited(condition: Any) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes are started here, by hand."""
    for module in ("intake.jobs", "intake.reaping"):
        monkeypatch.setattr(f"{module}.enqueue_on_commit", lambda *given, **more: None)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_s_import_is_taken_up_and_finished_once(
    settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    file = tmp_path / "in.csv"
    file.write_text("券码\n" + "".join(f"K{row:09d}\n" for row in range(ROWS)), "utf-8")

    with racing_bank() as bank:
        job = begin(file)
        with worker(job, settings.MEDIA_ROOT) as process:
            assert waited(lambda: Batch.objects.filter(rows__gt=0).exists())
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=20)
        batch = Batch.objects.get()
        assert batch.state == BatchState.LOADING
        assert 0 < Coupon.objects.count() < ROWS
        assert leftovers(settings.MEDIA_ROOT, b"K000000001") == []

        assert reaping.requeue_lost(at=timezone.now() + timedelta(seconds=61)) == 1
        with worker(job, settings.MEDIA_ROOT) as process:
            told, _errors = process.communicate(timeout=PATIENCE)

        job.refresh_from_db()
        batch.refresh_from_db()
        assert (told.strip(), job.attempt) == ("done", 2)
        assert (batch.state, batch.rows, batch.count) == (BatchState.LOADED, ROWS, ROWS)
        assert Coupon.objects.filter(batch=batch).count() == ROWS
        assert StoredFile.objects.get().stored_as == ""
        assert bank.slug == "racing"


def begin(file: Path) -> Job:
    maker = people()[0]
    stored = store(actor=maker, file=file, name="in.csv")
    file.unlink()
    return start_import(
        actor=maker, stored=stored, template=live_template(), mapping={"券码": "code"}
    )


def leftovers(folder: Path, secret: bytes) -> list[Path]:
    """Files that hold a code in the clear."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if secret in path.read_bytes()]
