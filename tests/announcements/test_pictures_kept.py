"""What becomes of pictures: copied to banks, swept when unused, kept for ever when published."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.ads.models import Picture
from announcements.ads.pictures import copying, encoding, services, sweeping, tasks
from announcements.ads.pictures.errors import UnknownPicture
from approvals.models import Request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing.models import ReceivedOffer
from publishing.offers.models import Offer
from tenants.periodic import registered_periodics
from tenants.platform import PLATFORM
from tests.announcements import pictures as made
from tests.announcements.pictures import stored_files
from tests.approvals.people import make_draft, make_operator, publish

LONG_AGO = timezone.now() - timedelta(days=sweeping.KEPT_DAYS + 1)


@pytest.fixture(autouse=True)
def _media(db: None, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    encoding.forget()
    made.make_placement()


def picture_by(actor: Any, width: int = 900) -> Picture:
    return services.take_in_bytes(
        actor=actor, placement="home_banner", data=made.encoded(made.artwork(width, width // 3))
    )


def made_long_ago(picture: Picture) -> Picture:
    Picture.objects.filter(pk=picture.pk).update(created_at=LONG_AGO)
    for path in stored_files():
        if picture.original.split("/")[2] in str(path):
            os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    return picture


def sweep() -> tuple[int, int]:
    return sweeping.sweep_pictures(), sweeping.sweep_files()


# --- copying --------------------------------------------------------------------------------------
def offered() -> dict[str, Any]:
    with tenant_context(PLATFORM):
        return copying.payload_of(picture_by(make_operator("otto", "operator")))


def test_a_bank_gets_files_of_its_own_with_the_same_bytes(bank: Any, maker: Any) -> None:
    payload = offered()

    picture = copying.copy_into_current_schema(payload, actor=maker)

    assert (picture.digest, picture.crop) == (payload["digest"], payload["crop"])
    assert picture.original.startswith(f"{bank.schema_name}/pictures/")
    assert len(stored_files()) == 10
    for name, each in payload["variants"].items():
        root = Path(os.fspath(made.settings.MEDIA_ROOT))
        mine = root / picture.variants[name]["name"]
        assert mine.read_bytes() == (root / each["name"]).read_bytes()
    assert list(AuditEvent.objects.values_list("event", flat=True)) == [
        "announcements_ads.picture_copied"
    ]


def test_only_the_platform_s_pictures_are_copied(bank: Any, beta: Any, maker: Any) -> None:
    with tenant_context(beta):
        foreign = copying.payload_of(picture_by(make_operator("bob", "maker")))
    before, payload = stored_files(), offered()

    with pytest.raises(UnknownPicture):
        copying.copy_into_current_schema(foreign, actor=maker)
    mixed = {**payload, "variants": foreign["variants"]}
    with pytest.raises(UnknownPicture):
        copying.copy_into_current_schema(mixed, actor=maker)
    with pytest.raises(NotAllowed):
        copying.copy_into_current_schema(payload, actor=make_operator("v", "viewer"))

    assert not Picture.objects.exists()
    assert [path for path in stored_files() if f"/{bank.schema_name}/" in str(path)] == []
    assert set(before) <= set(stored_files())


def test_a_picture_that_is_gone_or_was_changed_is_a_sentence(bank: Any, maker: Any) -> None:
    payload = offered()
    with pytest.raises(UnknownPicture, match="no longer"):
        copying.copy_into_current_schema({**payload, "digest": "0" * 64}, actor=maker)
    for path in stored_files():
        path.unlink()
    with pytest.raises(UnknownPicture, match="no longer"):
        copying.copy_into_current_schema(payload, actor=maker)

    assert not Picture.objects.exists()


def test_a_copy_that_is_undone_leaves_no_files(bank: Any, maker: Any) -> None:
    payload = offered()

    def later_step_fails() -> None:
        copying.copy_into_current_schema(payload, actor=maker)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        later_step_fails()

    assert len(stored_files()) == 5


# --- sweeping -------------------------------------------------------------------------------------
def test_an_old_picture_that_nothing_shows_is_removed_with_its_files(maker: Any) -> None:
    old, fresh = made_long_ago(picture_by(maker)), picture_by(maker)

    assert sweep() == (1, 5)

    assert list(Picture.objects.all()) == [fresh]
    assert len(stored_files()) == 5
    event = AuditEvent.objects.latest("at")
    assert (event.event, event.before) == ("announcements_ads.pictures_swept", [str(old.uid)])
    assert sweep() == (0, 0)


def name_in_payload(picture: Picture) -> dict[str, Any]:
    return {"image": {"1x": {"url": f"/media/{picture.variants['1x']['name']}"}}}


def test_a_published_picture_stays_for_ever(
    maker: Any, checker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the ad shows another picture by now: the publication is never changed."""
    from announcements.models import Announcement

    picture = made_long_ago(picture_by(maker))
    draft = make_draft(maker)
    rendered = draft.render_payload()
    monkeypatch.setattr(
        Announcement, "render_payload", lambda self: {**rendered, **name_in_payload(picture)}
    )
    publish(maker, checker, draft)
    Request.objects.update(payload={})

    assert sweep() == (0, 0)
    assert len(stored_files()) == 5


def test_what_was_proposed_or_offered_stays(bank: Any, maker: Any) -> None:
    proposed, received, offer = (made_long_ago(picture_by(maker)) for _time in range(3))
    now = timezone.now()
    Request.objects.create(
        kind="publishing.publication", target_kind="x", target_id="1", title="x", maker=maker,
        payload=name_in_payload(proposed), maker_name="x", submitted_at=now, expires_at=now,
    )  # fmt: skip
    ReceivedOffer.objects.create(
        offer_id=proposed.uid, kind="ad", title="x", content=copying.payload_of(received),
        offered_by="x", offered_at=now,
    )  # fmt: skip
    with tenant_context(PLATFORM):
        Offer.objects.create(
            kind="ad", source_uid=offer.uid, title="x", content=copying.payload_of(offer),
            offered_by=make_operator("otto", "operator"), offered_at=now,
        )  # fmt: skip

    assert sweep() == (0, 0)
    assert Picture.objects.count() == 3


def test_the_picture_of_an_ad_stays(maker: Any) -> None:
    from announcements.ads.models import Ad

    picture = made_long_ago(picture_by(maker))
    Ad.objects.create(
        title="x", placement="home_banner", picture=picture, alt_text="x", owner=maker,
        edited_by=maker, starts_at=timezone.now(),
    )  # fmt: skip

    assert sweep() == (0, 0)


def test_files_without_a_row_go_when_they_are_old(maker: Any, bank: Any) -> None:
    """A process that died between its files and its commit leaves them."""
    lost, fresh = made_long_ago(picture_by(maker)), picture_by(maker)
    Picture.objects.all().delete()

    assert sweeping.sweep_files() == 5

    assert {path.parent.name for path in stored_files()} == {fresh.original.split("/")[2]}
    assert lost.original


def test_a_sweep_stays_within_its_schema(alpha: Any, beta: Any) -> None:
    with tenant_context(beta):
        made_long_ago(picture_by(make_operator("bob", "maker")))

    with tenant_context(alpha):
        assert sweep() == (0, 0)
    with tenant_context(beta):
        assert tasks.sweep.run() == 1
    assert stored_files() == []


def test_the_sweep_runs_daily(db: None) -> None:
    (daily,) = [each for each in registered_periodics() if "pictures" in each.task]

    assert (daily.task, daily.every_seconds) == (
        "announcements.ads.pictures.tasks.sweep_everywhere", 86_400,
    )  # fmt: skip
