"""Given to a real worker by ``--include``: reads its bank again and again, counts what is wrong."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import Group
from redis import Redis

NAME = "tests.tenants.reading_tasks.read_own_bank"


@shared_task(name=NAME)
def read_own_bank(slug: str, reads: int, results: str) -> None:
    wrong = sum(_names() != [f"only-{slug}"] for _read in range(reads))
    client = Redis.from_url(settings.REDIS_URL)
    client.rpush(results, f"{slug} {reads} {wrong}")


def _names() -> list[str]:
    return list(Group.objects.filter(name__startswith="only-").values_list("name", flat=True))
