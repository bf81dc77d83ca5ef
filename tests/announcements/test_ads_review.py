from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from announcements.ads import services
from announcements.ads.content import content_of
from announcements.ads.errors import SlotTaken
from announcements.ads.kinds import show_payload
from announcements.catalogue.models import Placement
from announcements.errors import BadContent
from approvals.errors import NotConfirmed
from approvals.models import Request
from approvals.services import approve_request
from audit.models import AuditEvent
from publishing.models import Publication
from publishing.services import request_rollback, submit_for_review
from tenants.models import Bank
from tests.announcements.ads import make_ad, make_placements
from tests.approvals.people import make_draft, make_operator, publish, sign_in
from tests.approvals.racing import at_once, racing_bank

NOW = timezone.now()
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def placements(bank: Any) -> None:
    make_placements()


def window(days: list[int], start: str, until: str) -> dict[str, Any]:
    return {"days": days, "from": start, "until": until}


# --- two ads and one slot -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ({}, {}, True),
        ({}, {"slot": 3}, False),
        ({}, {"slot": None}, False),
        ({"ends_at": NOW + 5 * DAY}, {"starts_at": NOW + 5 * DAY}, False),
        ({"ends_at": NOW + 5 * DAY}, {"starts_at": NOW + 4 * DAY}, True),
        (
            {"windows": [window([1, 2, 3, 4, 5], "09:00", "12:00")]},
            {"windows": [window([1], "12:00", "18:00"), window([6, 7], "00:00", "24:00")]},
            False,
        ),
        (
            {"windows": [window([1, 2, 3, 4, 5], "09:00", "12:00")]},
            {"windows": [window([5], "11:59", "18:00")]},
            True,
        ),
    ],
)
def test_two_ads_keep_one_slot_only_at_different_times(
    maker: Any, checker: Any, placements: None, one: Any, other: Any, clash: bool
) -> None:
    publish(maker, checker, make_ad(maker, **{"title": "First", "slot": 1, **one}))
    second = make_ad(maker, **{"slot": 1, **other})

    if not clash:
        publish(maker, checker, second)
        return
    with pytest.raises(SlotTaken) as refusal:
        submit_for_review(actor=maker, draft=second)
    assert "“First”" in str(refusal.value)
    assert "Slot 1 of home banner" in str(refusal.value)


def test_two_branches_may_have_the_same_slot_but_not_branch_and_bank(
    maker: Any, checker: Any, placements: None, north: Any, south: Any
) -> None:
    publish(maker, checker, make_ad(maker, slot=1, branch=north))
    publish(maker, checker, make_ad(maker, slot=1, branch=south))

    with pytest.raises(SlotTaken):
        submit_for_review(actor=maker, draft=make_ad(maker, slot=1))


def test_an_ad_does_not_stand_in_its_own_way_and_a_withdrawn_one_in_nobodys(
    maker: Any, checker: Any, placements: None
) -> None:
    from publishing.services import withdraw_now

    ad = make_ad(maker, slot=1)
    publish(maker, checker, ad)
    services.edit_ad(
        actor=maker, draft_id=ad.pk, version=1, content=replace(content_of(ad), weight=50)
    )
    publish(maker, checker, ad)
    withdraw_now(actor=checker, kind="ad", target_id=ad.uid, reason="typo")

    publish(maker, checker, make_ad(maker, slot=1))


def test_who_asks_for_a_slot_first_comes_first(maker: Any, checker: Any, placements: None) -> None:
    first = make_ad(maker, title="First", slot=1)
    asked = submit_for_review(actor=maker, draft=first)
    with pytest.raises(SlotTaken) as refusal:
        submit_for_review(actor=maker, draft=make_ad(maker, slot=1))

    assert "in review" in str(refusal.value)
    approve_request(actor=checker, request_id=asked.pk)


