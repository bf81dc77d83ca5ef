from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from coupons.models import Coupon
from customers.models import Customer
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, stock
from tests.mobile.test_preview import FRAME, PREVIEW, text_of
from tests.mobile.wallets import held
from tests.operators.people import make_branch


def page(operator: Any, name: str, query: str = "type=customer&customer=C1") -> Any:
    return sign_in(operator).get(f"{FRAME}?{query}&page={name}")


def test_the_wallet_of_a_chosen_customer_stands_on_the_phone(maker: Any) -> None:
    Customer.objects.create(number="C1")
    held(live_template(title="Mine"))
    held(live_template(title="Spent"), state="redeemed", redeemed_at=timezone.now())
    held(live_template(title="Too late"), valid_until=timezone.now() - timedelta(days=1))
    held(live_template(title="Another's"), "C2")

    shown = text_of(page(maker, "wallet"))

    assert shown.index("Mine") < shown.index("Spent") < shown.index("Too late")
    assert "Another" not in shown
    assert shown.count("is-over") == 2


def test_the_claim_centre_shows_what_this_customer_may_claim(maker: Any) -> None:
    Customer.objects.create(number="C1")
    rule = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    stock(live_template(title="For all"), 1)
    stock(live_template(title="For borrowers", audience=rule), 1)
    live_template(title="Given out")

    shown = text_of(page(maker, "claims", "type=customer&customer=C1&mode=senior"))

    assert shown.index("For all") < shown.index("Given out")
    assert "For borrowers" not in shown
    assert "senior" in shown
    assert Coupon.objects.filter(state="stocked").count() == 2


def test_beside_the_claim_centre_stands_why_a_coupon_cannot_be_claimed(maker: Any) -> None:
    Customer.objects.create(number="C1")
    rule = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    stock(live_template(title="For borrowers", audience=rule), 1)
    client, query = sign_in(maker), "type=customer&customer=C1"

    assert "For borrowers" in text_of(client.get(f"{PREVIEW}?{query}&page=claims"))
    assert "For borrowers" not in text_of(client.get(f"{PREVIEW}?{query}&page=wallet"))


def test_whoever_may_see_no_coupons_sees_no_wallet(maker: Any, monkeypatch: Any) -> None:
    Customer.objects.create(number="C1")
    held(live_template(title="Mine"))
    others = lambda _self, name, _about=None: name != "coupons.view_coupon"  # noqa: E731
    monkeypatch.setattr(Operator, "has_perm", others)

    assert page(maker, "wallet").status_code == 403


def test_without_a_customer_the_page_says_what_to_choose(maker: Any) -> None:
    live_template(title="For all")

    shown = text_of(page(maker, "claims", "type=payroll"))

    assert 'class="empty"' in shown
    assert "For all" not in shown


def test_branch_staff_see_no_wallet_of_another_branch(maker: Any) -> None:
    north, south = make_branch("N01"), make_branch("S01")
    Customer.objects.create(number="C1", branch=south)
    held(live_template(title="Mine"))
    northerner = make_operator("nora", "branch", branch=north)
    southerner = make_operator("susi", "branch", branch=south)

    assert "Mine" not in text_of(page(northerner, "wallet"))
    assert "Mine" in text_of(page(southerner, "wallet"))


def test_the_desk_leads_to_both_pages(maker: Any) -> None:
    shown = text_of(sign_in(maker).get(f"{PREVIEW}?type=customer&customer=C1"))

    assert "page=wallet" in shown
    assert "page=claims" in shown
