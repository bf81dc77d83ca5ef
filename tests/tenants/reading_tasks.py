"""Given to a real worker by ``--include``: reads its bank again and again, counts what is wrong."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from redis import Redis

from tests.tenants.only import only_here

NAME = "tests.tenants.reading_tasks.read_own_bank"


@shared_task(name=NAME)
def read_own_bank(slug: str, reads: int, results: str) -> None:
    wrong = sum(only_here() != [f"only-{slug}"] for _read in range(reads))
    client = Redis.from_url(settings.REDIS_URL)
    client.rpush(results, f"{slug} {reads} {wrong}")
