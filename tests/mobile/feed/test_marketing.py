"""The zone and the campaigns on the home page."""

from __future__ import annotations

from datetime import timedelta

from customers.facts import Facts
from mobile.feed.campaigns import campaign_of, live_campaigns
from mobile.feed.home import CAMPAIGNS_ON_HOME, render
from mobile.feed.people import VISITOR, Person
from mobile.feed.zone import live_products, product_of
from tests.mobile.feed.making import NOON, campaign, feed_of, product

ZONE = [
    {"code": "large_cd", "name": "CD", "category": "deposit"},
    {"code": "loan", "name": "Loan", "category": "loan"},
]
FOR_BORROWERS = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
BORROWER = Person("C1", Facts(groups=frozenset({"loan"})))


def test_each_open_type_says_what_it_has_for_this_customer() -> None:
    feed = feed_of(
        product("For borrowers", audience=FOR_BORROWERS, priority=5, summary="Three years"),
        product("For all"),
        product("Of a type that is not open", type="closed"),
        zone=ZONE,
    )

    zone = render(feed, BORROWER, NOON)["zone"]
    assert zone == [
        {**ZONE[0], "products": 2, "headline": "Three years"},
        {**ZONE[1], "products": 0, "headline": ""},
    ]
    assert render(feed, VISITOR, NOON)["zone"][0] == {
        **ZONE[0], "products": 1, "headline": "For all"
    }  # fmt: skip
    assert [item.title for item in live_products(feed, BORROWER, NOON)] == [
        "For borrowers", "For all"
    ]  # fmt: skip


def test_senior_mode_has_the_zone_and_praises_nothing() -> None:
    feed = feed_of(product("A", summary="Grab it"), campaign("B"), zone=ZONE)

    home = render(feed, VISITOR, NOON, mode="senior")

    assert home["zone"][0] == {**ZONE[0], "products": 1, "headline": ""}
    assert home["campaigns"] == []
    assert [item.title for item in live_products(feed, VISITOR, NOON, mode="senior")] == ["A"]
    assert [item.title for item in live_campaigns(feed, VISITOR, NOON)] == ["B"]


def test_a_product_outside_period_audience_or_open_types_cannot_be_opened() -> None:
    shown, others = product("shown"), product("borrowers", audience=FOR_BORROWERS)
    over = product("over", ends_at=NOON)
    closed = product("closed", type="closed")
    feed = feed_of(shown, others, over, closed, campaign("c", id="c"), zone=ZONE)

    opened = [
        each["title"]
        for each in (shown, others, over, closed)
        if product_of(feed, VISITOR, NOON, each["id"])
    ]
    assert opened == ["shown"]
    assert product_of(feed, VISITOR, NOON, "c") is None
    assert product_of(feed, VISITOR, NOON, "unknown") is None


def test_the_home_page_shows_live_campaigns_and_how_they_stand() -> None:
    feed = feed_of(
        campaign("runs", id="runs", priority=3, ends_at=NOON + timedelta(days=1)),
        campaign("paused", id="paused", priority=2),
        campaign("used up", id="used", priority=1),
        campaign("stopped", id="stopped"),
        campaign("ended early", id="ended"),
        campaign("to come", id="later", starts_at=NOON + timedelta(seconds=1)),
        campaign("others", id="others", audience=FOR_BORROWERS),
        switched={
            "paused": "paused", "used": "used_up", "stopped": "stopped", "ended": "ended"
        },
    )  # fmt: skip

    shown = render(feed, VISITOR, NOON)["campaigns"]

    assert [(each["id"], each["state"]) for each in shown] == [
        ("runs", "running"), ("paused", "paused"), ("used", "used_up")
    ]  # fmt: skip
    assert set(shown[0]) == {
        "id", "version", "title", "summary", "kind", "button", "starts_at", "ends_at", "state"
    }  # fmt: skip
    opened = [uid for uid in feed.by_id if campaign_of(feed, VISITOR, NOON, uid)]
    assert sorted(opened) == ["ended", "paused", "runs", "stopped", "used"]


def test_the_home_page_shows_so_many_campaigns_and_no_more() -> None:
    feed = feed_of(*(campaign(str(number)) for number in range(CAMPAIGNS_ON_HOME + 3)))

    assert len(render(feed, VISITOR, NOON)["campaigns"]) == CAMPAIGNS_ON_HOME
    assert len(list(live_campaigns(feed, VISITOR, NOON))) == CAMPAIGNS_ON_HOME + 3
