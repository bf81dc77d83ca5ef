"""The one look-up that a customer's home costs: their branch and what they have read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from mobile.documents import VISITOR, Viewer

if TYPE_CHECKING:
    from customers.tokens import Caller
    from mobile.feeds import Announcement

# The schema is named in full: on a hot route the search path is not worth a round trip.
_LOOK_UP = """
    SELECT (
        SELECT branch.path
        FROM {schema}.customers_customer AS customer
        JOIN {schema}.operators_branch AS branch ON branch.id = customer.branch_id
        WHERE customer.number = %(number)s
    ), ARRAY(
        SELECT receipt.announcement_uid
        FROM {schema}.announcements_readreceipt AS receipt
        WHERE receipt.announcement_uid = ANY(%(uids)s) AND receipt.customer_number = %(number)s
    )
"""


def viewer_of(caller: Caller, schema_name: str, announcements: Iterable[Announcement]) -> Viewer:
    """A customer whom the bank has not imported yet is a customer all the same, of no branch."""
    if not caller.is_customer:
        return VISITOR
    uids = [UUID(item.id) for item in announcements if item.must_read]
    statement = _LOOK_UP.format(schema=connection.ops.quote_name(schema_name))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"number": caller.customer_number, "uids": uids})
        path, read = cursor.fetchone()
    return Viewer(path or "", frozenset(map(str, read)))
