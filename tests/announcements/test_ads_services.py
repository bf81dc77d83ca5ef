from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from announcements.ads import services
from announcements.ads.content import content_of
from announcements.ads.errors import UnknownAd
from announcements.ads.models import Ad
from announcements.catalogue.models import AppFunction
from announcements.errors import BadContent, StillNeeded
from approvals.models import Request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing.errors import EditConflict
from publishing.services import current_edition, submit_for_review
from tests.announcements.ads import content, make_ad, make_picture, make_placements
from tests.approvals.people import make_draft, publish

pytestmark = pytest.mark.usefixtures("english")

NOW = timezone.now()


@pytest.fixture(autouse=True)
def placements(bank: Any) -> None:
    make_placements()


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "announcements.ads.rules.link_hosts", lambda: ["pay.example.cn", "*.bank.example"]
    )


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("at").values_list("event", flat=True))


def test_what_customers_receive_of_an_ad(maker: Any, hosts: None) -> None:
    picture = make_picture("splash")
    ad = make_ad(
        maker, placement="splash", picture=picture, alt_text=" Red \n packets ", link_kind="url",
        link_target="https://WWW.bank.example/活动?a=1#x", daily_cap=3, weight=7, for_seniors=True,
        windows=[{"days": [1], "from": "09:00", "until": "24:00"}],
        starts_at=NOW, trial_starts_at=NOW - timedelta(days=1),
    )  # fmt: skip

    ad.refresh_from_db()
    folder = picture.variants["1x"]["name"].rpartition("/")[0]
    payload = ad.render_payload()
    assert payload.pop("image")["2x"] == {
        "url": f"/media/{folder}/2x.webp", "width": 750, "height": 1334,
    }  # fmt: skip
    trial = payload.pop("trial_starts_at")
    assert trial.endswith("Z")
    assert payload == {
        "schema": 1,
        "placement": "splash",
        "alt": "Red packets",
        "thumbnail": f"/media/{folder}/thumbnail.webp",
        "link": {
            "kind": "url",
            "target": "https://www.bank.example/%E6%B4%BB%E5%8A%A8?a=1#x",
        },
        "windows": [{"days": [1], "from": "09:00", "until": "24:00"}],
        "weight": 7,
        "daily_cap": 3,
        "lifetime_cap": None,
        "slot": None,
        "house": False,
        "for_seniors": True,
        "closable": True,
    }
    assert events() == ["announcements_ads.ad_created"]


