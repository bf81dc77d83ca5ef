from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from intake import reaping, running, stored_files
from tenants.fanout import for_each_bank
from tenants.models import Bank


@shared_task(name="intake.tasks.run_job")
def run_job(job_id: int) -> str:
    return running.run_job(job_id)


@shared_task(name="intake.tasks.tidy_cancelled")
def tidy_cancelled(job_id: int) -> None:
    running.tidy_cancelled(job_id)


@shared_task(name="intake.tasks.requeue_lost")
def requeue_lost() -> int:
    return reaping.requeue_lost()


@shared_task(name="intake.tasks.requeue_lost_everywhere")
def requeue_lost_everywhere() -> int:
    """By the clock: nearly all banks have nothing lost, which one query tells."""
    reaping.requeue_lost()
    banks = {bank.schema_name: bank for bank in Bank.objects.ready()}
    lost = reaping.schemas_with_lost(banks, timezone.now())
    return for_each_bank("intake.tasks.requeue_lost", banks=[banks[schema] for schema in lost])


@shared_task(name="intake.tasks.sweep_files")
def sweep_files() -> int:
    gone = stored_files.sweep_expired()
    stored_files.sweep_lost()
    return gone


@shared_task(name="intake.tasks.sweep_files_everywhere")
def sweep_files_everywhere() -> int:
    sweep_files()
    return for_each_bank("intake.tasks.sweep_files", jitter=600)
