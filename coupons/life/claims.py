"""Claiming: a customer takes a coupon from the pool, or is given one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils.translation import gettext as _

from coupons import events
from coupons.choices import BatchState, CouponState, LedgerAction, LimitAction
from coupons.errors import (
    CouponRefused,
    Frozen,
    NotClaimable,
    NotLive,
    OutOfStock,
    OutsideAudience,
    UnknownTemplate,
)
from coupons.life import limits, pool
from coupons.life.actors import Doer
from coupons.life.answers import Answered, AnsweredElsewhere, Question, answer
from coupons.life.documents import coupon_document, moment
from coupons.life.entries import Entry, Record, write
from coupons.models import Batch
from coupons.terms.reading import Terms, terms_of
from customers.audiences import matches, year_of
from customers.facts import Facts
from tenants.statements import fetch

# Template, customer and answer at once. A customer whom the bank has not imported is one all the
# same, of no branch.
_READ = """
    SELECT answer.id IS NOT NULL, account.template_id, account.live_version, account.starts_at,
        account.ends_at, account.audience, account.branch_path,
        coalesce(branch.path, ''), customer.birth_year, customer.groups, customer.tags,
        coalesce(customer.is_trial, false),
        CASE WHEN branch.path IS NULL THEN '{}'::bigint[] ELSE ARRAY(
            SELECT above.id FROM {schema}.operators_branch AS above
            WHERE starts_with(branch.path, above.path)
        ) END
    FROM (SELECT 1) AS asked
    LEFT JOIN {schema}.coupons_templateaccount AS account ON {condition}
    LEFT JOIN {schema}.customers_customer AS customer ON customer.number = :customer_number
    LEFT JOIN {schema}.operators_branch AS branch ON branch.id = customer.branch_id
    LEFT JOIN {schema}.coupons_answer AS answer ON answer.id = :answer_id
"""
_BY_CODE = _READ.replace("{condition}", "account.code = :template")
_BY_ID = _READ.replace("{condition}", "account.template_id = :template")


class Sight(NamedTuple):
    is_answered: bool
    template_id: int | None
    live_version: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    audience: Any
    account_branch: str
    branch_path: str
    birth_year: int | None
    groups: list[str] | None
    tags: list[str] | None
    is_trial: bool
    # The customer's branch and those above it.
    branch_ids: list[int]

    @property
    def facts(self) -> Facts:
        return Facts(
            branch_path=self.branch_path, birth_year=self.birth_year,
            groups=frozenset(self.groups or ()), tags=frozenset(self.tags or ()),
            is_trial=self.is_trial,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Claim:
    """What tells a customer's own claim from a grant."""

    customer_number: str
    # Code or id of the template.
    template: str | int
    is_grant: bool


def claim_coupon(
    *,
    actor: Doer,
    customer_number: str,
    template_code: str,
    key: str,
    at: datetime | None = None,
) -> Answered:
    """From the pool, within the limits; raises ``CouponRefused`` with the failing condition."""
    claim = _Claim(customer_number, template_code, is_grant=False)
    payload = {"customer": customer_number, "template": template_code}
    return answer(
        Question(actor, "claim", key, payload, at or _now()), lambda asked: _claimed(asked, claim)
    )


