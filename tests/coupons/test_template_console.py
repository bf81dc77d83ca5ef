from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from coupons.choices import CouponKind
from coupons.models import CouponTemplate
from coupons.terms.cards import held_card, offered_card
from coupons.terms.figures import taken_of
from coupons.terms.kinds import KIND
from coupons.terms.reading import parse
from coupons.terms.wording import show_payload
from publishing import registry
from publishing import services as publishing
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, make_template, people, stock
from tests.coupons.templates import midnight, typed
from tests.operators.people import make_branch

LIST = "/admin/coupons/coupontemplate/"


@pytest.fixture
def maker(bank: Any) -> Client:
    return sign_in(people()[0])


def page(template: CouponTemplate) -> str:
    return f"{LIST}{template.pk}/change/"


def test_what_is_typed_becomes_a_draft(maker: Client) -> None:
    answer = maker.post(f"{LIST}add/", typed())

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    draft = CouponTemplate.objects.get()
    assert (draft.code, draft.face_min_cents, draft.face_max_cents) == ("TOPUP-A", 500, 500)
    assert (draft.threshold_cents, draft.stock_limit, draft.budget_cents) == (
        5000,
        10_000,
        5_000_000,
    )
    assert draft.valid_until == midnight(61)
    assert draft.limits == [
        {"action": "claim", "measure": "count", "period": "month", "per": "customer", "limit": 1}
    ]
    assert draft.bearers == {"province": 3000, "bank": 7000, "merchant": 0, "merchant_name": ""}
    assert draft.scenes == ["top_up"]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"kind": "discount", "discount": "8.5折", "threshold_cents": ""}, {"rate_bp": 1500}),
        ({"kind": "discount", "discount": "15%"}, {"rate_bp": 1500, "threshold_cents": 5000}),
        ({"kind": "interest", "interest": "０.２５"}, {"rate_bp": 25}),
        ({"kind": "gift", "discount": "8.5"}, {"rate_bp": 0, "threshold_cents": 0}),
        (
            {"validity": "after_claim", "days_after_claim": "7", "valid_until": ""},
            {"days_after_claim": 7, "valid_until": None},
        ),
        (
            {"limits-0-measure": "amount", "limits-0-number": "1,000.50"},
            {"limits": [{"action": "claim", "measure": "amount", "period": "month",
                         "per": "customer", "limit": 100_050}]},
        ),
        ({"scenes": [], "scenes-merchants": "8001，8002"},
         {"scenes": ["merchant:8001", "merchant:8002"]}),
        ({"face_max_cents": "20"}, {"face_min_cents": 500, "face_max_cents": 2000}),
    ],
)  # fmt: skip
def test_each_kind_is_typed_as_bankers_write_it(
    maker: Client, fields: dict[str, Any], kept: dict[str, Any]
) -> None:
    answer = maker.post(f"{LIST}add/", typed(**fields))

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    draft = CouponTemplate.objects.get()
    assert {name: getattr(draft, name) for name in kept} == kept


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"face_min_cents": "5.001"}, "face_min_cents"),
        ({"budget_cents": "viel"}, "budget_cents"),
        ({"stock_limit": "1.5"}, "stock_limit"),
        ({"kind": "discount", "discount": "12"}, "discount"),
        ({"kind": "discount"}, "discount"),
        ({"kind": "interest"}, "interest"),
        ({"bearers-bank": "60"}, "bearers"),
        ({"limits-0-number": "0"}, "limits"),
        ({"limits-0-number": "x"}, "limits"),
        ({"scenes": ["moon"]}, "scenes"),
        ({"valid_until": "2026-02-30"}, "valid_until"),
        ({"code_pattern": "(a+)+"}, "code_pattern"),
        ({"pattern_sample": "12345"}, "pattern_sample"),
    ],
)
def test_a_bad_form_comes_back_with_a_sentence_and_the_input(
    maker: Client, fields: dict[str, Any], field: str
) -> None:
    answer = maker.post(f"{LIST}add/", typed(**fields))

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not CouponTemplate.objects.exists()


def test_the_stored_draft_fills_the_form_as_it_was_typed(maker: Client) -> None:
    template = make_template(kind=CouponKind.DISCOUNT, rate_bp=1500, budget_cents=123_456_700)

    html = maker.get(page(template)).content.decode()

    assert 'value="8.5"' in html
    assert 'value="1,234,567.00"' in html
    assert 'value="1,000,000"' in html


def test_code_and_kind_of_a_published_template_cannot_be_typed(maker: Client) -> None:
    template = live_template("FIXED")

    sent = typed(code="OTHER", kind="gift", opened_version="1", title="new name")
    answer = maker.post(page(template), sent)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    template.refresh_from_db()
    assert (template.code, template.kind, template.title) == ("FIXED", "spend_and_save", "new name")


