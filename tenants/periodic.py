"""What happens by the clock, said in code and carried into the scheduler's tables (public)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.db import transaction

from tenants.platform import PLATFORM
from tenants.search_path import on_public
from tenants.tasks_api import SCHEMA_HEADER

PREFIX = "fuxiang: "


@dataclass(frozen=True, slots=True)
class Periodic:
    name: str
    task: str
    every_seconds: int


_periodics: dict[str, Periodic] = {}


def register_periodic(name: str, task: str, every_seconds: int) -> None:
    """The task starts on public; what concerns banks fans out with ``for_each_bank``."""
    known = _periodics.setdefault(name, Periodic(name, task, every_seconds))
    if known != Periodic(name, task, every_seconds):
        raise ValueError(f"The periodic task {name!r} is registered twice, differently.")


def registered_periodics() -> list[Periodic]:
    return sorted(_periodics.values(), key=lambda periodic: periodic.name)


def sync_periodic_tasks() -> None:
    """Make the scheduler's rows equal the registry. Rows made by hand are left alone, and one that
    an operator has paused stays paused."""
    from django_celery_beat.models import PeriodicTask

    with on_public(), transaction.atomic():
        names = [PREFIX + periodic.name for periodic in registered_periodics()]
        for row in PeriodicTask.objects.filter(name__startswith=PREFIX).exclude(name__in=names):
            row.delete()
        for periodic in registered_periodics():
            _sync(periodic)


def _sync(periodic: Periodic) -> None:
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    interval, _created = IntervalSchedule.objects.get_or_create(
        every=periodic.every_seconds, period=IntervalSchedule.SECONDS
    )
    wanted = {
        "task": periodic.task,
        "interval": interval,
        "headers": json.dumps({SCHEMA_HEADER: PLATFORM.schema_name}),
        # A worker that was away is not met by a pile of the same work.
        "expire_seconds": max(periodic.every_seconds * 2, 60),
    }
    row = PeriodicTask.objects.filter(name=PREFIX + periodic.name).first()
    if row is None:
        PeriodicTask.objects.create(name=PREFIX + periodic.name, **wanted)
    elif any(getattr(row, field) != value for field, value in wanted.items()):
        # By save(): only that tells a running scheduler.
        for field, value in wanted.items():
            setattr(row, field, value)
        row.save()
