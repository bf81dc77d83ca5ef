"""The console's list of 5,000,000 coupons: what a page costs the database, over the bare query for
the same rows.

The statements that a real request asks are overheard, and then asked again, word for word, by
turns with the bare query, so that neither pays for the other's processor. A page's time is the sum
of every statement of the page itself: the batches, the branches that its filter offers, the rows.
A search is two requests, the posted code and the list it leads to; both count. Sessions,
permissions and the badges of the sidebar are the same on every page of the console and are told
apart (``…_every_page_ms``). The bare query is the cheapest statement that returns the rows of the
page: one walk along one index, or one look-up by a unique key.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import quantiles
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from benchmarks.coupon_stock import live_template
from benchmarks.harness import Wanted
from coupons.choices import BatchOrigin, BatchState
from coupons.models import Batch, Coupon, CouponTemplate
from coupons.stock.codes import Vault
from operators.models import Branch, Operator
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {
    "coupon_console.list_vs_bare_query": Wanted(at_most=3),
    "coupon_console.search_vs_bare_query": Wanted(at_most=3),
    "coupon_console.filter_vs_bare_query": Wanted(at_most=3),
}
COUPONS, BATCHES, TEMPLATES, BRANCHES = 5_000_000, 50, 5, 20
ROUNDS, PAGE_SIZE = 400, 20
LIST, SEARCH = "/admin/coupons/coupon/", "/admin/coupons/coupon/search/"
CODE = "BENCH-CODE-{:08d}"
# Not the reconciliation: its alarm is a badge of the sidebar.
OWN_TABLES = (
    "coupons_batch", "coupons_coupon", "coupons_ledgerentry", "operators_branch", "customers_",
)  # fmt: skip

# Six in ten in stock, a quarter claimed, one in ten redeemed; the rest is rare.
_FILL = """
    INSERT INTO coupons_coupon
        (batch_id, template_id, row, code_key, secret, face_cents, state, customer_number,
         valid_until, terms_version, claimed_at, redeemed_at, reference, redeemed_cents, remark)
    SELECT given.batches[place], given.templates[place], number, gen_random_uuid(),
        %(secret)s, 500, state,
        CASE WHEN state = 'stocked' THEN '' ELSE 'C' || number %% 900000 END,
        %(until)s::timestamptz + number %% 60 * interval '1 day',
        CASE WHEN state = 'stocked' THEN 0 ELSE 1 END,
        CASE WHEN state = 'stocked' THEN NULL ELSE %(now)s::timestamptz END,
        CASE WHEN state = 'redeemed' THEN %(now)s::timestamptz END, '', 0, ''
    FROM (SELECT %(batches)s::bigint[] AS batches, %(templates)s::bigint[] AS templates) AS given
    CROSS JOIN generate_series(0, %(count)s - 1) AS number
    CROSS JOIN LATERAL (SELECT
        1 + number * cardinality(given.batches)::bigint / %(count)s AS place,
        CASE WHEN number %% 1000 = 7 THEN 'voided' WHEN number %% 1000 = 8 THEN 'frozen'
            WHEN number %% 20 < 12 THEN 'stocked' WHEN number %% 20 < 17 THEN 'claimed'
            WHEN number %% 20 < 19 THEN 'redeemed' ELSE 'expired' END AS state) AS made