def test_a_banner_needs_no_close_button(maker: Any) -> None:
    assert make_ad(maker).render_payload()["closable"] is False


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"alt_text": "\u200b \n"}, "alt_text"),
        ({"alt_text": "x" * 81}, "alt_text"),
        ({"placement": "floating", "picture": None}, "placement"),
        ({"placement": "hall", "picture": None}, "placement"),
        ({"picture": None}, "picture"),
        ({"starts_at": NOW, "ends_at": NOW}, "ends_at"),
        ({"starts_at": NOW, "trial_starts_at": NOW}, "trial_starts_at"),
        ({"priority": 101}, "priority"),
        ({"weight": 0}, "weight"),
        ({"weight": -1}, "weight"),
        ({"weight": 1001}, "weight"),
        ({"daily_cap": 0}, "daily_cap"),
        ({"lifetime_cap": -3}, "lifetime_cap"),
        ({"slot": 0}, "slot"),
        ({"slot": 6}, "slot"),
        ({"slot": 2}, "slot"),
        ({"slot": 1, "is_house": True}, "slot"),
        ({"windows": [{"days": [], "from": "09:00", "until": "10:00"}]}, "windows"),
        ({"audience": {"any": []}}, "audience"),
        ({"link_kind": "telnet", "link_target": "x"}, "link_kind"),
        ({"link_kind": "function", "link_target": ""}, "link_target"),
        ({"link_kind": "function", "link_target": "gone"}, "link_target"),
        ({"link_kind": "announcement", "link_target": "1; DROP"}, "link_target"),
        ({"link_kind": "announcement", "link_target": str(uuid4())}, "link_target"),
    ],
)
def test_a_bad_ad_is_refused_with_a_sentence_and_nothing_is_stored(
    maker: Any, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadContent) as refusal:
        services.create_ad(actor=maker, content=content(**fields))

    assert refusal.value.field == field
    assert str(refusal.value).endswith((".", "none."))
    assert not Ad.objects.exists()
    assert events() == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://pay.example.cn/",
        "javascript:alert(1)",
        "JavaScript://pay.example.cn/%0aalert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "//pay.example.cn/",
        "https:pay.example.cn",
        "https://",
        "https://evil.example/",
        "https://pay.example.cn.evil.example/",
        "https://evilpay.example.cn/",
        "https://bank.example/",
        "https://evilbank.example/",
        "https://pay.example.cn@evil.example/",
        "https://user:secret@pay.example.cn/",
        "https://evil.example\\@pay.example.cn/",
        "https://evil.example\\.pay.example.cn/",
        "https://pay.example.cn:8443/",
        "https://pay.example.cn:port/",
        "https://pay.example.cn:99999/",
        "https://pay.example.cn%2eevil.example/",
        "https://pay。example。cn/",
        "https://ｐａｙ.example.cn/",
        "https://раy.example.cn/",
        "https://xn--py-7kc.bank.example/",
        "https://pay.example.cn./",
        "https://-.bank.example/",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://pay.example.cn/a b",
        "https://pay.example.cn/\u200b",
        "https://pay.example.cn/\x00",
        "https://pay.example.cn/\n",
        "https://pay.example.cn/" + "x" * 500,
    ],
)
def test_an_address_off_the_list_or_in_disguise_is_refused(
    maker: Any, hosts: None, address: str
) -> None:
    if address.endswith("\n"):
        address += "x"  # blanks around it are the paste's, and cut off
    with pytest.raises(BadContent) as refusal:
        services.create_ad(actor=maker, content=content(link_kind="url", link_target=address))

    assert refusal.value.field == "link_target"
    assert not Ad.objects.exists()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://pay.example.cn", "https://pay.example.cn"),
        (" https://PAY.example.cn/A?b=c%20d ", "https://pay.example.cn/A?b=c%20d"),
        ("HTTPS://pay.example.cn:443/", "https://pay.example.cn/"),
        ("https://a.b.bank.example/", "https://a.b.bank.example/"),
        ("https://pay.example.cn/?next=https://evil.example@x", None),
    ],
)
def test_an_address_on_the_list_is_kept_in_one_form(
    maker: Any, hosts: None, address: str, kept: str | None
) -> None:
    ad = make_ad(maker, link_kind="url", link_target=address)

    assert ad.link_target == (kept or address)


def test_no_list_means_no_address(maker: Any) -> None:
    with pytest.raises(BadContent) as refusal:
        make_ad(maker, link_kind="url", link_target="https://pay.example.cn/")

    assert refusal.value.code_text == "host_not_allowed"


def test_links_lead_to_functions_and_published_announcements(maker: Any, checker: Any) -> None:
    AppFunction.objects.create(code="transfer", name="Transfer", group="Accounts")
    draft = make_draft(maker, "Rates")

    make_ad(maker, link_kind="function", link_target="transfer")
    with pytest.raises(BadContent):
        make_ad(maker, link_kind="announcement", link_target=str(draft.uid))
    publish(maker, checker, draft)

    make_ad(maker, link_kind="announcement", link_target=str(draft.uid))


def test_a_picture_must_be_cropped_and_of_the_same_placement(maker: Any) -> None:
    for picture in (make_picture("splash"), make_picture(variants={}, crop={})):
        with pytest.raises(BadContent) as refusal:
            make_ad(maker, picture=picture)
        assert refusal.value.field == "picture"


