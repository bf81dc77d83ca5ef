"""Everything that decides what one customer can use and claim now, in two statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from coupons.life.claims import Sight
from coupons.life.limits import Use
from coupons.wallet.holdings import COLUMNS, EFFECTIVE, FROM_HELD, Held, held
from tenants.statements import fetch

# Open coupons that are weighed against each other, those that expire first; nobody holds more.
MOST = 500

# Lists come as JSON: one statement, one row.
_HELD = f"""
    SELECT json_agg(row_to_json(mine))::text
    FROM (
        SELECT * FROM (SELECT {COLUMNS}, {EFFECTIVE} AS effective {FROM_HELD}) AS each
        WHERE effective IN ('usable', 'locked', 'upcoming', 'frozen')
        ORDER BY valid_until, id LIMIT :most
    ) AS mine
"""  # noqa: S608  our own text
# As ``coupons.life.pool`` takes them, by the same two indexes.
_IS_STOCKED = """
    SELECT 1
    FROM {schema}.coupons_batch AS batch
    WHERE batch.template_id = account.template_id AND batch.state = 'live'
        AND NOT batch.is_exhausted AND (
            EXISTS (
                SELECT 1 FROM {schema}.coupons_coupon AS stocked
                WHERE stocked.batch_id = batch.id AND stocked.branch_id IS NULL
                    AND stocked.state = 'stocked' AND stocked.valid_until > :at
                    AND stocked.customer_number = ''
            ) OR EXISTS (
                SELECT 1 FROM {schema}.operators_branch AS above
                JOIN {schema}.coupons_coupon AS stocked ON stocked.branch_id = above.id
                WHERE starts_with(branch.path, above.path) AND stocked.batch_id = batch.id
                    AND stocked.state = 'stocked' AND stocked.valid_until > :at
                    AND stocked.customer_number = ''
            )
        )
"""
_OFFERED = f"""
    SELECT json_agg(row_to_json(offered))::text
    FROM (
        SELECT account.template_id, account.live_version, account.starts_at, account.ends_at,
            account.audience, account.branch_path AS account_branch,
            EXISTS ({_IS_STOCKED}) AS is_stocked, EXISTS (
                SELECT 1 FROM {{schema}}.coupons_batch AS batch
                WHERE batch.template_id = account.template_id AND batch.state = 'frozen'
                    AND NOT batch.is_exhausted
            ) AS is_frozen
        FROM {{schema}}.coupons_templateaccount AS account
        WHERE account.live_version IS NOT NULL
            AND (account.ends_at IS NULL OR account.ends_at > :at)
        ORDER BY account.template_id
    ) AS offered
"""  # noqa: S608
_SITUATION = """
    SELECT coalesce(branch.path, ''), customer.birth_year, array_to_string(customer.groups, ','),
        array_to_string(customer.tags, chr(31)), coalesce(customer.is_trial, false),
        ({held}), ({offered})
    FROM (SELECT 1) AS asked
    LEFT JOIN {schema}.customers_customer AS customer ON customer.number = :number
    LEFT JOIN {schema}.operators_branch AS branch ON branch.id = customer.branch_id
"""
_WHOLE = _SITUATION.replace("{held}", _HELD).replace("{offered}", _OFFERED)
_WITHOUT_HELD = _SITUATION.replace("{held}", "SELECT NULL").replace("{offered}", _OFFERED)
_COUNTERS = """
    SELECT id, used FROM {schema}.coupons_limitcounter WHERE id = ANY(:ids)
"""
_MOMENTS = (
    "valid_from", "valid_until", "claimed_at", "lock_until", "counted_at", "redeemed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A published template, and this customer before it."""

    sight: Sight
    # Something is left that a customer of this branch may have.
    is_stocked: bool
    # Some of it is held back for now.
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class Situation:
    at: datetime
    customer_number: str
    branch_path: str
    held: tuple[Held, ...]
    offers: tuple[Offer, ...]


def situation_of(customer_number: str, *, at: datetime, with_held: bool = True) -> Situation:
    rows = fetch(
        _WHOLE if with_held else _WITHOUT_HELD, {"number": customer_number, "at": at, "most": MOST}
    )
    path, birth_year, groups, tags, is_trial, mine, offered = rows[0]
    person = {
        "branch_path": path,
        "birth_year": birth_year,
        "groups": groups.split(",") if groups else [],
        "tags": tags.split("\x1f") if tags else [],
        "is_trial": is_trial,
        "branch_ids": [],
        "is_answered": False,
    }
    return Situation(
        at=at,
        customer_number=customer_number,
        branch_path=path,
        held=tuple(_held(each, path) for each in _listed(mine)),
        offers=tuple(_offer(each, person) for each in _listed(offered)),
    )


def _listed(text: str | None) -> list[dict[str, Any]]:
    return msgspec.json.decode(text) if text else []


def _held(values: dict[str, Any], branch_path: str) -> Held:
    values |= {name: _moment(values[name]) for name in _MOMENTS}
    values["customer_branch"] = branch_path
    return held(list(values.values()))


def _offer(values: dict[str, Any], person: Mapping[str, Any]) -> Offer:
    is_stocked, is_frozen = values.pop("is_stocked"), values.pop("is_frozen")
    values |= {name: _moment(values[name]) for name in ("starts_at", "ends_at")}
    return Offer(Sight(**person, **values), is_stocked, is_frozen)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def used_of(uses: Iterable[Use]) -> dict[UUID, int]:
    """What is used of these limits by now; one statement, none when there is nothing to ask."""
    ids = sorted({use.id for use in uses})
    return dict(fetch(_COUNTERS, {"ids": ids})) if ids else {}
