from __future__ import annotations

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from tenants import periodic


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(periodic, "_periodics", {})
    PeriodicTask.objects.filter(name__startswith=periodic.PREFIX).delete()


def rows() -> list[tuple[str, str, int, bool]]:
    ours = PeriodicTask.objects.filter(name__startswith=periodic.PREFIX).order_by("name")
    return [(row.name, row.task, row.interval.every, row.enabled) for row in ours]


def test_the_registry_becomes_rows_and_follows_changes() -> None:
    periodic.register_periodic("seal", "audit.tasks.seal", 2)
    periodic.register_periodic("remind", "approvals.tasks.remind", 300)
    periodic.sync_periodic_tasks()
    assert rows() == [
        ("fuxiang: remind", "approvals.tasks.remind", 300, True),
        ("fuxiang: seal", "audit.tasks.seal", 2, True),
    ]

    periodic._periodics.clear()
    periodic.register_periodic("seal", "audit.tasks.seal", 5)
    periodic.sync_periodic_tasks()
    assert rows() == [("fuxiang: seal", "audit.tasks.seal", 5, True)]


def test_nothing_is_written_when_nothing_changed_and_a_paused_task_stays_paused() -> None:
    periodic.register_periodic("seal", "audit.tasks.seal", 2)
    periodic.sync_periodic_tasks()
    PeriodicTask.objects.filter(name="fuxiang: seal").update(enabled=False)
    touched = PeriodicTasks.last_change()

    periodic.sync_periodic_tasks()

    assert PeriodicTasks.last_change() == touched
    assert rows() == [("fuxiang: seal", "audit.tasks.seal", 2, False)]


def test_rows_made_by_hand_are_left_alone() -> None:
    interval = IntervalSchedule.objects.create(every=7, period=IntervalSchedule.DAYS)
    PeriodicTask.objects.create(name="by hand", task="x", interval=interval)

    periodic.sync_periodic_tasks()

    assert PeriodicTask.objects.filter(name="by hand").exists()


def test_one_name_means_one_thing() -> None:
    periodic.register_periodic("seal", "audit.tasks.seal", 2)
    periodic.register_periodic("seal", "audit.tasks.seal", 2)
    with pytest.raises(ValueError, match="registered twice"):
        periodic.register_periodic("seal", "audit.tasks.seal", 3)
