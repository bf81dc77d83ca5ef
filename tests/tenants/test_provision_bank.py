from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from tenants.choices import BankStatus
from tenants.errors import (
    BadBankDetails,
    BadSlug,
    BankError,
    DuplicateCode,
    DuplicateDomain,
    DuplicateSlug,
    NotAllowed,
    ReservedSlug,
    SchemaExists,
)
from tenants.models import Bank, Domain, SchemaVersion
from tenants.schemas import create_schema, schema_exists
from tenants.services import provision_bank
from tests.tenants.own import OwnProvince, own_province


def search_path() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_bank_is_made_with_schema_host_event_and_version() -> None:
    bank = provision_bank(slug="lu-shan", name="庐山农商银行", code="360001")

    assert (bank.schema_name, bank.status, bank.name_key) == (
        "b_lu_shan", BankStatus.ACTIVE, "lu shan nong shang yin hang",
    )  # fmt: skip
    assert bank.provisioned_at is not None
    assert schema_exists("b_lu_shan")
    assert Domain.objects.get(tenant=bank).domain == f"lu-shan.{settings.BASE_DOMAIN}"
    assert SchemaVersion.objects.get(schema_name="b_lu_shan").version == 1
    event = AuditEvent.objects.get(event="tenants.bank_created", target_id=str(bank.pk))
    assert event.after["slug"] == "lu-shan"


@pytest.mark.django_db
def test_the_connection_is_left_on_the_schema_where_it_was(alpha: Bank) -> None:
    with tenant_context(alpha):
        before = search_path()
        provision_bank(slug="path-a", name="Path A")
        inside = search_path()
    provision_bank(slug="path-b", name="Path B")

    assert before == inside == "b_alpha, public"
    assert search_path() == "public"


@pytest.mark.django_db
def test_a_failing_replay_leaves_the_search_path_usable(
    alpha: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_values: object) -> str:
        raise SchemaExists("planted")

    monkeypatch.setattr("tenants.template.schema_digest", fail)

    with tenant_context(alpha), pytest.raises(SchemaExists, match="planted"):
        provision_bank(slug="broken", name="Broken")

    assert search_path() == "public"
    assert not schema_exists("b_broken")
    assert not Bank.objects.filter(slug="broken").exists()


def plant_nothing() -> None: ...


def plant_schema() -> None:
    create_schema("b_taken")


def plant_domain() -> None:
    owner = Bank.objects.get(slug="beta")
    Domain.objects.create(tenant=owner, domain=f"taken.{settings.BASE_DOMAIN}", is_primary=False)


def plant_code() -> None:
    Bank.objects.filter(slug="beta").update(code="360777")


class Nobody:
    def has_perm(self, permission: str) -> bool:
        return permission != "tenants.add_bank"


REFUSALS: list[tuple[type[BankError], Callable[[], None], dict[str, Any], str]] = [
    (DuplicateSlug, plant_nothing, {"slug": "alpha"}, "alpha"),
    (BadSlug, plant_nothing, {"slug": "Lu_Shan"}, "Lu_Shan"),
    (BadSlug, plant_nothing, {"slug": "-lushan"}, "-lushan"),
    (BadSlug, plant_nothing, {"slug": "a" * 61}, "aaa"),
    (BadSlug, plant_nothing, {"slug": "taken\n"}, "taken"),
    (BadSlug, plant_nothing, {"slug": ""}, ""),
    (ReservedSlug, plant_nothing, {"slug": "console"}, "console"),
    (SchemaExists, plant_schema, {"slug": "taken"}, "b_taken"),
    (DuplicateDomain, plant_domain, {"slug": "taken"}, "taken."),
    (DuplicateCode, plant_code, {"slug": "taken", "code": "360777"}, "360777"),
    (BadBankDetails, plant_nothing, {"slug": "taken", "name": ""}, ""),
    (BadBankDetails, plant_nothing, {"slug": "taken", "prefecture": "x" * 41}, ""),
    (NotAllowed, plant_nothing, {"slug": "taken", "actor": Nobody()}, ""),
]


@pytest.mark.parametrize(("error", "plant", "values", "named"), REFUSALS)
@pytest.mark.django_db
def test_a_refused_bank_leaves_nothing_behind(
    error: type[BankError], plant: Callable[[], None], values: dict[str, Any], named: str
) -> None:
    plant()
    before = footprint()

    with pytest.raises(error) as refused:
        provision_bank(**{"name": "Taken", **values})

    assert named in str(refused.value)
    assert len(str(refused.value)) > 5  # a sentence, in Chinese a short one
    assert footprint() == before


def footprint() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace ORDER BY 1")
        schemas = cursor.fetchall()
    return (
        schemas, list(Bank.objects.order_by("id").values()), list(Domain.objects.values()),
        list(SchemaVersion.objects.values()), AuditEvent.objects.count(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def own(django_db_setup: None) -> Iterator[OwnProvince]:
    """In place of the one with four banks: these tests make theirs."""
    with own_province("provision") as province:
        yield province


RACE = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from tenants.errors import BankError
from tenants.services import provision_bank
def attempt(number):
    try:
        provision_bank(slug="race", name=f"Race {number}", code="9000")
        return "made"
    except BankError as error:
        return error.code
    finally:
        connection.close()
with ThreadPoolExecutor(6) as pool:
    print(json.dumps(sorted(pool.map(attempt, range(6)))))
"""


def test_of_many_at_once_one_makes_the_bank_and_the_others_get_the_sentence(
    own: OwnProvince,
) -> None:
    outcomes = own.run(RACE)

    assert outcomes == ["duplicate_slug"] * 5 + ["made"]
    assert own.rows("SELECT count(*) FROM tenants_bank WHERE slug = 'race'") == [(1,)]
    assert own.rows("SELECT count(*) FROM tenants_domain WHERE domain LIKE 'race.%'") == [(1,)]


# One process forks the one that is killed, sees what it left and tries again.
KILLED = """
import os, time
import tenants.services
from django.db import connection
def left():
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug FROM tenants_bank WHERE slug = 'killed'"
                       " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'b_killed'")
        return cursor.fetchall()
def provision():
    tenants.services.provision_bank(slug="killed", name="Killed")
written = tenants.services._write_rows
def write_and_wait(*values):
    written(*values)
    print(json.dumps([os.getpid(), left()]), flush=True)
    time.sleep(60)
child = os.fork()
if child == 0:
    tenants.services._write_rows = write_and_wait
    provision()
    os._exit(0)
os.waitpid(child, 0)
time.sleep(0.3)
after = left()
provision()
print(json.dumps([after, left()]))
"""


def test_a_kill_in_the_middle_leaves_nothing_half_done(own: OwnProvince) -> None:
    process = own.start(KILLED)
    assert process.stdout is not None
    victim, written = json.loads(process.stdout.readline())
    assert victim != process.pid
    assert written == [["killed"], ["b_killed"]]
    os.kill(victim, signal.SIGKILL)
    out, errors = process.communicate(timeout=60)

    assert process.returncode == 0, errors
    assert json.loads(out) == [[], [["killed"], ["b_killed"]]]
    assert own.rows("SELECT status FROM tenants_bank WHERE slug = 'killed'") == [("active",)]