def test_an_edit_counts_and_withdraws_the_review(maker: Any) -> None:
    ad = make_ad(maker)
    asked = submit_for_review(actor=maker, draft=ad)
    services.edit_ad(
        actor=maker, draft_id=ad.pk, version=1, content=replace(content_of(ad), weight=99)
    )

    ad.refresh_from_db()
    asked.refresh_from_db()
    assert (ad.weight, ad.version, asked.status) == (99, 2, "withdrawn")
    with pytest.raises(EditConflict):
        services.edit_ad(actor=maker, draft_id=ad.pk, version=1, content=content_of(ad))


def test_a_bad_edit_leaves_the_ad_as_it_was(maker: Any) -> None:
    ad = make_ad(maker)

    with pytest.raises(BadContent):
        services.edit_ad(
            actor=maker, draft_id=ad.pk, version=1, content=replace(content_of(ad), weight=0)
        )

    ad.refresh_from_db()
    assert (ad.weight, ad.version) == (10, 1)


def test_a_copy_has_the_content_and_never_the_state(maker: Any, checker: Any) -> None:
    starts = NOW - timedelta(days=10)
    ad = make_ad(
        maker, starts_at=starts, ends_at=NOW + timedelta(days=4),
        trial_starts_at=starts - timedelta(days=1), slot=3, weight=5,
    )  # fmt: skip
    publish(maker, checker, ad)

    copied = services.copy_ad(actor=maker, draft_id=ad.pk, at=NOW)

    assert copied.uid != ad.uid
    assert (copied.title, copied.weight, copied.slot, copied.picture_id) == (
        "Spring deposits (copy)", 5, 3, ad.picture_id,
    )  # fmt: skip
    assert (copied.starts_at, copied.ends_at) == (NOW, NOW + timedelta(days=14))
    assert copied.trial_starts_at is None
    assert len(current_edition().document["items"]) == 1


def test_only_what_never_left_the_console_can_be_deleted(maker: Any, checker: Any) -> None:
    ad, published = make_ad(maker), make_ad(maker)
    publish(maker, checker, published)
    submit_for_review(actor=maker, draft=ad)

    for each in (ad, published):
        with pytest.raises(StillNeeded):
            services.delete_ad_draft(actor=maker, draft_id=each.pk)

    Request.objects.pending().update(status="withdrawn")
    services.delete_ad_draft(actor=maker, draft_id=ad.pk)
    with pytest.raises(UnknownAd):
        services.delete_ad_draft(actor=maker, draft_id=ad.pk)
    assert Ad.objects.get() == published


def test_who_may_not_draft_may_do_nothing(maker: Any, checker: Any, viewer: Any) -> None:
    ad = make_ad(maker)

    for actor in (checker, viewer):
        with pytest.raises(NotAllowed):
            make_ad(actor)
        with pytest.raises(NotAllowed):
            services.edit_ad(actor=actor, draft_id=ad.pk, version=1, content=content_of(ad))
        with pytest.raises(NotAllowed):
            services.copy_ad(actor=actor, draft_id=ad.pk)
        with pytest.raises(NotAllowed):
            services.delete_ad_draft(actor=actor, draft_id=ad.pk)


def test_branch_staff_stay_within_their_branch(
    maker: Any, northerner: Any, north: Any, south: Any
) -> None:
    of_north, of_all = make_ad(northerner, branch=north), make_ad(maker)

    with pytest.raises(NotAllowed):
        make_ad(northerner, branch=south)
    with pytest.raises(NotAllowed):
        make_ad(northerner)
    with pytest.raises(NotAllowed):
        services.edit_ad(
            actor=northerner,
            draft_id=of_all.pk,
            version=1,
            content=replace(content_of(of_all), branch=north),
        )
    with pytest.raises(NotAllowed):
        services.copy_ad(actor=northerner, draft_id=of_all.pk)
    services.copy_ad(actor=northerner, draft_id=of_north.pk)


def test_a_published_ad_stands_in_the_edition(maker: Any, checker: Any) -> None:
    ad = make_ad(maker, priority=5)
    publish(maker, checker, ad)

    item = current_edition().document["items"][0]
    assert (item["kind"], item["id"], item["priority"]) == ("ad", str(ad.uid), 5)
    assert item["payload"] == ad.render_payload()
