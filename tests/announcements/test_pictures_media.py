"""Where files live and who may load them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.test import Client
from django_tenants.utils import tenant_context

from announcements.ads.models import Picture
from announcements.ads.pictures import encoding, services
from config.checks import check_media_storage
from tenants.media import S3Place, parse_place
from tenants.platform import PLATFORM
from tests.announcements import pictures as made
from tests.approvals.people import make_operator


@pytest.fixture(autouse=True)
def _media(db: None, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    encoding.forget()
    made.make_placement()


def picture_in(house: Any, role: str = "maker") -> Picture:
    with tenant_context(house):
        actor = make_operator("paula", role)
        return services.take_in_bytes(actor=actor, placement="home_banner", data=made.encoded())


def address_of(picture: Picture, variant: str = "1x") -> str:
    return f"/media/{picture.variants[variant]['name']}"


def get(host: str, address: str, **headers: str) -> Any:
    return Client(headers={"host": f"{host}.localhost"}).get(address, headers=headers)


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


# --- who may load what ----------------------------------------------------------------------------
def test_a_bank_s_host_serves_its_own_and_the_province_s_pictures(alpha: Any) -> None:
    own, of_province = picture_in(alpha), picture_in(PLATFORM, "operator")

    for picture in (own, of_province):
        answer = get("alpha", address_of(picture))
        assert answer.status_code == 200
        assert body_of(answer)[8:12] == b"WEBP"
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert int(answer.headers["Content-Length"]) == picture.variants["1x"]["bytes"]
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_another_bank_s_picture_does_not_exist_by_its_full_address(alpha: Any, beta: Any) -> None:
    foreign = picture_in(beta)
    assert get("beta", address_of(foreign)).status_code == 200

    for variant in foreign.variants:
        assert get("alpha", address_of(foreign, variant)).status_code == 404
    assert get("alpha", f"/media/{foreign.original}").status_code == 404
    assert get("console", address_of(foreign)).status_code == 404


def test_the_platform_s_host_serves_the_province_s_pictures_only(alpha: Any) -> None:
    assert get("console", address_of(picture_in(PLATFORM, "operator"))).status_code == 200
    assert get("console", address_of(picture_in(alpha))).status_code == 404


def test_no_address_leads_out_of_the_schema_s_folder(alpha: Any, beta: Any, settings: Any) -> None:
    foreign, own = picture_in(beta).variants["1x"]["name"], picture_in(alpha)
    folder = own.original.removesuffix("/original.webp")
    (settings.MEDIA_ROOT / folder / "notes.txt").write_text("x")

    for name in (
        f"b_alpha/../{foreign}",
        f"b_alpha/%2e%2e/{foreign}",
        f"b_alpha/..%2f{foreign}",
        f"b_alpha/pictures/../../{foreign}",
        f"{folder}/../../../{foreign}",
        f"b_alpha//{settings.MEDIA_ROOT / foreign}",
        f"{folder}/notes.txt",
        f"{folder}/1x.webp/",
        f"{folder}/1x.webp%00.webp",
        f"{folder}/",
        f"{folder}/4x.webp",
        "b_alpha/",
        "b_alpha/../../../../../etc/passwd",
        "..%2f..%2fetc/passwd",
        "",
    ):
        assert get("alpha", f"/media/{name}").status_code == 404, name


def test_what_the_browser_has_is_not_sent_again(alpha: Any) -> None:
    address = address_of(picture_in(alpha))
    tag = get("alpha", address).headers["ETag"]

    answer = get("alpha", address, if_none_match=tag)

    assert (answer.status_code, answer.content) == (304, b"")
    assert "immutable" in answer.headers["Cache-Control"]
    assert get("alpha", address, if_none_match='"other"').status_code == 200
    assert get("alpha", address.replace("1x", "9x"), if_none_match=tag).status_code == 404


def test_a_picture_is_loaded_without_a_look_at_the_bank_s_tables(
    alpha: Any, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    address = address_of(picture_in(alpha))
    with django_assert_max_num_queries(9) as captured:
        assert get("alpha", address).status_code == 200

    asked = [query["sql"] for query in captured.captured_queries]
    assert [sql for sql in asked if "b_alpha" in sql and "search_path" not in sql.lower()] == []
    assert all("tenants_" in sql or "search_path" in sql.lower() for sql in asked), asked
    assert connection.schema_name


def test_only_reading_is_understood(alpha: Any) -> None:
    address = address_of(picture_in(alpha))

    assert Client(headers={"host": "alpha.localhost"}).post(address).status_code == 405
    assert Client(headers={"host": "alpha.localhost"}).head(address).status_code == 200


# --- names ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "b_beta/pictures/x/1x.webp",
        "public/pictures/x/1x.webp",
        "pictures/x/1x.webp",
        "b_alpha",
        "b_alpha/",
        "b_alpha/../b_beta/1x.webp",
        "b_alpha//b_beta/1x.webp",
        "b_alpha/.hidden",
        "/b_alpha/1x.webp",
        "b_alphabet/1x.webp",
        "",
    ],
)
def test_the_storage_refuses_names_outside_the_current_schema(
    bank: Any, settings: Any, name: str
) -> None:
    with pytest.raises(SuspiciousFileOperation):
        default_storage.save(name, ContentFile(b"x"))
    with pytest.raises(SuspiciousFileOperation):
        default_storage.delete(name)
    with pytest.raises(SuspiciousFileOperation):
        default_storage.open(name, "wb")

    assert not settings.MEDIA_ROOT.exists()


def test_a_bank_reads_the_platform_s_files_and_no_other_bank_s(bank: Any, beta: Any) -> None:
    for house in (PLATFORM, beta):
        with tenant_context(house):
            default_storage.save(f"{house.schema_name}/notes/a.txt", ContentFile(b"x"))

    assert default_storage.open("public/notes/a.txt").read() == b"x"
    with pytest.raises(SuspiciousFileOperation):
        default_storage.open("b_beta/notes/a.txt")


# --- where ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("file", None),
        ("s3://pics", S3Place("pics")),
        (
            "s3://pics/fuxiang?endpoint=https://s3.example:9000&region=cn-1",
            S3Place("pics", "fuxiang", "https://s3.example:9000", "cn-1"),
        ),
    ],
)
def test_the_storage_is_chosen_by_one_setting(value: str, place: S3Place | None) -> None:
    assert parse_place(value) == place


@pytest.mark.parametrize(
    "value",
    ["", "s3", "s3://", "S3://Pics", "s3://a_b", "http://pics", "s3://pics?endpoint=ftp://x",
     "s3://pics?bucket=y", "file:///x"],
)  # fmt: skip
def test_a_bad_storage_is_told_at_start_up_and_never_used(settings: Any, value: str) -> None:
    settings.MEDIA_STORAGE = value

    (error,) = check_media_storage()

    assert error.id == "config.E005"
    assert error.hint
    with pytest.raises(ImproperlyConfigured, match="MEDIA_STORAGE"):
        storages.create_storage(settings.STORAGES["default"])


def test_a_bucket_without_credentials_is_told_at_start_up(settings: Any) -> None:
    settings.MEDIA_STORAGE = "s3://pics"
    settings.MEDIA_S3_ACCESS_KEY = settings.MEDIA_S3_SECRET_KEY = ""
    assert [error.id for error in check_media_storage()] == ["config.E006"]

    settings.MEDIA_S3_ACCESS_KEY = settings.MEDIA_S3_SECRET_KEY = "x"
    assert check_media_storage() == []


def test_a_folder_that_cannot_be_is_told_at_start_up(settings: Any, tmp_path: Any) -> None:
    assert check_media_storage() == []
    (tmp_path / "file").write_text("x")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"

    assert [error.id for error in check_media_storage()] == ["config.E007"]


# --- S3 -------------------------------------------------------------------------------------------
class Bucket(BaseHTTPRequestHandler):
    """As much of the S3 protocol as pictures need, over plain HTTP."""

    objects: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def _name(self) -> str:
        return unquote(urlsplit(self.path).path)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            size = int(self.headers["x-amz-decoded-content-length"])
            data = data.partition(b"\r\n")[2][:size]
        self.objects[self._name()] = data
        self._answer(200, ETag=f'"{hashlib.sha256(data).hexdigest()}"')

    def do_GET(self) -> None:
        found = self.objects.get(self._name())
        if found is None:
            self._answer(404)
        else:
            when = "Sun, 22 Nov 2026 00:00:00 GMT"
            self._answer(200, found, Last_Modified=when, Content_Type="image/webp")

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.objects.pop(self._name(), None)
        self._answer(204)

    def log_message(self, *args: Any) -> None: ...


@contextmanager
def bucket_server() -> Iterator[tuple[str, dict[str, bytes]]]:
    objects: dict[str, bytes] = {}
    handler = type("OwnBucket", (Bucket,), {"objects": objects})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", objects
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def in_bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    with bucket_server() as (endpoint, objects):
        settings.MEDIA_STORAGE = f"s3://pics/fuxiang?endpoint={endpoint}&region=cn-1"
        settings.MEDIA_S3_ACCESS_KEY, settings.MEDIA_S3_SECRET_KEY = "key", "secret"
        storage = storages.create_storage(settings.STORAGES["default"])
        monkeypatch.setattr(default_storage, "_wrapped", storage)
        yield objects


def test_pictures_live_in_a_bucket_as_they_do_on_disk(
    alpha: Any, in_bucket: dict[str, bytes]
) -> None:
    picture = picture_in(alpha)

    assert set(in_bucket) == {
        f"/pics/fuxiang/{name}"
        for name in (picture.original, *(each["name"] for each in picture.variants.values()))
    }
    answer = get("alpha", address_of(picture))
    assert answer.status_code == 200
    assert body_of(answer) == in_bucket[f"/pics/fuxiang/{picture.variants['1x']['name']}"]
    assert answer.headers["Content-Type"] == "image/webp"
    assert get("alpha", address_of(picture).replace("1x", "9x")).status_code == 404
    assert get("beta", address_of(picture)).status_code == 404


def test_a_bucket_keeps_nothing_of_an_undone_transaction(
    alpha: Any, in_bucket: dict[str, bytes]
) -> None:
    from django.db import transaction

    def later_step_fails() -> None:
        picture_in(alpha)
        assert len(in_bucket) == 5
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        later_step_fails()

    assert in_bucket == {}