"""


def figures() -> dict[str, float]:
    bank = provision_bank(slug="benchconsole", name="benchconsole")
    with tenant_context(bank):
        code = _fill()
        stage = _Stage(bank, code)
        return stage.measure()


# --- five million coupons -------------------------------------------------------------------------
def _fill() -> str:
    """A code that can be searched for. The newest batch of all waits for review: a list that walked
    through its rows would show."""
    _branches()
    batches = _batches()
    values = {
        "batches": [batch.pk for batch in batches],
        "templates": [batch.template_id for batch in batches],
        "count": COUPONS, "secret": b"\1" * 52, "now": timezone.now(),
        "until": timezone.now() + timedelta(days=20),
    }  # fmt: skip
    with connection.cursor() as cursor:
        # Of a database that ends with the benchmark: nothing of it need survive a crash.
        cursor.execute("ALTER TABLE coupons_coupon SET UNLOGGED")
        indexes = _dropped_indexes(cursor)
        cursor.execute(_FILL, values)
        for statement in indexes:
            cursor.execute(statement)
    code = _real_codes(batches[-2])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) coupons_coupon")
    return code


def _branches() -> None:
    root = Branch.add_root(code="D000", name="head office")
    for number in range(1, BRANCHES + 1):
        root.add_child(code=f"D{number:03}", name=f"branch {number}")


def _batches() -> list[Batch]:
    templates = [live_template(f"BENCH-{number}") for number in range(TEMPLATES)]
    made = [_batch(templates[number % TEMPLATES], number) for number in range(BATCHES)]
    Batch.objects.filter(pk=made[-1].pk).update(state=BatchState.IN_REVIEW)
    Batch.objects.filter(pk=made[3].pk).update(state=BatchState.FROZEN)
    return made


def _batch(template: CouponTemplate, number: int) -> Batch:
    now, count = timezone.now(), COUPONS // BATCHES
    return Batch.objects.create(
        template=template, name=f"batch {number}", origin=BatchOrigin.GENERATE,
        state=BatchState.LIVE, count=count, total_cents=500 * count, created_at=now, loaded_at=now,
        approved_at=now, state_at=now,
    )  # fmt: skip


def _real_codes(batch: Batch) -> str:
    """The rows that pages show have codes that open."""
    vault, shown = Vault(), []
    newest = Coupon.objects.filter(batch=batch).order_by("-pk")
    states = ("", "redeemed")
    for state in states:
        rows = newest.filter(state=state) if state else newest
        shown += list(rows[: 3 * PAGE_SIZE])
    for coupon in shown:
        code = CODE.format(coupon.pk)
        _key, coupon.secret = vault.seal(code)
        coupon.code_key = vault.key_of(code)
    with transaction.atomic():
        Coupon.objects.bulk_update(shown, ["secret", "code_key"])
    return CODE.format(shown[-1].pk)


def _dropped_indexes(cursor: Any) -> list[str]:
    """Statements that make the plain indexes again; those of constraints stay."""
    cursor.execute(
        "SELECT quote_ident(indexname), indexdef FROM pg_indexes"
        " WHERE schemaname = current_schema() AND tablename = 'coupons_coupon' AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint WHERE conrelid = 'coupons_coupon'::regclass)"
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    for name, _statement in found:
        cursor.execute(f"DROP INDEX {name}")
    return [statement for _name, statement in found]


# --- the pages ------------------------------------------------------------------------------------
Statement = tuple[str, Any]


@dataclass
class Overheard:
    """The statements of one visit: those of the page, and those that every page asks."""

    own: list[Statement] = field(default_factory=list)
    others: list[Statement] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, *rest: Any) -> Any:
        heard = self.own if any(f'"{table}' in str(sql) for table in OWN_TABLES) else self.others
        if str(sql).lstrip(" (\n").startswith("SELECT"):
            heard.append((str(sql), params))
        return execute(sql, params, *rest)


class _Stage:
    def __init__(self, bank: Bank, code: str) -> None:
        self.client = Client(headers={"host": f"{bank.slug}.localhost"})
        checker = Operator.objects.create_user("bench-checker", None, name="checker")
        checker.groups.set(Group.objects.filter(name="checker"))
        self.client.force_login(checker)
        self.bank, self.code = bank, code
        self.newest = Batch.objects.decided().order_by("-pk").values_list("pk", flat=True)[0]

    def measure(self) -> dict[str, float]:
        visits: dict[str, tuple[Callable[[], list[int]], str, list[object]]] = {
            "list": (self._list, _BARE_LIST, [self.newest]),
            "filter": (self._filter, _BARE_FILTER, [self.newest]),
            "search": (self._search, _BARE_SEARCH, [Vault().key_of(self.code)]),
        }
        found: dict[str, float] = {}
        for name, (visit, bare, params) in visits.items():
            heard = self._overheard(visit, (bare, params))
            page, alone, others = self._timed(heard, (bare, params))
            found[f"coupon_console.{name}_vs_bare_query"] = page / alone
            found[f"coupon_console.{name}_ms"] = 1000 * page
            found[f"coupon_console.{name}_bare_ms"] = 1000 * alone
            found[f"coupon_console.{name}_every_page_ms"] = 1000 * others
        return found

    def _overheard(self, visit: Callable[[], list[int]], bare: Statement) -> Overheard:
        """What a warm visit asks; it has to show what the bare query finds."""
        visit()
        heard = Overheard()
        with connection.execute_wrapper(heard):
            shown = visit()
        with tenant_context(self.bank), connection.cursor() as cursor:
            cursor.execute(*bare)
            rows = [row[0] for row in cursor.fetchall()][:PAGE_SIZE]
        if shown != rows or not shown:
            raise RuntimeError(f"The page shows {shown}, the bare query found {rows}.")
        return heard

    def _timed(self, heard: Overheard, bare: Statement) -> tuple[float, float, float]:
        """By turns, in one connection."""
        taken: dict[str, list[float]] = {"own": [], "bare": [], "others": []}
        with tenant_context(self.bank), connection.cursor() as cursor:
            for _turn in range(ROUNDS):
                taken["own"].append(_asked(cursor, heard.own))
                taken["bare"].append(_asked(cursor, [bare]))
                taken["others"].append(_asked(cursor, heard.others))
        # The least disturbed tenth: anything else at work on the machine only adds.
        own, alone, others = (quantiles(each, n=10)[0] for each in taken.values())
        return own, alone, others

    def _list(self) -> list[int]:
        return _rows(self.client.get(LIST))

    def _filter(self) -> list[int]:
        return _rows(self.client.get(f"{LIST}?state=redeemed"))

    def _search(self) -> list[int]:
        return _rows(self.client.post(SEARCH, {"q": self.code}, follow=True))


def _asked(cursor: Any, statements: list[Statement]) -> float:
    """Seconds from the first question to the last row."""
    total = 0.0
    for sql, params in statements:
        started = time.perf_counter()
        cursor.execute(sql, params)
        cursor.fetchall()
        total += time.perf_counter() - started
    return total


_COLUMNS = ", ".join(field.column for field in Coupon._meta.concrete_fields)
_BARE_LIST = f"""
    SELECT {_COLUMNS} FROM coupons_coupon WHERE batch_id = %s ORDER BY id DESC LIMIT {PAGE_SIZE + 1}
"""  # noqa: S608  our own names
_BARE_FILTER = f"""
    SELECT {_COLUMNS} FROM coupons_coupon WHERE batch_id = %s AND state = 'redeemed'
    ORDER BY id DESC LIMIT {PAGE_SIZE + 1}
"""  # noqa: S608
_BARE_SEARCH = f"SELECT {_COLUMNS} FROM coupons_coupon WHERE code_key = %s"  # noqa: S608


def _rows(answer: Any) -> list[int]:
    if answer.status_code != 200:
        raise RuntimeError(f"The list answered {answer.status_code}.")
    return [row.pk for row in answer.context_data["cl"].result_list]
