"""The rows of a grant: a customer and a place each, so that one coupon is one row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from coupons.choices import RecipientState
from coupons.grants.estimates import meant
from coupons.models import Grant, GrantRecipient
from coupons.stock.ledgers import run, table

# Codes as the refusals of claims have them, and two of a grant's own.
REASONS = {
    "out_of_stock": _("No coupon was left"),
    "outside_audience": _("Not meant by the template, or of another branch"),
    "not_live": _("The template was withdrawn or over"),
    "unknown_customer": _("No such customer any more"),
    "stopped": _("The grant was stopped"),
}
_PUT = """
INSERT INTO {recipients} (grant_id, customer_number, place, state, reason)
SELECT %(grant)s, number, 1, 'waiting', '' FROM unnest(%(numbers)s::text[]) AS number
"""
_MORE = """
INSERT INTO {recipients} (grant_id, customer_number, place, state, reason)
SELECT grant_id, customer_number, more, 'waiting', ''
  FROM {recipients} CROSS JOIN generate_series(2, %(places)s) AS more
 WHERE grant_id = %(grant)s AND place = 1 ORDER BY id, more
"""


def forget(grant_id: int) -> None:
    """Of a draft: nothing has been given to anybody yet."""
    GrantRecipient.objects.filter(grant_id=grant_id)._raw_delete("default")


def put(grant_id: int, numbers: Iterable[str]) -> int:
    forget(grant_id)
    values = {"grant": grant_id, "numbers": list(numbers)}
    with run(_PUT, {"recipients": GrantRecipient}, values) as cursor:
        return cursor.rowcount


def materialise(grant: Grant, at: datetime) -> int:
    """Every recipient of the grant, each place a row; how many customers they are."""
    if grant.audience:
        forget(grant.pk)
        customers = _insert_meant(grant, at)
    else:
        GrantRecipient.objects.filter(grant=grant, place__gt=1)._raw_delete("default")
        customers = GrantRecipient.objects.filter(grant=grant).count()
    if grant.per_customer > 1:
        values = {"grant": grant.pk, "places": grant.per_customer}
        with run(_MORE, {"recipients": GrantRecipient}, values):
            pass
    return customers


def _insert_meant(grant: Grant, at: datetime) -> int:
    query = meant(grant.audience, at).order_by("number").values("number").query
    text, values = query.sql_with_params()
    insert = f"""
        INSERT INTO {table(GrantRecipient)} (grant_id, customer_number, place, state, reason)
        SELECT %s, number, 1, 'waiting', '' FROM ({text}) AS meant
    """  # noqa: S608  the ORM's own text
    with connection.cursor() as cursor:
        cursor.execute(insert, [grant.pk, *values])
        return cursor.rowcount


def count(grant_id: int) -> int:
    return GrantRecipient.objects.filter(grant_id=grant_id, state=RecipientState.WAITING).count()


def results_of(grant_id: int) -> dict[str, int]:
    """{state: coupons}"""
    rows = GrantRecipient.objects.filter(grant_id=grant_id).order_by()
    return dict(rows.values_list("state").annotate(Count("pk")))


def rows_of(grant_id: int) -> Iterator[tuple[Any, ...]]:
    found = GrantRecipient.objects.filter(grant_id=grant_id).order_by("pk")
    columns = ("customer_number", "place", "state", "reason", "coupon_id")
    yield from found.values_list(*columns).iterator(chunk_size=2000)