def grant_coupon(
    *, actor: Doer, customer_number: str, template_id: int, key: str, at: datetime | None = None
) -> Answered:
    """Given by the bank: the limits of claims do not count, audience and stock do."""
    claim = _Claim(customer_number, template_id, is_grant=True)
    payload = {"customer": customer_number, "template": template_id}
    return answer(
        Question(actor, "grant", key, payload, at or _now()), lambda asked: _claimed(asked, claim)
    )


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def _claimed(question: Question, claim: _Claim) -> dict[str, Any]:
    sight = read_sight(claim.template, claim.customer_number, question)
    if sight.is_answered:
        raise AnsweredElsewhere
    terms = require_claimable(sight, question.at, is_grant=claim.is_grant)
    taken = pool.take(
        template_id=terms.template_id,
        terms_version=terms.version,
        customer_number=claim.customer_number,
        branch_ids=sight.branch_ids,
        latest=terms.until_after_claim(question.at, terms.latest_use()),
        at=question.at,
    )
    if taken is None:
        raise nothing_left(is_frozen=_is_frozen(terms.template_id))
    wanted = (
        []
        if claim.is_grant
        else limits.uses(
            terms, LimitAction.CLAIM, customer_number=claim.customer_number,
            branch_path=sight.branch_path, face_cents=taken.face_cents, at=question.at,
        )
    )  # fmt: skip
    body = coupon_document(
        terms,
        coupon_id=taken.coupon_id,
        state=CouponState.CLAIMED,
        face_cents=taken.face_cents,
        valid_from=taken.valid_from or terms.valid_from,
        valid_until=taken.valid_until,
        claimed_at=moment(question.at),
    )
    write(
        Record(
            _entry(question, claim, terms, taken, sight.branch_path),
            events.CLAIMED, body, question, wanted,
        )
    )  # fmt: skip
    return body


def _is_frozen(template_id: int) -> bool:
    return Batch.objects.filter(
        template_id=template_id, state=BatchState.FROZEN, is_exhausted=False
    ).exists()


def nothing_left(*, is_frozen: bool) -> CouponRefused:
    """Of what the customer could have; ``is_frozen``: some of it is held back for now."""
    if is_frozen:
        return Frozen(_("This coupon is frozen for now; please ask your bank."))
    return OutOfStock(_("All of these coupons have been given out."))


def _entry(
    question: Question, claim: _Claim, terms: Terms, taken: pool.Taken, branch_path: str
) -> Entry:
    return Entry(
        doer=question.doer,
        at=question.at,
        action=LedgerAction.GRANT if claim.is_grant else LedgerAction.CLAIM,
        coupon_id=taken.coupon_id,
        batch_id=taken.batch_id,
        template_id=terms.template_id,
        terms_version=terms.version,
        from_state=CouponState.STOCKED,
        to_state=CouponState.CLAIMED,
        face_cents=taken.face_cents,
        accrued_cents=taken.face_cents,
        customer_number=claim.customer_number,
        branch_path=branch_path,
        key=question.key,
    )


def read_sight(template: str | int, customer_number: str, question: Question) -> Sight:
    statement = _BY_CODE if isinstance(template, str) else _BY_ID
    values = {
        "template": template, "customer_number": customer_number, "answer_id": question.id
    }  # fmt: skip
    return Sight(*fetch(statement, values)[0])


def require_claimable(sight: Sight, at: datetime, *, is_grant: bool) -> Terms:
    """The terms, when this customer may be given the template now."""
    if sight.template_id is None:
        raise UnknownTemplate(_("There is no such coupon."))
    if sight.live_version is None:
        raise NotLive(_("This coupon is no longer given out."), why="withdrawn")
    if sight.starts_at is not None and at < sight.starts_at:
        raise NotLive(
            _("This coupon can be claimed from %(moment)s.") % {"moment": moment(sight.starts_at)},
            why="not_started", starts_at=moment(sight.starts_at),
        )  # fmt: skip
    if sight.ends_at is not None and at >= sight.ends_at:
        raise NotLive(
            _("This coupon could be claimed until %(moment)s.") % {"moment": moment(sight.ends_at)},
            why="ended", ended_at=moment(sight.ends_at),
        )  # fmt: skip
    terms = terms_of(connection.schema_name, sight.template_id, sight.live_version)
    if not is_grant and not terms.is_claimable:
        raise NotClaimable(_("This coupon is given by the bank; it cannot be claimed."))
    _require_meant(sight, at)
    return terms


def _require_meant(sight: Sight, at: datetime) -> None:
    audience = sight.audience
    if isinstance(audience, str):
        audience = models.JSONField().from_db_value(audience, None, connection)  # type: ignore[arg-type]
    if not sight.branch_path.startswith(sight.account_branch):
        raise OutsideAudience(_("This coupon is for customers of another branch."), why="branch")
    if audience and not matches(audience, sight.facts, year_of(at)):
        raise OutsideAudience(_("This coupon is not meant for this customer."), why="audience")
