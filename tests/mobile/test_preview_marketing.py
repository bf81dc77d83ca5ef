"""The zone and the campaigns on the phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import CampaignAccount, Event
from customers.models import Customer
from fuxiang_zone.models import Reservation
from fuxiang_zone.products.linking import MOST_LINKS
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, stock
from tests.mobile.marketing import live_campaign, live_product, make_campaign, make_product
from tests.mobile.test_preview import FRAME, text_of

MODES = ("standard", "senior")


def page(operator: Any, name: str, about: Any = None, query: str = "type=visitor") -> Any:
    item = f"&item={about.uid}" if about is not None else ""
    return sign_in(operator).get(f"{FRAME}?{query}&page={name}{item}")


@pytest.mark.parametrize("mode", MODES)
def test_the_zone_shows_what_the_bank_offers_this_customer(maker: Any, mode: str) -> None:
    live_product(title="One year")
    borrowers = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    live_product(title="For borrowers", audience=borrowers)

    shown = text_of(page(maker, "zone", query=f"type=visitor&mode={mode}"))

    assert "One year" in shown
    assert "1.55% – 2.10%" in shown
    assert "For borrowers" not in shown


def test_a_product_shows_its_rates_and_the_calculator_reckons_to_the_cent(maker: Any) -> None:
    product = live_product()

    shown = text_of(page(maker, "product", product))
    assert "200,000" in shown
    assert "2.10%" in shown
    reckoned = page(maker, "calculator", product, "type=visitor&amount=500000&term=1-year")
    assert "10,500.00" in text_of(reckoned)
    too_little = page(maker, "calculator", product, "type=visitor&amount=100&term=1-year")
    assert "200,000" in text_of(too_little)
    assert 'role="alert"' in text_of(too_little)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("amount=500000.125&term=1-year", "最多两位小数"),
        ("amount=50%E4%B8%87&term=1-year", "最多两位小数"),
        ("amount=-500000&term=1-year", "最多两位小数"),
        ("amount=%EF%BC%95%EF%BC%90%EF%BC%90%EF%BC%8C000&term=1-year", "10,500.00"),
        # Twelve months are a year.
        ("amount=500000&term=12-month", "10,500.00"),
    ],
)
def test_what_the_calculator_cannot_read_it_says_and_what_it_can_it_reckons(
    maker: Any, asked: str, sentence: str
) -> None:
    product = live_product()

    assert sentence in text_of(page(maker, "calculator", product, f"type=visitor&{asked}"))


def test_senior_mode_takes_fewer_steps_and_praises_nothing(maker: Any) -> None:
    product = live_product(quota=9, summary="Grab it")

    standard = text_of(page(maker, "product", product, "type=visitor&mode=standard"))
    senior = text_of(page(maker, "product", product, "type=visitor&mode=senior"))

    assert "Grab it" in standard
    assert 'page=reserve"' in standard
    assert "Grab it" not in senior
    assert "page=reserved&amp;units=1" in senior


def test_a_reservation_is_shown_and_not_made(maker: Any) -> None:
    product = live_product(quota=3, most_per_customer=2, unit_cents=20_000_000)

    done = text_of(page(maker, "reserved", product, "type=visitor&units=2"))
    refused = text_of(page(maker, "reserved", product, "type=visitor&units=3"))

    assert "400,000.00" in done
    assert "outcome-no" not in done
    assert "outcome-no" in refused
    assert not Reservation.objects.exists()


def test_wealth_above_the_customers_risk_has_no_button(maker: Any) -> None:
    today = timezone.localdate()
    Customer.objects.create(number="C1", risk_level="C1", risk_assessed_on=today)
    Customer.objects.create(number="C5", risk_level="C5", risk_assessed_on=today)
    product = live_product(risk_level=5, quota=9)

    def buttons(number: str) -> int:
        query = f"type=customer&customer={number}"
        return text_of(page(maker, "product", product, query)).count('page=reserve"')

    assert (buttons("C1"), buttons("C5")) == (0, 1)


def test_a_draft_stands_on_its_own_page_before_it_is_approved(maker: Any) -> None:
    product = make_product(title="Not yet", quota=5)
    template = live_template()
    stock(template, 1)
    campaign = make_campaign(template, title="Soon")
    client = sign_in(maker)

    shown = text_of(client.get(f"{FRAME}?draft={product.uid}"))
    assert "Not yet" in shown
    assert "is-proposed" in shown
    assert "Soon" in text_of(client.get(f"{FRAME}?draft={campaign.uid}"))
    joined = client.get(f"{FRAME}?draft={campaign.uid}&page=joined&item={campaign.uid}")
    assert "outcome-no" not in text_of(joined)
    home = text_of(client.get(f"{FRAME}?draft={campaign.uid}&page=home"))
    assert "campaigns-title" in home
    assert client.get(f"{FRAME}?type=visitor&page=product&item={product.uid}").status_code == 404


def test_a_products_links_lead_to_the_pages_of_this_app(maker: Any) -> None:
    other = live_product(title="The other")
    link = {"kind": "zone_product", "id": str(other.uid)}
    product = live_product(
        links=[{**link, "label": f"The other {number}"} for number in range(1, MOST_LINKS + 1)]
    )

    shown = text_of(page(maker, "product", product, "type=visitor&mode=standard"))

    assert f"The other {MOST_LINKS}" in shown
    assert f"item={other.uid}&amp;page=product" in shown


# --- campaigns ------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", MODES)
def test_a_campaigns_page_says_what_there_is_and_what_joining_would_give(
    maker: Any, mode: str
) -> None:
    campaign = live_campaign()
    query = f"type=visitor&mode={mode}"

    shown = text_of(page(maker, "campaign", campaign, query))
    joined = text_of(page(maker, "joined", campaign, query))

    assert "Take it" in shown
    assert "Five off" in shown
    assert "Five off" in joined
    assert "outcome-no" not in joined
    assert not Event.objects.exists()


def test_a_campaign_that_cannot_be_joined_says_why(maker: Any) -> None:
    later = live_campaign(conditions=[{"kind": "new_customer", "days": 30}])
    Customer.objects.create(number="C1", opened_on=timezone.localdate() - timedelta(days=90))
    paused = live_campaign()
    CampaignAccount.objects.filter(campaign=paused).update(run_state="paused")

    query = "type=customer&customer=C1"
    assert "outcome-no" in text_of(page(maker, "joined", later, query))
    assert "page=joined" not in text_of(page(maker, "campaign", paused))


def test_the_home_page_leads_to_both_and_senior_mode_to_no_campaign(maker: Any) -> None:
    live_product()
    campaign = live_campaign()

    standard = text_of(page(maker, "home", query="type=visitor&mode=standard"))
    senior = text_of(page(maker, "home", query="type=visitor&mode=senior"))

    assert "page=zone" in standard
    assert str(campaign.uid) in standard
    assert "page=zone" in senior
    assert str(campaign.uid) not in senior


def test_reservations_are_shown_to_those_who_may_see_them(maker: Any, monkeypatch: Any) -> None:
    Customer.objects.create(number="C1")
    assert page(maker, "reservations", query="type=customer&customer=C1").status_code == 200

    others = lambda _self, name, _about=None: name != "fuxiang_zone.view_reservation"  # noqa: E731
    monkeypatch.setattr(Operator, "has_perm", others)
    assert page(maker, "reservations").status_code == 403


def test_what_is_over_at_the_chosen_moment_is_not_there(maker: Any) -> None:
    viewer = make_operator("vic", "viewer")
    product = live_product(title="Ended", ends_at=timezone.now() + timedelta(minutes=1))

    late = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = page(viewer, "product", product, f"type=visitor&when=chosen&at={late}")

    assert answer.status_code == 404
    assert b"outcome-no" in answer.content
