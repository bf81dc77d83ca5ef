from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from approvals.models import Request
from approvals.services import approve_request
from audit.models import AuditEvent
from coupons.models import CouponTemplate
from operators.models import Operator
from publishing import services as publishing
from publishing.compliance import gate
from publishing.errors import NotCompliant
from publishing.locks import SETTINGS_KIND, TEMPLATE_KIND
from publishing.models import Publication
from tests.announcements import ads as made_ads
from tests.approvals.people import edit_draft, make_draft, make_operator, publish
from tests.coupons.making import make_template, people
from tests.publishing.compliance.making import forbid, province_forbids


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")


def refusal_of(maker: Operator, draft: Any) -> NotCompliant:
    with pytest.raises(NotCompliant) as caught:
        publishing.submit_for_review(actor=maker, draft=draft)
    assert not Request.objects.exists()
    return caught.value


def codes(error: NotCompliant) -> list[str]:
    return [each.code for each in error.items]


def failing(draft: Any) -> list[str]:
    checklist = gate.checklist_of_draft(draft)
    assert checklist is not None
    return [each.code for each in checklist.failing]


# --- at submission --------------------------------------------------------------------------------
def test_all_that_fails_is_told_at_once_and_nothing_is_stored(maker: Operator) -> None:
    made_ads.make_placements()
    province_forbids("最佳")
    wrong = made_ads.make_ad(
        maker, title="最 佳", ends_at=None, for_seniors=True, placement="popup"
    )

    error = refusal_of(maker, wrong)

    assert codes(error) == ["forbidden_words", "end_date", "senior_mode"]
    sentences = str(error).splitlines()
    assert len(sentences) == 4
    assert [each.partition("]")[0] for each in sentences[1:]] == [
        "[forbidden_words", "[end_date", "[senior_mode",
    ]  # fmt: skip
    assert [each["rule"] for each in error.facts["items"]] == codes(error)
    assert not AuditEvent.objects.filter(event="approvals.submitted").exists()


def test_a_draft_may_be_saved_wrong_and_is_told_so_before_it_is_submitted(maker: Operator) -> None:
    made_ads.make_placements()

    assert failing(made_ads.make_ad(maker, ends_at=None)) == ["end_date"]


def test_a_word_within_markup_is_found(maker: Operator) -> None:
    province_forbids("保本")

    draft = make_draft(maker, body="<p>保<strong>本</strong>理财</p>")
    apart = make_draft(maker, body="<p>水土保</p><p>本地产品</p>")

    assert codes(refusal_of(maker, draft)) == ["forbidden_words"]
    assert failing(apart) == []


def test_a_notice_needs_no_end(maker: Operator) -> None:
    draft = make_draft(maker, ends_at=None)

    assert publishing.submit_for_review(actor=maker, draft=draft).is_pending


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rules": " "}, ["rules_text"]),
        ({"ends_at": None}, ["end_date"]),
        ({"scenes": ["deposit"]}, ["deposit_gift"]),
        ({"scenes": ["top_up"]}, []),
        ({"rules": "存款5万元送本券。"}, ["deposit_gift"]),
    ],
)
def test_coupons_have_an_end_and_rules_and_are_no_gift_for_deposits(
    bank: Any, fields: dict[str, Any], expected: list[str]
) -> None:
    template: CouponTemplate = make_template(**fields)

    assert failing(template) == expected
    if expected:
        assert codes(refusal_of(people()[0], template)) == expected


def test_an_ad_for_seniors_leads_nowhere_that_is_advertised(maker: Operator) -> None:
    made_ads.make_placements()
    ad = made_ads.make_ad(maker, for_seniors=True)
    envelope = gate.envelopes.of_draft(ad, gate.registry.of_draft(ad))
    envelope["payload"]["link"] = {"kind": "campaign", "target": "any"}

    with pytest.raises(NotCompliant) as caught:
        gate.require_compliant(envelope)

    assert codes(caught.value) == ["senior_mode"]


def test_a_popup_without_a_close_button_fails(maker: Operator) -> None:
    made_ads.make_placements()
    ad = made_ads.make_ad(maker, placement="popup")
    envelope = gate.envelopes.of_draft(ad, gate.registry.of_draft(ad))

    gate.require_compliant(envelope)
    envelope["payload"]["closable"] = False
    with pytest.raises(NotCompliant) as caught:
        gate.require_compliant(envelope)

    assert codes(caught.value) == ["close_button"]


# --- later ----------------------------------------------------------------------------------------
def test_a_word_forbidden_meanwhile_holds_the_approval_back(
    maker: Operator, checker: Operator
) -> None:
    request = publishing.submit_for_review(actor=maker, draft=make_draft(maker, "全省领先"))
    province_forbids("领先")

    with pytest.raises(NotCompliant):
        approve_request(actor=checker, request_id=request.pk)

    request.refresh_from_db()
    assert request.is_pending
    assert not Publication.objects.exists()


def test_an_earlier_version_with_a_word_forbidden_since_does_not_come_back(
    maker: Operator, checker: Operator
) -> None:
    draft = make_draft(maker, "全省领先")
    publish(maker, checker, draft)
    publish(maker, checker, edit_draft(maker, draft, title="服务全省"))
    province_forbids("领先")

    with pytest.raises(NotCompliant):
        publishing.request_rollback(
            actor=maker, kind="announcement", target_id=draft.uid, version=1
        )


def test_what_breaks_a_rule_can_still_be_taken_down(maker: Operator, checker: Operator) -> None:
    draft = make_draft(maker, "全省领先")
    publish(maker, checker, draft)
    province_forbids("领先")

    asked = publishing.request_withdrawal(actor=maker, kind="announcement", target_id=draft.uid)
    approve_request(actor=checker, request_id=asked.pk)

    assert Publication.objects.latest_of(draft.uid).action == "withdraw"


# --- whose words hold -----------------------------------------------------------------------------
def test_a_banks_own_word_holds_in_that_bank_alone(maker: Operator, beta: Any) -> None:
    forbid("天下无双")

    assert failing(make_draft(maker, "天下无双")) == ["forbidden_words"]
    with tenant_context(beta):
        assert failing(make_draft(make_operator("bo", "maker"), "天下无双")) == []


def test_a_bank_makes_a_word_of_the_province_harder_and_never_softer(maker: Operator) -> None:
    province_forbids("金牌", "warn")
    province_forbids("银牌", "block")
    forbid("金牌", "block")
    forbid("银牌", "warn")

    assert failing(make_draft(maker, "金牌")) == ["forbidden_words"]
    assert failing(make_draft(maker, "银牌")) == ["forbidden_words"]


def test_a_word_out_of_force_is_not_looked_for(maker: Operator) -> None:
    forbid("天下无双", is_active=False)

    assert failing(make_draft(maker, "天下无双")) == []


def test_every_kind_that_customers_read_is_looked_at(bank: Any) -> None:
    """Settings and orders say nothing of their own."""
    unseen = {each.name for each in gate.registry.kinds() if each.compliance is None}

    assert unseen == {"ad_order", SETTINGS_KIND, TEMPLATE_KIND}
