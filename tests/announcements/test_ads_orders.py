from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from announcements.ads import orders
from announcements.ads.errors import BadOrder
from announcements.ads.models import AdOrder
from announcements.errors import BadContent
from approvals.models import Request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing.errors import EditConflict, NothingChanged
from publishing.services import current_edition, submit_for_review
from tests.announcements.ads import make_ad, make_picture, make_placements
from tests.approvals.people import publish, sign_in

PAGE = "/admin/announcements_ads/adorder/"

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(autouse=True)
def placements(bank: Any) -> None:
    make_placements()


@pytest.fixture
def ads(maker: Any, checker: Any) -> list[Any]:
    made = [make_ad(maker, title=f"Ad {number}", priority=number) for number in range(3)]
    for ad in made:
        publish(maker, checker, ad)
    return made


def uids(*ads: Any) -> list[str]:
    return [str(ad.uid) for ad in ads]


def save(
    actor: Any, wanted: list[str], version: int = 0, placement: str = "home_banner"
) -> AdOrder:
    return orders.save_order(actor=actor, placement=placement, uids=wanted, version=version)


def test_an_order_is_drafted_reviewed_and_published(
    maker: Any, checker: Any, ads: list[Any]
) -> None:
    one, two, _three = ads
    draft = save(maker, uids(two, one))
    assert orders.published_order("home_banner") == []
    publish(maker, checker, draft)

    assert orders.published_order("home_banner") == uids(two, one)
    item = next(i for i in current_edition().document["items"] if i["kind"] == "ad_order")
    assert item["payload"] == {
        "schema": 1, "placement": "home_banner", "uids": uids(two, one),
    }  # fmt: skip
    found = orders.arrangeable("home_banner", timezone.now())
    shown = orders.arranged(found, orders.published_order("home_banner"))
    assert [ad.title for ad in shown] == ["Ad 1", "Ad 0", "Ad 2"]


def test_ads_that_nobody_arranged_stand_by_priority(maker: Any, ads: list[Any]) -> None:
    found = orders.arrangeable("home_banner", timezone.now())

    assert [ad.title for ad in orders.arranged(found, [])] == ["Ad 2", "Ad 1", "Ad 0"]


@pytest.mark.parametrize("wrong", ["twice", "nonsense", "stranger", "elsewhere", "placement"])
def test_an_order_names_each_ad_of_its_placement_once(
    maker: Any, ads: list[Any], wrong: str
) -> None:
    named = {
        "twice": uids(ads[0], ads[0]),
        "nonsense": ["1; DROP TABLE"],
        "stranger": ["00000000-0000-4000-8000-000000000000"],
        "elsewhere": uids(make_ad(maker, placement="splash", picture=make_picture("splash"))),
        "placement": uids(ads[0]),
    }[wrong]
    placement = "hall" if wrong == "placement" else "home_banner"

    with pytest.raises(BadContent if wrong == "placement" else BadOrder):
        save(maker, named, placement=placement)
    assert not AdOrder.objects.exists()


def test_an_order_that_another_saved_is_not_overwritten(maker: Any, ads: list[Any]) -> None:
    first = save(maker, uids(*ads))
    save(maker, uids(*reversed(ads)), version=1)

    for version in (0, 1):
        with pytest.raises(EditConflict):
            save(maker, uids(ads[1]), version=version)
    first.refresh_from_db()
    assert (first.uids, first.version) == (uids(*reversed(ads)), 2)


def test_saving_the_same_order_again_changes_nothing(maker: Any, ads: list[Any]) -> None:
    draft = save(maker, uids(*ads))
    asked = submit_for_review(actor=maker, draft=draft)

    save(maker, uids(*ads), version=1)

    asked.refresh_from_db()
    assert asked.is_pending
    assert AuditEvent.objects.filter(event="announcements_ads.order_saved").count() == 1


def test_an_empty_order_is_not_submitted(maker: Any, ads: list[Any]) -> None:
    with pytest.raises(BadOrder):
        submit_for_review(actor=maker, draft=save(maker, []))


def test_only_makers_of_the_whole_bank_arrange(
    checker: Any, viewer: Any, northerner: Any, ads: list[Any]
) -> None:
    for actor in (checker, viewer, northerner):
        with pytest.raises(NotAllowed):
            save(actor, uids(*ads))
    assert sign_in(northerner).get(PAGE).status_code == 403
    assert sign_in(viewer).get(PAGE).status_code == 200
    assert sign_in(viewer).post(f"{PAGE}save/", {"placement": "home_banner"}).status_code == 403


# --- the page -------------------------------------------------------------------------------------
def post(client: Any, ads: list[Any], verb: str, version: int = 0, **more: str) -> Any:
    places = {f"place-{ad.uid}": str(number) for number, ad in enumerate(ads, start=1)}
    given = {"placement": "home_banner", "version": str(version), "verb": verb}
    return client.post(f"{PAGE}save/", {**given, **places, **more})


def test_the_page_saves_submits_and_goes_back_to_what_is_published(
    maker: Any, checker: Any, ads: list[Any]
) -> None:
    client = sign_in(maker)
    assert "Ad 2" in client.get(PAGE).content.decode()

    assert post(client, ads, "submit").status_code == 302
    asked = Request.objects.get(target_kind="announcements_ads.adorder")
    review = sign_in(checker).get(f"/admin/approvals/request/{asked.pk}/change/").content.decode()
    assert "1. Ad 0<br>2. Ad 1<br>3. Ad 2" in review
    publish_asked(checker, asked)

    swapped = [ads[2], ads[0], ads[1]]
    assert post(client, swapped, "save", version=1).status_code == 302
    draft = AdOrder.objects.get()
    assert draft.uids == uids(*swapped)
    assert "differs from what customers see" in client.get(PAGE).content.decode()
    again = client.get(f"{PAGE}{draft.pk}/change/")
    assert again.headers["Location"] == f"{PAGE}?placement=home_banner"

    assert post(client, swapped, "undo", version=2).status_code == 302
    draft.refresh_from_db()
    assert draft.uids == uids(*ads)
    with pytest.raises(NothingChanged):
        submit_for_review(actor=maker, draft=draft)


def publish_asked(checker: Any, asked: Request) -> None:
    from approvals.services import approve_request

    approve_request(actor=checker, request_id=asked.pk)


def test_the_page_keeps_what_was_arranged_when_it_is_refused(maker: Any, ads: list[Any]) -> None:
    save(maker, uids(*ads))
    response = post(sign_in(maker), [ads[1], ads[2], ads[0]], "save", version=7)

    page = response.content.decode()
    assert response.status_code == 409
    assert "has saved this draft meanwhile" in page
    assert page.index("Ad 1") < page.index("Ad 2") < page.index("Ad 0")


def test_equal_and_odd_numbers_still_make_an_order(maker: Any, ads: list[Any]) -> None:
    odd = {f"place-{ads[0].uid}": "x", f"place-{ads[1].uid}": "5", f"place-{ads[2].uid}": "2"}

    assert post(sign_in(maker), ads, "save", **odd).status_code == 302
    assert AdOrder.objects.get().uids == uids(ads[2], ads[1], ads[0])