def test_the_pattern_is_tried_out_while_it_is_typed(maker: Client) -> None:
    def verdict(pattern: str, sample: str) -> str:
        sent = {"code_pattern": pattern, "pattern_sample": sample}
        return maker.post(f"{LIST}pattern/", sent).content.decode()

    assert "This code fits." in verdict("[0-9]{4}", "１２３４ ")
    assert "does not fit" in verdict("[0-9]{4}", "12a4")
    assert "groups and alternatives" in verdict("(a|b)", "a")
    assert "label" not in verdict("[0-9]{4}", "")


def test_who_may_only_look_reads_words(bank: Any) -> None:
    template = live_template("WORDS", limits=[
        {"action": "claim", "measure": "count", "period": "day", "per": "customer", "limit": 1}
    ])  # fmt: skip

    html = sign_in(make_operator("looker", "viewer")).get(page(template)).content.decode()

    assert "5.00 yuan" in html
    assert "claim, per customer, a day: at most 1 coupons" in html
    assert 'name="face_min_cents"' not in html


def test_branch_staff_see_their_branchs_templates_only(bank: Any) -> None:
    root = make_branch("H1")
    own, other = make_branch("B1", parent=root), make_branch("B2", parent=root)
    mine, theirs = make_template("MINE", branch=own), make_template("THEIRS", branch=other)
    clerk = sign_in(make_operator("clerk", "branch", branch=own))

    html = clerk.get(LIST).content.decode()
    assert "MINE" in html
    assert "THEIRS" not in html
    assert clerk.get(page(mine)).status_code == 200
    assert clerk.get(page(theirs)).status_code == 302


def test_the_review_names_every_difference_in_words(bank: Any) -> None:
    template = live_template("DIFF")
    template.face_min_cents = template.face_max_cents = 800
    publishing.draft_edited(actor=people()[0], draft=template)
    template.save()
    request = publishing.submit_for_review(actor=people()[0], draft=template)

    html = sign_in(people()[1]).get(f"/admin/approvals/request/{request.pk}/change/").content

    assert b"5.00 yuan" in html
    assert b"8.00 yuan" in html


def test_every_kind_is_told_in_words(bank: Any) -> None:
    told = {}
    for kind in CouponKind:
        template = make_template(kind=kind, rate_bp=1500)
        lines = {line.key: line.text for line in show_payload(template.render_payload())}
        told[kind.value] = lines["value"]

    assert told["discount"] == "15% off, at most 5.00 yuan off"
    assert told["interest"] == "15% of interest, worth at most 5.00 yuan"
    assert told["gift"] == "5.00 yuan"


def test_stock_and_budget_show_what_is_taken_and_warn(bank: Any) -> None:
    template = live_template("BARS", stock_limit=20, budget_cents=10_000)
    stock(template, 19)
    template = CouponTemplate.objects.select_related("account").get(pk=template.pk)

    taken = taken_of(template)

    assert taken is not None
    assert (taken.available, taken.held_count, taken.held_cents) == (19, 19, 9500)
    assert taken.warnings == ["95% of the budget is taken by batches."]
    assert [part.shown for part in taken.stock_parts] == ["19", "0", "0", "1"]


def test_the_card_is_previewed_in_the_phone_in_both_modes(bank: Any) -> None:
    template = make_template("CARD", title="满50减5", rules="一张\n两张")
    client = sign_in(people()[0])

    for mode in ("standard", "senior"):
        answer = client.get(f"/preview/frame/?draft={template.uid}&mode={mode}")
        html = answer.content.decode()
        assert answer.status_code == 200
        assert html.count("满50减5") >= 3
        assert ("senior" in html) == (mode == "senior")
    desk = client.get(f"/preview/desk/?draft={template.uid}")
    assert desk.status_code == 200


@pytest.mark.parametrize(
    ("fields", "figure", "condition"),
    [
        ({}, ("¥", "5"), "from ¥50 on"),
        ({"threshold_cents": 0, "face_max_cents": 2050}, ("¥", "5–20.50"), "no minimum"),
        ({"kind": CouponKind.DISCOUNT, "rate_bp": 1500, "threshold_cents": 0}, ("", "15% off"),
         "at most ¥5 off"),
        ({"kind": CouponKind.INTEREST, "rate_bp": 30}, ("", "0.3%"), "from ¥50 on"),
        ({"kind": CouponKind.GIFT}, ("", ""), "gift"),
    ],
)  # fmt: skip
def test_a_card_says_what_the_coupon_is_worth(
    bank: Any, fields: dict[str, Any], figure: tuple[str, str], condition: str
) -> None:
    template = make_template(**fields)
    terms = parse(1, 1, {**template.render_payload(), "title": template.title})

    card = offered_card(terms)
    held = held_card(terms, 500, timezone.now() + timedelta(days=3))

    assert (card.unit, card.figure) == figure
    assert card.condition == condition
    assert (card.label, held.label) == ("Claim", "Use")
    assert registry.get(KIND).model is CouponTemplate
