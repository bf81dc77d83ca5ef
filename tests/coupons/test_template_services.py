from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals.services import approve_request
from audit.models import AuditEvent
from coupons.choices import CouponKind, Validity
from coupons.errors import BadTemplate, TemplateKept
from coupons.models import CouponTemplate, TemplateAccount, TemplateTerms
from coupons.terms import services
from coupons.terms.content import content_of
from operators.errors import NotAllowed
from publishing import services as publishing
from tests.approvals.people import make_operator, publish
from tests.coupons.making import live_template, people, stock
from tests.coupons.templates import content, midnight
from tests.operators.people import make_branch


def created(**fields: Any) -> CouponTemplate:
    return services.create_template(actor=people()[0], content=content(**fields))


def edited(template: CouponTemplate, **fields: Any) -> CouponTemplate:
    template.refresh_from_db()
    return services.edit_template(
        actor=people()[0], draft_id=template.pk, version=template.version,
        content=replace(content_of(template), **fields),
    )  # fmt: skip


def test_a_draft_is_created_edited_copied_and_deleted_with_an_event_each(bank: Any) -> None:
    maker, _checker = people()
    draft = created(code=" save－5 ")
    assert draft.code == "SAVE-5"

    edited(draft, face_min_cents=600, face_max_cents=600)
    copy = services.copy_template(actor=maker, draft_id=draft.pk)
    assert (copy.code, copy.face_min_cents) == ("SAVE-5-2", 600)
    services.delete_template_draft(actor=maker, draft_id=copy.pk)

    told = AuditEvent.objects.filter(event__startswith="coupons.template_").order_by("at")
    assert [each.event.partition("_")[2] for each in told] == [
        "created", "edited", "copied", "deleted",
    ]  # fmt: skip
    assert CouponTemplate.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"code": "a b"}, "code"),
        ({"kind": "free"}, "kind"),
        ({"face_min_cents": 0}, "face_min_cents"),
        ({"face_max_cents": 400}, "face_max_cents"),
        ({"threshold_cents": 499}, "threshold_cents"),
        ({"kind": CouponKind.DISCOUNT, "rate_bp": 0}, "rate_bp"),
        ({"kind": CouponKind.DISCOUNT, "rate_bp": 10_000}, "rate_bp"),
        ({"kind": CouponKind.INTEREST, "rate_bp": 0}, "rate_bp"),
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": midnight(-1)}, "valid_until"),
        ({"valid_from": midnight(70)}, "valid_until"),
        ({"validity": Validity.AFTER_CLAIM}, "days_after_claim"),
        ({"ends_at": timezone.now() - timedelta(days=9)}, "ends_at"),
        ({"stock_limit": 0}, "stock_limit"),
        ({"budget_cents": 499}, "budget_cents"),
        ({"bearers": {"bank": 9999}}, "bearers"),
        ({"bearers": {"bank": 5000, "merchant": 5000}}, "bearers"),
        ({"scenes": ["moon"]}, "scenes"),
        ({"scenes": ["function:gone"]}, "scenes"),
        ({"scenes": ["merchant:1 2"]}, "scenes"),
        ({"code_pattern": "(a+)+"}, "code_pattern"),
        ({"lock_minutes": 0}, "lock_minutes"),
        ({"audience": {"all": [{"field": "moon"}]}}, "audience"),
    ],
)
def test_what_does_not_fit_is_refused_where_the_form_shows_it(
    bank: Any, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadTemplate) as refused:
        created(**fields)

    assert refused.value.field == field
    assert len(str(refused.value)) > 10
    assert not CouponTemplate.objects.exists()


def limit(number: int, period: str = "day", per: str = "customer", **more: str) -> dict[str, Any]:
    usual = {"action": "claim", "measure": "count", "period": period, "per": per, "limit": number}
    return {**usual, **more}


@pytest.mark.parametrize(
    "limits",
    [
        [limit(1), limit(2)],
        [limit(1), limit(1)],
        [limit(5), limit(3, "month")],
        [limit(5), limit(3, per="template")],
        [limit(5, per="branch"), limit(3, "lifetime", "template")],
        [limit(0)],
        [limit(-1)],
        [{"action": "claim"}],
        [limit(1, "year")],
    ],
)
def test_limits_that_repeat_or_contradict_each_other_are_refused(
    bank: Any, limits: list[dict[str, Any]]
) -> None:
    with pytest.raises(BadTemplate) as refused:
        created(limits=limits)

    assert refused.value.field == "limits"


def test_limits_of_different_kinds_stand_beside_each_other(bank: Any) -> None:
    limits = [limit(2, "month"), limit(1), limit(90, "day", "template"),
              limit(500, "day", measure="amount"), limit(9, action="redeem")]  # fmt: skip

    assert len(created(limits=limits).limits) == 5


