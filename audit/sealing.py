"""Placing new rows in their chains, after the fact, so that writers never wait for each other.

A chain's head row is the lock. Its MAC is checked before anything is built on it: whoever cuts off
the end of a chain and sets the head back must not get the rest signed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable
from typing import Any

from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from psycopg import sql

from audit import macs
from audit.errors import BrokenChain
from audit.models import ChainHead, ChainLink

logger = logging.getLogger(__name__)

BATCH = 2000
HEAD_LABEL = "head"


def link_hash(previous: str, row_id: str, mac: str) -> str:
    return hashlib.sha256(f"{previous}\n{row_id}\n{mac}".encode()).hexdigest()


def is_unused(head: ChainHead) -> bool:
    """Whether nothing was sealed under it yet: it was made only to be locked."""
    return head.position == 0 and not head.mac


def is_authentic_head(head: ChainHead) -> bool:
    return macs.mac_is_valid(head.mac, HEAD_LABEL, _head_fields(head))


def _head_fields(head: ChainHead) -> dict[str, Any]:
    return {
        "id": head.chain,
        "position": head.position,
        "hash": head.hash,
        "sealed_at": head.sealed_at,
    }


def seal_chains(at: dt.datetime | None = None, *, wait: bool = True) -> int:
    """Seal every chain of the current schema; returns the number of rows placed.

    One transaction per batch: a sealer that is killed leaves whole batches behind it. Without
    ``wait``, a chain that another sealer holds is left to it.
    """
    waiting = ChainLink.objects.unsealed().order_by("chain").values_list("chain", flat=True)
    return sum(_seal_chain(chain, at, wait) for chain in list(waiting.distinct()))


def schemas_with_unsealed(schemas: Iterable[str]) -> list[str]:
    """Which of ``schemas`` have rows to seal, in one query; one without the table is left out."""
    names = sorted(schemas)
    try:
        with transaction.atomic():
            return _having_unsealed(names)
    except ProgrammingError:
        whole = _having_table(names)
        logger.exception("No chains in %s", sorted(set(names) - set(whole)))
        return _having_unsealed(whole)


def _having_unsealed(schemas: list[str]) -> list[str]:
    one = "(SELECT {name} AS schema FROM {table} WHERE position IS NULL LIMIT 1)"
    parts = [
        sql.SQL(one).format(
            name=sql.Literal(schema), table=sql.Identifier(schema, ChainLink._meta.db_table)
        )
        for schema in schemas
    ]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        return [schema for (schema,) in cursor.fetchall()]


def _having_table(schemas: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname FROM pg_catalog.pg_tables"
            " WHERE tablename = %s AND schemaname = ANY(%s) ORDER BY schemaname",
            [ChainLink._meta.db_table, schemas],
        )
        return [schema for (schema,) in cursor.fetchall()]


def _seal_chain(chain: str, at: dt.datetime | None, wait: bool) -> int:
    sealed = 0
    while placed := _seal_batch(chain, at or timezone.now(), wait):
        sealed += placed
    return sealed


@transaction.atomic
def _seal_batch(chain: str, at: dt.datetime, wait: bool) -> int:
    head = _locked_head(chain, wait)
    if head is None:
        return 0
    links = list(
        ChainLink.objects.unsealed()
        .filter(chain=chain)
        .order_by("id")
        .values_list("id", "row_id", "mac")[:BATCH]
    )
    if links:
        _require_sound(head)
        _place(head, links, at)
    return len(links)


def _locked_head(chain: str, wait: bool) -> ChainHead | None:
    ChainHead.objects.bulk_create([ChainHead(chain=chain)], ignore_conflicts=True)
    heads = ChainHead.objects.filter(chain=chain)
    return heads.select_for_update(skip_locked=not wait).first()


def _require_sound(head: ChainHead) -> None:
    """Refuse to seal behind a head that is not ours or that the rows do not reach to."""
    placed = ChainLink.objects.filter(chain=head.chain)
    if is_unused(head):
        sound = not placed.filter(position__isnull=False).exists()
    else:
        at_end = placed.filter(position=head.position, hash=head.hash)
        sound = is_authentic_head(head) and at_end.exists()
    if not sound:
        raise BrokenChain(f"The head of the chain {head.chain} is broken: run verify_audit.")


def _place(head: ChainHead, links: list[tuple[int, str, str]], at: dt.datetime) -> None:
    positions, hashes = [], []
    for _, row_id, mac in links:
        head.position += 1
        head.hash = link_hash(head.hash, row_id, mac)
        positions.append(head.position)
        hashes.append(head.hash)
    head.sealed_at = at
    head.mac = macs.row_mac(HEAD_LABEL, _head_fields(head))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_chainlink AS link"
            " SET position = place.position, hash = place.hash, sealed_at = %s"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS place (id, position, hash)"
            " WHERE link.id = place.id",
            [at, [link_id for link_id, _, _ in links], positions, hashes],
        )
    head.save(update_fields=["position", "hash", "sealed_at", "mac"])
