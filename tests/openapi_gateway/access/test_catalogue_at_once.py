"""A step of the catalogue and a form that was opened before it, really at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from openapi_gateway.access import catalogue
from openapi_gateway.access.errors import CatalogueRefused
from openapi_gateway.access.models import Plan, ServiceVersion
from operators.choices import PlatformRole
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.openapi_gateway.making import a_plan

pytestmark = pytest.mark.django_db(transaction=True)
# Of whoever waits for this very connection.
WAITING = """SELECT count(*) FROM pg_locks WHERE NOT granted
    AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"""


def until_somebody_waits() -> None:
    for _turn in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        sleep(0.01)
    raise AssertionError("Nobody waited for the step.")


def elsewhere(call: Any) -> Any:
    try:
        with tenant_context(PLATFORM):
            return call()
    except CatalogueRefused as refusal:
        return refusal
    finally:
        connection.close()


def test_a_form_of_a_draft_does_not_take_its_publication_back(transactional_db: None) -> None:
    """Else limits of a plan that clients may hold by now could be changed as those of a draft."""
    with tenant_context(PLATFORM):
        keeper = make_operator("keeper-at-once", PlatformRole.OPERATOR)
        plan = a_plan("identity")
        Plan.objects.filter(pk=plan.pk).update(state="draft")
        ServiceVersion.objects.filter(pk=plan.version_id).update(documentation="## It")
        opened = Plan.objects.get(pk=plan.pk)
        opened.day_quota = 1
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                catalogue.publish_plan(actor=keeper, plan=plan)
                saving = pool.submit(
                    elsewhere, lambda: catalogue.save_plan(actor=keeper, plan=opened)
                )
                until_somebody_waits()
            answer = saving.result(timeout=60)
    assert isinstance(answer, CatalogueRefused)
    kept = Plan.objects.get(pk=plan.pk)
    assert (kept.state, kept.day_quota) == ("published", plan.day_quota)
