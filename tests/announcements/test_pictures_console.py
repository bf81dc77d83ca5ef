"""Uploading and cropping in the console, through the client; the field that forms use."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.test import Client
from django_tenants.utils import tenant_context

from announcements.ads.models import Picture
from announcements.ads.pictures import encoding, services
from announcements.ads.pictures.fields import PictureField
from tenants.platform import PLATFORM
from tests.announcements import pictures as made
from tests.announcements.pictures import artwork, encoded, stored_files, upload
from tests.approvals.people import make_operator, sign_in

UPLOAD = "/admin/announcements_ads/ad/pictures/"


@pytest.fixture(autouse=True)
def _media(db: None, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    encoding.forget()
    made.make_placement()


def send(client: Client, data: bytes, name: str = "art.png", placement: str = "home_banner") -> Any:
    return client.post(UPLOAD, {"file": upload(data, name), "placement": placement})


def in_steps(client: Client, uid: str, verb: str, **fields: Any) -> Any:
    return client.post(f"{UPLOAD}{uid}/{verb}/", fields)


# --- uploading ------------------------------------------------------------------------------------
def test_an_upload_answers_with_the_picture(maker: Any) -> None:
    answer = send(sign_in(maker), encoded())

    document = answer.json()
    picture = Picture.objects.get()
    assert (answer.status_code, document["uid"], document["cut"]) == (200, str(picture.uid), True)
    assert [(each["name"], each["width"]) for each in document["sizes"]] == [
        ("1×", 300), ("2×", 600), ("3×", 900),
    ]  # fmt: skip
    assert document["original"]["address"] == f"/media/{picture.original}"
    assert sign_in(maker).get(document["sizes"][0]["address"]).status_code == 200


def test_a_picture_is_cropped_in_two_steps(maker: Any) -> None:
    client = sign_in(maker)
    first = send(client, encoded(artwork(1200, 800))).json()
    assert (first["cut"], first["crop"], first["sizes"]) == (False, None, [])
    assert "Not cropped yet" in first["note"]

    second = in_steps(client, first["uid"], "crop", x=0, y=0, width=600, height=200).json()

    assert (second["uid"], second["cut"]) == (first["uid"], True)
    assert "larger picture" in second["note"]


def test_another_placement_starts_from_the_same_picture(maker: Any) -> None:
    made.make_placement("popup", 100, 100)
    client = sign_in(maker)
    first = send(client, encoded()).json()

    moved = in_steps(client, first["uid"], "placement", placement="popup").json()

    assert (moved["placement"], moved["cut"]) == ("popup", False)
    assert moved["uid"] != first["uid"]


@pytest.mark.parametrize(
    ("data", "name", "status", "sentence"),
    [
        (made.SVG_WITH_SCRIPT, "a.svg", 400, "program code"),
        (encoded(kind="JPEG") + made.archive(), "a.jpg", 400, "hidden behind"),
        (made.bomb(), "a.png", 400, "50000 × 50000"),
        (b"\0" * (10 * 2**20 + 1), "a.png", 413, "at most 10 MB"),
        (encoded(artwork(200, 100)), "a.png", 400, "too small"),
    ],
)
def test_a_refusal_is_a_sentence_and_nothing_is_stored(
    maker: Any, data: bytes, name: str, status: int, sentence: str
) -> None:
    answer = send(sign_in(maker), data, name)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert (Picture.objects.count(), stored_files()) == (0, [])


def test_missing_and_odd_fields_are_sentences(maker: Any) -> None:
    client = sign_in(maker)
    uid = send(client, encoded()).json()["uid"]
    other = "00000000-0000-4000-8000-000000000000"

    for answer, status in (
        (client.post(UPLOAD, {"placement": "home_banner"}), 400),
        (client.post(UPLOAD, {"file": upload(encoded())}), 400),
        (in_steps(client, uid, "crop", x="a", y=0, width=1, height=1), 400),
        (in_steps(client, uid, "crop", x="1.5", y=0, width=1, height=1), 400),
        (in_steps(client, uid, "crop"), 400),
        (in_steps(client, uid, "placement", placement="x"), 400),
        (in_steps(client, other, "crop", x=0, y=0, width=1, height=1), 404),
        (in_steps(client, other, "placement", placement="popup"), 404),
    ):
        assert answer.status_code == status
        assert len(answer.json()["detail"]) > 20

    assert client.get(UPLOAD).status_code == 405
    assert Picture.objects.count() == 1


def test_a_large_upload_leaves_nothing_in_the_temporary_folder(
    maker: Any, settings: Any, tmp_path: Any
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    (tmp_path / "uploads").mkdir()

    send(sign_in(maker), encoded() + b"\0" * 2_000_000)
    send(sign_in(maker), b"\0" * 4_000_000)

    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []
    assert tempfile.gettempdir()


def test_a_request_beyond_the_limit_is_not_read(maker: Any, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000_000

    assert send(sign_in(maker), b"\0" * 1_100_000).status_code == 400
    assert send(sign_in(maker), encoded()).status_code == 200


# --- who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["viewer", "checker", "administrator"])
def test_who_may_not_draft_ads_uploads_nothing(bank: Any, maker: Any, role: str) -> None:
    uid = send(sign_in(maker), encoded(artwork(1200, 800))).json()["uid"]
    other = sign_in(make_operator("other", role))

    assert send(other, encoded()).status_code == 403
    box = {"x": 0, "y": 0, "width": 600, "height": 200}
    assert in_steps(other, uid, "crop", **box).status_code == 403
    assert in_steps(other, uid, "placement", placement="home_banner").status_code == 403
    assert send(Client(HTTP_HOST="alpha.localhost"), encoded()).status_code == 302
    assert (Picture.objects.count(), len(stored_files())) == (1, 1)


def test_a_form_of_another_site_uploads_nothing(maker: Any) -> None:
    client = Client(HTTP_HOST="alpha.localhost", enforce_csrf_checks=True)
    client.force_login(maker)

    assert send(client, encoded()).status_code == 403
    assert not Picture.objects.exists()


def test_another_bank_s_picture_cannot_be_cropped_or_chosen(bank: Any, beta: Any) -> None:
    with tenant_context(beta):
        foreign = services.take_in_bytes(
            actor=make_operator("bob", "maker"), placement="home_banner", data=encoded()
        )
    client = sign_in(make_operator("mia", "maker"))

    box = {"x": 0, "y": 0, "width": 300, "height": 100}
    assert in_steps(client, str(foreign.uid), "crop", **box).status_code == 404
    with tenant_context(bank), pytest.raises(ValidationError, match="no longer"):
        PictureField().clean(str(foreign.uid))


def test_the_platform_uploads_for_the_province(db: None) -> None:
    with tenant_context(PLATFORM):
        client = sign_in(make_operator("otto", "operator"), "console.localhost")

    document = send(client, encoded()).json()

    assert document["original"]["address"].startswith("/media/public/pictures/")


# --- the field ------------------------------------------------------------------------------------
def test_the_form_shows_its_picture_and_where_to_post(maker: Any) -> None:
    page = sign_in(maker).get("/admin/announcements_ads/ad/add/").content.decode()

    assert f'data-address="{UPLOAD}"' in page
    assert "cropper-1.6.2.min.js" in page
    assert page.count("data-picture-field") == 1
    assert "at least 300 × 100 pixels" in page


def test_the_field_takes_a_cropped_picture_by_its_uid(maker: Any) -> None:
    cut = services.take_in_bytes(actor=maker, placement="home_banner", data=encoded())
    uncut = services.take_in_bytes(
        actor=maker, placement="home_banner", data=encoded(artwork(1200, 800))
    )
    field = PictureField()

    assert field.clean(str(cut.uid)) == cut
    for value, code in (("", "required"), (str(uncut.uid), "uncut"), ("nonsense", "gone")):
        with pytest.raises(ValidationError) as refusal:
            field.clean(value)
        assert refusal.value.code == code
    assert PictureField(required=False).clean("") is None


def test_the_field_knows_whether_it_changed(maker: Any) -> None:
    picture = services.take_in_bytes(actor=maker, placement="home_banner", data=encoded())
    field = PictureField()

    assert field.prepare_value(picture.pk) == field.prepare_value(picture) == str(picture.uid)
    assert not field.has_changed(picture.pk, str(picture.uid))
    assert field.has_changed(None, str(picture.uid))
    assert not field.has_changed(None, "")


def test_what_the_page_needs_comes_from_our_own_address() -> None:
    """No picture by blob: or data:, no address elsewhere: the policy of the consoles stays."""
    policy = project.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    script = (project.BASE_DIR / "static/console/pictures.js").read_text("utf-8")

    assert "img-src" not in policy
    assert policy["default-src"] == ["'self'"]
    assert not [word for word in ("blob:", "data:", "createObjectURL", "http") if word in script]
