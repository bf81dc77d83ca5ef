"""Single tags of single customers, given and taken by the rooms above."""

from __future__ import annotations

from customers.changes import customers_changed
from tenants.statements import fetch

_ADD = """
    UPDATE {schema}.customers_customer SET tags = array_append(tags, :tag::varchar)
    WHERE number = :number AND NOT tags @> ARRAY[:tag::varchar] RETURNING 1
"""
_REMOVE = """
    UPDATE {schema}.customers_customer SET tags = array_remove(tags, :tag::varchar)
    WHERE number = :number AND tags @> ARRAY[:tag::varchar] RETURNING 1
"""


def tag_customer(number: str, tag: str) -> bool:
    """False when they have it already, or the bank does not know them."""
    return _changed(_ADD, number, tag)


def untag_customer(number: str, tag: str) -> bool:
    return _changed(_REMOVE, number, tag)


def _changed(statement: str, number: str, tag: str) -> bool:
    if not fetch(statement, {"number": number, "tag": tag}):
        return False
    customers_changed([number])
    return True
