"""Rows that are written once: for the audit trail and for publications."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import connection
from django.db.models import Q, QuerySet

from audit.errors import AppendOnly

KINDS = """
    WITH RECURSIVE kinds AS (
        (SELECT target_kind FROM {table} ORDER BY target_kind LIMIT 1)
        UNION ALL
        SELECT (SELECT target_kind FROM {table} WHERE target_kind > kinds.target_kind
                ORDER BY target_kind LIMIT 1)
        FROM kinds WHERE kinds.target_kind IS NOT NULL
    )
    SELECT target_kind FROM kinds WHERE target_kind IS NOT NULL
"""


class AppendOnlyQuerySet(QuerySet):
    """Refuses to change or remove rows; querysets of other append-only models build on it."""

    def update(self, **kwargs: Any) -> NoReturn:
        self._refuse()

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> NoReturn:
        self._refuse()

    def update_or_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def delete(self) -> NoReturn:
        self._refuse()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _update(self, values: Any, returning_fields: Any = None) -> NoReturn:
        self._refuse()

    def _raw_delete(self, using: str | None) -> NoReturn:
        self._refuse()

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("update_conflicts"):
            self._refuse()
        return super().bulk_create(objs, *args, **kwargs)

    def _refuse(self) -> NoReturn:
        raise AppendOnly(f"{self.model._meta.label} rows are written once.")


class AppendOnlyRow:
    """The same for one row; stands before ``models.Model`` among a model's bases."""

    _state: Any

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{type(self).__name__} rows are written once.")
        # Without force_insert Django would first try to UPDATE a row of this id.
        super().save(*args, **{**kwargs, "force_insert": True})  # type: ignore[misc]

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(f"{type(self).__name__} rows are written once.")


class AuditEventQuerySet(AppendOnlyQuerySet):
    def starting_with(self, text: str) -> AuditEventQuerySet:
        """Events whose target or operator begins with ``text``; each part has its own index."""
        return self.filter(
            Q(target_label__startswith=text)
            | Q(actor_name__startswith=text)
            | Q(actor_username__startswith=text.lower())
        )

    def target_kinds(self) -> list[str]:
        """The kinds that occur, by hopping along the index: their number counts, not the rows'."""
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(KINDS.format(table=table))
            return [kind for (kind,) in cursor.fetchall() if kind]


class ChainLinkQuerySet(QuerySet):
    def unsealed(self) -> ChainLinkQuerySet:
        return self.filter(position=None)
