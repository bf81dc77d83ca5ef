"""Coupons from the pool for many customers in one statement: coupon, recipient and ledger together.

A recipient's row is what is claimed exactly once: it goes from waiting to granted in the statement
that gives the coupon, under its own lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from coupons.choices import Channel, LedgerAction
from coupons.models import Batch, Coupon, GrantRecipient, LedgerEntry
from coupons.stock.ledgers import insert_from, run, who
from coupons.terms.reading import Terms

_LAST_ID = 2**63 - 1
_LEDGER = insert_from(
    "given",
    coupon_id="given.id",
    batch_id="given.batch_id",
    template_id="given.template_id",
    terms_version="given.terms_version",
    from_state="'stocked'",
    to_state="'claimed'",
    face_cents="given.face_cents",
    accrued_cents="given.face_cents",
    customer_number="given.customer_number",
    branch_path="given.path",
    idempotency_key="%(key)s || given.recipient_id::text",
)
# The batch's state is looked at in the same statement; what expires first goes first.
_GIVE = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(paths)s::text[])
        WITH ORDINALITY AS wanted (recipient_id, number, path, place)
), picked AS (
    SELECT free.id, free.batch_id, free.valid_until,
           row_number() OVER (ORDER BY free.batch_id, free.valid_until, free.id) AS place
      FROM (
        SELECT stocked.id, stocked.batch_id, stocked.valid_until
          FROM (
            SELECT id FROM {batches}
             WHERE template_id = %(template)s AND state = 'live' AND NOT is_exhausted
             ORDER BY id
          ) AS batch
         CROSS JOIN LATERAL (
            SELECT coupon.id, coupon.batch_id, coupon.valid_until FROM {coupons} AS coupon
             WHERE coupon.batch_id = batch.id AND coupon.state = 'stocked'
               AND (coupon.valid_until, coupon.id) > (
                   CASE WHEN batch.id = %(mark_batch)s THEN %(mark_until)s ELSE %(at)s END,
                   CASE WHEN batch.id = %(mark_batch)s THEN %(mark_id)s ELSE %(last_id)s END
               )
               AND coupon.customer_number = '' AND BRANCH
             ORDER BY coupon.valid_until, coupon.id
             LIMIT %(count)s FOR NO KEY UPDATE SKIP_LOCKED
         ) AS stocked
         LIMIT %(count)s
      ) AS free
), given AS (
    UPDATE {coupons} AS coupon
       SET state = 'claimed', customer_number = wanted.number, claimed_at = %(at)s,
           terms_version = %(version)s, valid_until = least(coupon.valid_until, %(latest)s)
      FROM picked JOIN wanted ON wanted.place = picked.place
     WHERE coupon.id = picked.id AND coupon.state = 'stocked'
 RETURNING coupon.id, coupon.batch_id, coupon.template_id, coupon.terms_version,
           coupon.face_cents, coupon.customer_number, wanted.recipient_id, wanted.path,
           picked.valid_until AS stocked_until
), told AS (
    UPDATE {recipients} AS recipient SET state = 'granted', coupon_id = given.id
      FROM given WHERE recipient.id = given.recipient_id AND recipient.state = 'waiting'
 RETURNING recipient.id
), written AS (
    LEDGER RETURNING 1
)
SELECT given.recipient_id, given.batch_id, given.stocked_until, given.id,
       told.id IS NOT NULL, (SELECT count(*) FROM written)
  FROM given LEFT JOIN told ON told.id = given.recipient_id
 ORDER BY given.batch_id, given.stocked_until, given.id
"""


class Recipient(NamedTuple):
    id: int
    number: str
    # Of the customer's branch; empty = of none.
    path: str


class Mark(NamedTuple):
    """Behind the last coupon that was taken: else each slice walks over the remains of all that
    were taken since the last vacuum."""

    batch_id: int = 0
    valid_until: datetime | None = None
    coupon_id: int = 0


@dataclass(slots=True)
class Taker:
    """For one run of one grant."""

    terms: Terms
    grant_id: int
    by: str
    note: str
    _marks: dict[int | None, Mark] = field(default_factory=dict)

    def give(
        self,
        wanted: Sequence[Recipient],
        *,
        branch_id: int | None,
        at: datetime,
        patient: bool = False,
    ) -> set[int]:
        """Ids of the recipients who got one, of coupons for ``branch_id`` (None = for all).

        ``patient`` waits for coupons that somebody holds at this moment, so that nobody goes away
        empty because of a claim that came to nothing.
        """
        mark = Mark() if patient else self._marks.get(branch_id, Mark())
        given = self._take(wanted, branch_id, at, mark, patient)
        left = [each for each in wanted if each.id not in given]
        if left and mark.batch_id:
            self._marks.pop(branch_id)
            given |= self._take(left, branch_id, at, Mark(), patient)
        return given

    def _take(
        self,
        wanted: Sequence[Recipient],
        branch_id: int | None,
        at: datetime,
        mark: Mark,
        patient: bool,
    ) -> set[int]:
        values = {
            "ids": [each.id for each in wanted],
            "numbers": [each.number for each in wanted],
            "paths": [each.path for each in wanted],
            "count": len(wanted),
            "template": self.terms.template_id,
            "version": self.terms.version,
            "latest": self.terms.until_after_claim(at, self.terms.latest_use()),
            "at": at,
            "branch": branch_id,
            "mark_batch": mark.batch_id,
            "mark_until": mark.valid_until or at,
            "mark_id": mark.coupon_id,
            "last_id": _LAST_ID,
            "action": LedgerAction.GRANT.value,
            "key": f"grant-{self.grant_id}-",
            **who(None, name=self.by[:150], channel=Channel.JOB.value, note=self.note[:500]),
        }
        rows = self._run(_statement(branch_id is not None, patient), values)
        if any(not told for *_rest, told, _written in rows):
            raise RuntimeError(f"a recipient of grant {self.grant_id} changed under its lock")
        if rows and not patient:
            _recipient, batch_id, until, coupon_id, *_rest = rows[-1]
            self._marks[branch_id] = Mark(batch_id, until, coupon_id)
        return {row[0] for row in rows}

    @staticmethod
    def _run(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        models = {
            "coupons": Coupon, "batches": Batch, "recipients": GrantRecipient,
            "ledger": LedgerEntry,
        }  # fmt: skip
        with run(statement, models, values) as cursor:
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _statement(of_branch: bool, patient: bool) -> str:
    branch = "coupon.branch_id = %(branch)s" if of_branch else "coupon.branch_id IS NULL"
    return (
        _GIVE.replace("LEDGER", _LEDGER)
        .replace("BRANCH", branch)
        .replace("SKIP_LOCKED", "" if patient else "SKIP LOCKED")
    )