def test_what_a_kind_has_no_use_for_is_left_out(bank: Any) -> None:
    gift = created(kind=CouponKind.GIFT, rate_bp=50, days_after_claim=7)
    rate = created(code="RATE", kind=CouponKind.INTEREST, rate_bp=25, face_max_cents=900)

    assert (gift.rate_bp, gift.threshold_cents, gift.days_after_claim) == (0, 0, None)
    assert (rate.rate_bp, rate.face_max_cents) == (25, 500)


def test_a_taken_code_is_refused(bank: Any) -> None:
    created()
    with pytest.raises(BadTemplate) as refused:
        created(title="another")

    assert refused.value.field == "code"


def test_code_and_kind_stay_once_published(bank: Any) -> None:
    template = live_template("FIXED")

    with pytest.raises(BadTemplate) as refused:
        edited(template, code="OTHER")
    assert refused.value.field == "code"
    with pytest.raises(BadTemplate) as refused:
        edited(template, kind=CouponKind.GIFT)
    assert refused.value.field == "kind"
    with pytest.raises(TemplateKept):
        services.delete_template_draft(actor=people()[0], draft_id=template.pk)


def test_a_published_change_is_a_new_version_and_old_terms_stay(bank: Any) -> None:
    template = live_template("TWICE")
    publish(*people(), edited(template, face_min_cents=700, face_max_cents=700))

    versions = TemplateTerms.objects.filter(template=template).order_by("version")
    assert [each.terms["face_min_cents"] for each in versions] == [500, 700]
    assert TemplateAccount.objects.get(template=template).live_version == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"stock_limit": 2}, "stock_limit"), ({"budget_cents": 1499}, "budget_cents")],
)
def test_stock_and_budget_cannot_fall_below_what_batches_hold(
    bank: Any, fields: dict[str, int], field: str
) -> None:
    template = live_template("HELD")
    stock(template, 3)
    draft = edited(template, **fields)

    with pytest.raises(BadTemplate) as refused:
        publishing.submit_for_review(actor=people()[0], draft=draft)
    assert refused.value.field == field


def test_what_was_approved_meanwhile_stops_the_approval_too(bank: Any) -> None:
    template = live_template("RACE")
    stock(template, 1)
    draft = edited(template, stock_limit=2)
    request = publishing.submit_for_review(actor=people()[0], draft=draft)
    stock(template, 3)

    with pytest.raises(BadTemplate):
        approve_request(actor=people()[1], request_id=request.pk)
    assert TemplateAccount.objects.get(template=template).stock_limit == 1_000_000


def test_a_face_value_in_stock_stays_in_the_range(bank: Any) -> None:
    template = live_template("RANGE", face_min_cents=100, face_max_cents=1000)
    stock(template, 2, face_cents=300)
    publish(*people(), edited(template, face_min_cents=200))

    draft = edited(template, face_min_cents=400)
    with pytest.raises(BadTemplate) as refused:
        publishing.submit_for_review(actor=people()[0], draft=draft)
    assert "3.00" in str(refused.value)


def test_a_validity_that_is_over_is_not_submitted(bank: Any) -> None:
    past = timezone.now() - timedelta(days=40)
    draft = created(starts_at=past, valid_until=midnight(-1), ends_at=None)

    with pytest.raises(BadTemplate):
        publishing.submit_for_review(actor=people()[0], draft=draft)


def test_a_copy_of_a_template_that_is_over_runs_as_long_again(bank: Any) -> None:
    at = timezone.now()
    past = at - timedelta(days=40)
    draft = created(starts_at=past, ends_at=at - timedelta(days=10), valid_until=midnight(-5))

    copy = services.copy_template(actor=people()[0], draft_id=draft.pk, at=at)

    assert copy.starts_at == at
    assert copy.ends_at == at + timedelta(days=30)
    assert copy.valid_until is not None
    assert copy.valid_until - midnight(-5) == timedelta(days=40)


def test_branch_operators_draft_for_their_own_subtree_only(bank: Any) -> None:
    root = make_branch("H1")
    own, other = make_branch("B1", parent=root), make_branch("B2", parent=root)
    clerk = make_operator("clerk", "branch", branch=own)

    drafted = services.create_template(actor=clerk, content=content(branch=own))
    assert drafted.branch == own
    for branch in (other, None):
        with pytest.raises(NotAllowed):
            services.create_template(actor=clerk, content=content(code="OTHER", branch=branch))
    with pytest.raises(NotAllowed):
        services.copy_template(actor=clerk, draft_id=created(code="WHOLE").pk)
