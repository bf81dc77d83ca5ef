"""Taking pictures in: what is refused, what is made of the rest, and that nothing else is kept."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from PIL import Image

from announcements.ads.models import Picture
from announcements.ads.pictures import encoding, services
from announcements.ads.pictures.cropping import Box
from announcements.ads.pictures.errors import BadPicture
from audit.models import AuditEvent
from operators.errors import NotAllowed
from tests.announcements import pictures as made
from tests.announcements.pictures import artwork, encoded, opened, stored_files, upload
from tests.approvals.people import make_operator


@pytest.fixture(autouse=True)
def _placement(db: None, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    encoding.forget()
    made.make_placement()


def take(actor: Any, data: bytes, name: str = "art.png") -> Picture:
    return services.take_in(actor=actor, placement="home_banner", file=upload(data, name))


def nothing_stored() -> bool:
    return not (Picture.objects.exists() or stored_files() or AuditEvent.objects.exists())


# --- good pictures --------------------------------------------------------------------------------
def test_a_picture_in_proportion_is_ready_at_three_sizes(maker: Any, bank: Any) -> None:
    picture = take(maker, encoded())

    sizes = {name: (each["width"], each["height"]) for name, each in picture.variants.items()}
    assert sizes == {
        "1x": (300, 100), "2x": (600, 200), "3x": (900, 300), "thumbnail": (300, 100),
    }  # fmt: skip
    assert picture.crop == {"x": 0, "y": 0, "width": 900, "height": 300}
    assert services.is_cut(picture)
    folder = picture.original.removesuffix("/original.webp")
    assert folder.startswith(f"{bank.schema_name}/pictures/")
    for name, each in picture.variants.items():
        assert each["name"] == f"{folder}/{name}.webp"
        image = opened(picture, name)
        assert (image.format, image.size) == ("WEBP", (each["width"], each["height"]))
    assert len(stored_files()) == 5
    event = AuditEvent.objects.get()
    assert (event.event, event.after["digest"]) == (
        "announcements_ads.picture_taken_in", picture.digest,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"), [("JPEG", "a.JPG"), ("PNG", "a.png"), ("WEBP", "a.webp")]
)
def test_all_three_kinds_keep_their_colours(maker: Any, kind: str, name: str) -> None:
    image = opened(take(maker, encoded(kind=kind), name))

    left, right = image.getpixel((40, 50)), image.getpixel((260, 50))
    assert left[0] > 180 > 60 > left[2]
    assert right[2] > 180 > 60 > right[0]


def test_larger_sizes_are_left_out_rather_than_enlarged(maker: Any) -> None:
    picture = take(maker, encoded(artwork(700, 233)))

    assert set(picture.variants) == {"1x", "2x", "thumbnail"}


def test_another_proportion_waits_for_its_crop(maker: Any) -> None:
    picture = take(maker, encoded(artwork(1000, 800)))

    assert (picture.variants, picture.crop, services.is_cut(picture)) == ({}, {}, False)
    assert len(stored_files()) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_notes_in_a_file_is_kept(maker: Any, kind: str) -> None:
    data = made.with_notes(kind)
    assert made.SECRET in data or kind == "WEBP"

    take(maker, data, f"a.{kind.lower()}")

    for path in stored_files():
        assert made.SECRET not in path.read_bytes()
        with Image.open(path) as image:
            assert set(image.info) <= {"background", "loop", "duration", "timestamp"}
            assert not image.getexif()


def test_the_camera_s_turn_is_applied(maker: Any) -> None:
    exif = Image.Exif()
    exif[made.ORIENTATION] = 6  # the camera was turned: show it a quarter to the right
    lying = artwork().transpose(Image.Transpose.ROTATE_90)

    image = opened(take(maker, encoded(lying, "JPEG", exif=exif), "a.jpg"))

    assert image.size == (300, 100)
    assert image.getpixel((40, 50))[0] > 180


def test_a_colour_profile_is_turned_into_srgb(maker: Any) -> None:
    data = encoded(artwork(), "JPEG", quality=95, icc_profile=made.linear_profile())

    plain = opened(take(maker, encoded(artwork(), "JPEG", quality=95), "a.jpg")).getpixel((40, 50))
    shown = opened(take(maker, data, "a.jpg")).getpixel((40, 50))

    assert shown[2] > plain[2] + 40


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("1", "PNG"),
     ("I;16", "PNG"), ("RGBA", "WEBP")],
)  # fmt: skip
def test_every_way_to_hold_colours_becomes_plain(maker: Any, mode: str, kind: str) -> None:
    image = artwork(mode="L").convert("I;16") if mode == "I;16" else artwork(mode=mode)

    shown = opened(take(maker, encoded(image, kind), f"a.{kind.lower()}"))

    assert shown.mode == "RGB"


def test_sixteen_bits_keep_their_brightness(maker: Any) -> None:
    grey = Image.new("I;16", (900, 300), 0x8000)

    shown = opened(take(maker, encoded(grey, "PNG"))).getpixel((150, 50))

    assert all(abs(value - 0x80) <= 2 for value in shown)


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA"])
def test_what_is_transparent_stays_transparent(maker: Any, mode: str) -> None:
    image = artwork(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 300, 300))
    if mode == "P":
        image = image.quantize(64)
    if mode == "LA":
        image = image.convert("LA")

    shown = opened(take(maker, encoded(image)))

    assert shown.mode == "RGBA"
    assert shown.getpixel((20, 50))[3] == 0
    assert shown.getpixel((280, 50))[3] == 255


def test_a_photo_with_smaller_versions_behind_it_is_fine(maker: Any) -> None:
    phone = encoded(kind="JPEG") + b"\0" * 700 + encoded(artwork(90, 30), "JPEG")

    assert services.is_cut(take(maker, phone, "phone.jpg"))


def test_a_second_document_inside_does_not_come_out(maker: Any) -> None:
    data = made.jpeg_comment(encoded(kind="JPEG"), made.DOCUMENT + made.PAGE)
    data += made.PAGE[:100]

    take(maker, data, "a.jpg")

    kept = b"".join(path.read_bytes() for path in stored_files())
    assert b"steal" not in kept
    assert b"PDF" not in kept


# --- refused --------------------------------------------------------------------------------------
JPEG = encoded(kind="JPEG")
PNG = encoded()


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.png", "picture_empty"),
        (made.SVG, "a.svg", "picture_svg"),
        (made.SVG_WITH_SCRIPT, "a.svg", "picture_svg"),
        (b"\xef\xbb\xbf\n" + made.SVG_WITH_SCRIPT, "a.png", "picture_svg"),
        (made.PAGE, "a.jpg", "picture_kind"),
        (made.DOCUMENT, "a.jpg", "picture_kind"),
        (made.archive(), "a.png", "picture_kind"),
        (b"MZ" + b"\0" * 4000, "a.png", "picture_kind"),
        (encoded(kind="GIF"), "a.gif", "picture_kind"),
        (encoded(kind="BMP"), "a.bmp", "picture_kind"),
        (encoded(kind="TIFF"), "a.tiff", "picture_kind"),
        (b"GIF89a" + made.PAGE, "a.png", "picture_kind"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 99, "a.heic", "picture_kind"),
        (JPEG + made.archive(), "a.jpg", "picture_polyglot"),
        (JPEG + made.PAGE, "a.jpg", "picture_polyglot"),
        (PNG + made.archive(), "a.png", "picture_polyglot"),
        (PNG + made.DOCUMENT, "a.png", "picture_polyglot"),
        (encoded(kind="WEBP") + made.PAGE, "a.webp", "picture_polyglot"),
        (JPEG + encoded(artwork(90, 30), "JPEG") + made.archive(), "a.jpg", "picture_polyglot"),
        (made.bomb(), "a.png", "picture_pixels"),
        (made.bomb(30_000, 16), "a.png", "picture_pixels"),
        (made.bomb(8_000, 5_001), "a.png", "picture_pixels"),
        (made.bomb(2_000, 1_000), "a.png", "picture_broken"),
        (made.text_bomb(), "a.png", "picture_broken"),
        (made.animated("PNG"), "a.png", "picture_animated"),
        (made.animated("WEBP"), "a.webp", "picture_animated"),
        (JPEG[:-400], "a.jpg", "picture_broken"),
        (PNG[:-400], "a.png", "picture_broken"),
        (encoded(kind="WEBP")[:-40], "a.webp", "picture_broken"),
        (JPEG[:30], "a.jpg", "picture_broken"),
        (PNG[:20], "a.png", "picture_broken"),
        (b"RIFF\xff\0\0\0WEBPVP8 ", "a.webp", "picture_broken"),
        (b"\xff\xd8\xff" + made.PAGE, "a.jpg", "picture_broken"),
        (JPEG, "a.png", "picture_name"),
        (PNG, "a.jpg", "picture_name"),
        (PNG, "a.svg", "picture_name"),
        (PNG, "a", "picture_name"),
        (PNG, "a.png.html", "picture_name"),
        (encoded(artwork(299, 100)), "a.png", "picture_small"),
        (encoded(artwork(2000, 99)), "a.png", "picture_small"),
    ],
)
def test_what_is_no_plain_picture_is_refused_with_a_sentence(
    maker: Any, data: bytes, name: str, code: str
) -> None:
    with pytest.raises(BadPicture) as refusal:
        take(maker, data, name)

    assert (refusal.value.code_text, refusal.value.field) == (code, "picture")
    assert str(refusal.value).rstrip("。.") != str(refusal.value)
    assert nothing_stored()


def test_a_large_file_is_refused_before_it_is_read(maker: Any) -> None:
    class Unread(SimpleUploadedFile):
        def read(self, *args: Any) -> bytes:
            raise AssertionError("it was read")

    file = Unread("a.png", b"")
    file.size = 30 * 2**20

    with pytest.raises(BadPicture) as refusal:
        services.take_in(actor=maker, placement="home_banner", file=file)

    assert (refusal.value.code_text, refusal.value.http_status) == ("picture_too_large", 413)
    assert "30.0" in str(refusal.value)
    assert nothing_stored()


def test_a_file_that_is_larger_than_it_says_is_refused(maker: Any) -> None:
    file = upload(b"\0" * (10 * 2**20 + 1))
    file.size = 10

    with pytest.raises(BadPicture, match="10"):
        services.take_in(actor=maker, placement="home_banner", file=file)


def test_damage_anywhere_is_a_refusal_and_never_a_failure(maker: Any) -> None:
    """Each byte of the first part of a file, turned over: Pillow fails in many ways."""
    outcomes = set()
    for data, name in ((made.with_notes("JPEG"), "a.jpg"), (PNG, "a.png")):
        for at in range(4, 700, 7):
            hurt = bytearray(data)
            hurt[at] ^= 0xFF
            try:
                encoding.make(bytes(hurt), services.placement_of("home_banner"), None, name)
                outcomes.add("taken")
            except BadPicture:
                outcomes.add("refused")

    assert outcomes == {"taken", "refused"}


# --- who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["viewer", "checker", "administrator"])
def test_who_may_not_draft_ads_stores_no_pictures(bank: Any, maker: Any, role: str) -> None:
    picture = take(maker, encoded(artwork(1000, 800)))
    actor = make_operator("other", role)
    before = stored_files()

    for verb in (
        lambda: take(actor, PNG),
        lambda: services.take_in_bytes(actor=actor, placement="home_banner", data=PNG),
        lambda: services.crop(actor=actor, picture=picture, x=0, y=0, width=300, height=100),
        lambda: services.use_elsewhere(actor=actor, picture=picture, placement="home_banner"),
    ):
        with pytest.raises(NotAllowed):
            verb()

    assert (Picture.objects.count(), stored_files()) == (1, before)


def test_without_a_placement_there_is_nothing_to_fit(maker: Any) -> None:
    with pytest.raises(BadPicture, match="placement"):
        services.take_in(actor=maker, placement="nowhere", file=upload(PNG))

    assert nothing_stored()


# --- cropping -------------------------------------------------------------------------------------
def test_a_crop_shows_what_was_chosen(maker: Any) -> None:
    picture = take(maker, encoded(artwork(1200, 800)))

    cut = services.crop(actor=maker, picture=picture, x=600, y=200, width=600, height=200)

    assert cut.pk == picture.pk
    assert cut.crop == {"x": 600, "y": 200, "width": 600, "height": 200}
    assert set(cut.variants) == {"1x", "2x", "thumbnail"}
    assert opened(cut).getpixel((20, 50))[2] > 180
    assert len(stored_files()) == 4


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ((0, 0, 600, 210), "crop_proportion"),
        ((0, 0, 600, 190), "crop_proportion"),
        ((0, 0, 1203, 401), "crop_outside"),
        ((-1, 0, 600, 200), "crop_outside"),
        ((700, 0, 600, 200), "crop_outside"),
        ((0, 700, 600, 200), "crop_outside"),
        ((0, 0, 0, 0), "crop_outside"),
        ((0, 0, -300, -100), "crop_outside"),
        ((0, 0, 150, 50), "picture_small"),
    ],
)
def test_a_crop_that_does_not_fit_is_refused(maker: Any, box: tuple[int, ...], code: str) -> None:
    picture = take(maker, encoded(artwork(1200, 800)))
    before = stored_files()

    with pytest.raises(BadPicture) as refusal:
        services.crop(actor=maker, picture=picture, x=box[0], y=box[1], width=box[2], height=box[3])

    assert refusal.value.code_text == code
    picture.refresh_from_db()
    assert (picture.variants, picture.crop, stored_files()) == ({}, {}, before)


def test_a_crop_within_a_hundredth_of_the_proportion_is_taken(maker: Any) -> None:
    picture = take(maker, encoded(artwork(1200, 800)))

    cut = services.crop(actor=maker, picture=picture, x=0, y=0, width=600, height=201)

    assert (cut.variants["2x"]["width"], cut.variants["2x"]["height"]) == (600, 200)


def test_cutting_again_leaves_the_first_cut_as_it_was(maker: Any) -> None:
    """A publication may show it."""
    first = take(maker, PNG)
    names = [each["name"] for each in first.variants.values()]
    kept = {path: path.read_bytes() for path in stored_files()}

    second = services.crop(actor=maker, picture=first, x=450, y=0, width=450, height=150)

    assert second.pk != first.pk
    assert not set(names) & {each["name"] for each in second.variants.values()}
    assert {path: path.read_bytes() for path in stored_files() if path in kept} == kept
    first.refresh_from_db()
    assert first.crop["width"] == 900


def test_the_same_cut_twice_is_one(maker: Any) -> None:
    picture = take(maker, PNG)

    again = services.crop(actor=maker, picture=picture, x=0, y=0, width=900, height=300)

    assert (again.pk, Picture.objects.count()) == (picture.pk, 1)


def test_another_placement_asks_for_another_cut(maker: Any) -> None:
    made.make_placement("popup", 200, 200)
    made.make_placement("zone_banner", 150, 50)
    picture = take(maker, PNG)

    square = services.use_elsewhere(actor=maker, picture=picture, placement="popup")
    same = services.use_elsewhere(actor=maker, picture=picture, placement="zone_banner")

    assert (square.placement, services.is_cut(square)) == ("popup", False)
    assert (same.placement, services.is_cut(same)) == ("zone_banner", True)
    made.make_placement("floating", 100, 400)
    with pytest.raises(BadPicture, match="too small"):
        services.use_elsewhere(actor=maker, picture=picture, placement="floating")


# --- all or nothing -------------------------------------------------------------------------------
def test_files_of_a_transaction_that_is_undone_are_gone(maker: Any) -> None:
    def later_step_fails() -> None:
        take(maker, PNG)
        assert len(stored_files()) == 5
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        later_step_fails()

    assert nothing_stored()


def test_files_of_an_undone_crop_are_gone_and_the_picture_stays(maker: Any) -> None:
    picture = take(maker, encoded(artwork(1200, 800)))

    def later_step_fails() -> None:
        services.crop(actor=maker, picture=picture, x=0, y=0, width=600, height=200)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        later_step_fails()

    assert len(stored_files()) == 1
    picture.refresh_from_db()
    assert picture.variants == {}
    assert services.crop(actor=maker, picture=picture, x=0, y=0, width=600, height=200).variants


def test_a_storage_that_fails_half_way_leaves_nothing(
    maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.media import DiskFiles

    save = DiskFiles.save

    def full(self: Any, name: str, content: Any, max_length: Any = None) -> str:
        if name.endswith("2x.webp"):
            raise OSError("no space left")
        return save(self, name, content, max_length)

    monkeypatch.setattr(DiskFiles, "save", full)
    with pytest.raises(OSError, match="no space"):
        take(maker, PNG)

    assert nothing_stored()


def test_files_stay_when_a_callback_of_somebody_else_fails_after_the_commit(maker: Any) -> None:
    def fail() -> None:
        raise ConnectionError

    with transaction.atomic():
        transaction.on_commit(fail)
        take(maker, PNG)

    # As Django does after a commit; what is behind the failure is dropped.
    callbacks, connection.run_on_commit = connection.run_on_commit, []
    with pytest.raises(ConnectionError):
        deque(callback() for _savepoints, callback, _robust in callbacks)
    callbacks.clear()
    assert len(stored_files()) == 5


# --- once for a hundred banks ---------------------------------------------------------------------
def test_equal_bytes_are_encoded_once_and_stored_for_each(
    maker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []
    decode = encoding.decode
    monkeypatch.setattr(encoding, "decode", lambda *each: times.append(each) or decode(*each))

    first, second = (
        services.take_in_bytes(
            actor=maker, placement="home_banner", data=PNG, crop=Box(0, 0, 600, 200)
        )
        for _time in range(2)
    )

    assert len(times) == 1
    assert first.digest == second.digest
    assert first.original != second.original
    assert first.crop == {"x": 0, "y": 0, "width": 600, "height": 200}


def test_what_is_remembered_stays_small(maker: Any) -> None:
    for width in range(900, 900 + 30 * 3, 3):
        take(maker, encoded(artwork(width, width // 3)))

    assert len(encoding._memory) <= encoding.MOST_REMEMBERED
