"""Limits: claimed with what they limit, by upserts that only succeed while there is room."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

from django.utils.translation import gettext as _

from coupons.choices import LimitAction, LimitMeasure, LimitPer, LimitPeriod
from coupons.errors import LimitReached
from coupons.life.periods import first_day
from coupons.terms.reading import Limit, Terms
from coupons.wording import yuan


@dataclass(frozen=True, slots=True)
class Use:
    """What one claim or redemption takes of one limit."""

    id: UUID
    template_id: int
    limit: Limit
    period: date | None
    subject: str
    amount: int


def uses(
    terms: Terms,
    action: str,
    *,
    customer_number: str,
    branch_path: str,
    face_cents: int,
    at: datetime,
) -> list[Use]:
    """In the order of their keys, which is the order in which every statement locks them."""
    found = [
        _use(terms, limit, _subject(limit, customer_number, branch_path), face_cents, at)
        for limit in terms.limits_of(action)
    ]
    return sorted(found, key=lambda use: use.id)


def _use(terms: Terms, limit: Limit, subject: str, face_cents: int, at: datetime) -> Use:
    period = first_day(limit.period, at)
    text = f"{terms.template_id}\n{limit.rule}\n{period}\n{subject}".encode()
    key = UUID(bytes=hashlib.blake2b(text, digest_size=16).digest())
    amount = 1 if limit.measure == LimitMeasure.COUNT else face_cents
    return Use(key, terms.template_id, limit, period, subject, amount)


def _subject(limit: Limit, customer_number: str, branch_path: str) -> str:
    if limit.per == LimitPer.CUSTOMER:
        return customer_number
    return branch_path if limit.per == LimitPer.BRANCH else ""


def require_possible(wanted: Iterable[Use]) -> None:
    """A single use that is above the limit cannot be counted at all."""
    for use in wanted:
        if use.amount > use.limit.limit:
            refuse(use)


@cache
def claim_part(place: int) -> str:
    """The upsert of the use at ``place``: gives a row when there was room."""
    return f"""
        INSERT INTO {{schema}}.coupons_limitcounter AS counter
            (id, template_id, rule, period, subject, used)
        VALUES (:use{place}_id, :use{place}_template, :use{place}_rule, :use{place}_period,
            :use{place}_subject, :use{place}_amount)
        ON CONFLICT (id) DO UPDATE SET used = counter.used + excluded.used
        WHERE counter.used + excluded.used <= :use{place}_limit
        RETURNING 1
    """  # noqa: S608  numbers of our own


@cache
def return_part(place: int) -> str:
    return f"""
        UPDATE {{schema}}.coupons_limitcounter SET used = used - :use{place}_amount
        WHERE id = :use{place}_id AND used >= :use{place}_amount
        RETURNING 1
    """  # noqa: S608


def parameters(wanted: Sequence[Use]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for place, use in enumerate(wanted):
        values |= {
            f"use{place}_id": use.id,
            f"use{place}_template": use.template_id,
            f"use{place}_rule": use.limit.rule,
            f"use{place}_period": use.period,
            f"use{place}_subject": use.subject,
            f"use{place}_amount": use.amount,
            f"use{place}_limit": use.limit.limit,
        }
    return values


def refuse(use: Use) -> NoReturn:
    limit = use.limit
    refusal = LimitReached(
        sentence(limit), action=limit.action, measure=limit.measure, period=limit.period,
        per=limit.per, limit=limit.limit,
    )  # fmt: skip
    refusal.template_id = use.template_id
    raise refusal


def sentence(limit: Limit) -> str:
    """As in: The limit is reached: claim, 1 coupons per customer, a day."""
    if limit.measure == LimitMeasure.COUNT:
        number = _("%(count)s coupons") % {"count": f"{limit.limit:,}"}
    else:
        number = _("%(amount)s yuan") % {"amount": yuan(limit.limit)}
    words: Mapping[str, Any] = {
        "action": LimitAction(limit.action).label,
        "number": number,
        "per": LimitPer(limit.per).label,
        "period": LimitPeriod(limit.period).label,
    }
    return _("The limit is reached: %(action)s, %(number)s %(per)s, %(period)s.") % words
