from __future__ import annotations

from celery import shared_task

from announcements.ads.pictures.sweeping import sweep_files, sweep_pictures
from tenants.fanout import for_each_bank


@shared_task(name="announcements.ads.pictures.tasks.sweep_everywhere")
def sweep_everywhere() -> int:
    """By the clock, on the platform: for itself, and one task per bank. Safe to run twice."""
    sweep()
    return for_each_bank("announcements.ads.pictures.tasks.sweep", jitter=3600)


@shared_task(name="announcements.ads.pictures.tasks.sweep")
def sweep() -> int:
    gone = sweep_pictures()
    sweep_files()
    return gone