def test_of_two_in_review_only_the_first_to_be_approved_passes(
    maker: Any, checker: Any, placements: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = _both_in_review(maker, monkeypatch)

    approve_request(actor=checker, request_id=one.pk)
    with pytest.raises(SlotTaken):
        approve_request(actor=checker, request_id=other.pk)

    assert Publication.objects.count() == 1
    other.refresh_from_db()
    assert other.is_pending


def _both_in_review(maker: Any, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """As if both had been submitted in the same instant, neither seeing the other."""
    drafts = [make_ad(maker, title=f"Ad {number}", slot=1) for number in range(2)]
    with monkeypatch.context() as blind:
        blind.setattr("announcements.ads.conflicts._first_overlap", lambda *_: None)
        return [submit_for_review(actor=maker, draft=draft) for draft in drafts]


@pytest.fixture
def racing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    with django_db_blocker.unblock():
        with racing_bank() as bank:
            make_placements()
            yield bank
        Placement.objects.all().delete()


def test_of_two_approvals_at_once_exactly_one_passes(
    racing: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = make_operator("mia", "maker")
    checkers = [make_operator(f"chen{number}", "checker") for number in range(2)]
    for _round in range(3):
        before = Publication.objects.count()
        requests = _both_in_review(maker, monkeypatch)
        approvals = [
            at_once_approval(checker, request.pk)
            for checker, request in zip(checkers, requests, strict=True)
        ]
        given = at_once(racing, *approvals)
        assert sorted(type(each).__name__ for each in given) == ["Request", "SlotTaken"]
        assert Publication.objects.count() == before + 1
        Request.objects.pending().update(status="withdrawn")
        _take_down_all(checkers[0])


def at_once_approval(checker: Any, request_id: int) -> Any:
    return partial(approve_request, actor=checker, request_id=request_id)


def _take_down_all(checker: Any) -> None:
    from publishing.services import withdraw_now

    for each in list(Publication.objects.current(timezone.now())):
        withdraw_now(actor=checker, kind=each.kind, target_id=each.target_id, reason="next round")


# --- what has changed since the draft -------------------------------------------------------------
def test_an_ad_is_looked_at_again_when_it_is_approved(
    maker: Any, checker: Any, placements: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("announcements.ads.rules.link_hosts", lambda: ["pay.example.cn"])
    linked = make_ad(maker, link_kind="url", link_target="https://pay.example.cn/")
    placed = make_ad(maker, slot=5)
    requests = [submit_for_review(actor=maker, draft=each) for each in (linked, placed)]

    monkeypatch.setattr("announcements.ads.rules.link_hosts", list)
    Placement.objects.filter(code="home_banner").update(slots=4)

    for request in requests:
        with pytest.raises(BadContent):
            approve_request(actor=checker, request_id=request.pk)
    assert not Publication.objects.exists()


def test_a_rollback_may_not_take_a_slot_that_is_kept_by_another(
    maker: Any, checker: Any, placements: None
) -> None:
    ad = make_ad(maker, slot=1)
    publish(maker, checker, ad)
    services.edit_ad(
        actor=maker, draft_id=ad.pk, version=1, content=replace(content_of(ad), slot=3)
    )
    publish(maker, checker, ad)
    publish(maker, checker, make_ad(maker, slot=1))

    with pytest.raises(SlotTaken):
        request_rollback(actor=maker, kind="ad", target_id=ad.uid, version=1)


# --- what the checker sees and says ---------------------------------------------------------------
def test_a_checker_reads_an_ad_in_words(maker: Any, placements: None) -> None:
    ad = make_ad(maker, daily_cap=3, windows=[window([1, 2, 3], "09:00", "24:00")], slot=1)

    shown = {line.key: line.text for line in show_payload(ad.render_payload())}

    assert shown["picture"].startswith('<img src="/media/')
    assert shown["windows"] == "Mon to Wed 09:00–24:00"
    assert shown["caps"] == "per customer and day: 3; per customer in all: no limit"
    assert (shown["slot"], shown["link"], shown["house"]) == ("1", "nowhere", "No")


def test_the_review_page_shows_the_picture(maker: Any, checker: Any, placements: None) -> None:
    asked = submit_for_review(actor=maker, draft=make_ad(maker, alt_text='"><script>x'))

    page = sign_in(checker).get(f"/admin/approvals/request/{asked.pk}/change/").content.decode()

    assert '<img src="/media/' in page or 'src="/media/' in page
    assert "<script>x" not in page


@pytest.mark.parametrize("what", ["ad", "announcement"])
def test_what_seniors_see_needs_its_checkers_word(
    maker: Any, checker: Any, placements: None, what: str
) -> None:
    make = make_ad if what == "ad" else make_draft
    asked = submit_for_review(actor=maker, draft=make(maker, for_seniors=True))
    client = sign_in(checker)
    address = f"/admin/approvals/request/{asked.pk}"

    assert 'value="for_seniors" required' in client.get(f"{address}/change/").content.decode()
    refused = client.post(f"{address}/approve/")
    assert refused.status_code == 400
    assert "suitable for senior mode" in refused.content.decode()
    with pytest.raises(NotConfirmed):
        approve_request(actor=checker, request_id=asked.pk, confirmed=["something"])
    asked.refresh_from_db()
    assert (asked.is_pending, asked.decisions.count()) == (True, 0)

    assert client.post(f"{address}/approve/", {"confirmed": "for_seniors"}).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "approved"
    event = AuditEvent.objects.get(event="approvals.request_approved")
    assert event.after["confirmed"] == ["for_seniors"]


def test_other_changes_ask_for_nothing(maker: Any, checker: Any, placements: None) -> None:
    asked = submit_for_review(actor=maker, draft=make_ad(maker))

    assert approve_request(actor=checker, request_id=asked.pk).status == "approved"


def test_slots_are_compared_with_the_clock_of_shanghai() -> None:
    from announcements.ads.conflicts import overlap

    def envelope(start: datetime, windows: Any = ()) -> Any:
        return {
            "branch_path": "", "starts_at": start.isoformat(), "ends_at": None,
            "payload": {"windows": list(windows)},
        }  # fmt: skip

    late_monday = [window([1], "23:00", "24:00")]
    assert overlap(envelope(NOW, late_monday), envelope(NOW, [window([1], "23:59", "24:00")]))
    assert not overlap(envelope(NOW, late_monday), envelope(NOW, [window([2], "00:00", "01:00")]))
