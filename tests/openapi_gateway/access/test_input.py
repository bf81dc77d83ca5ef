from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tenants.utils import tenant_context

from intake.models import StoredFile
from openapi_gateway.access import attachments, services
from openapi_gateway.access.content import Content, Wanted
from openapi_gateway.access.errors import ApplicationRefused, BadApplication, BadAttachment
from openapi_gateway.access.models import Application, Attachment
from tenants.platform import PLATFORM
from tests.openapi_gateway.access.applying import (
    PDF,
    Cast,
    attach,
    begun,
    decide,
    fields,
    in_review,
    plan_of,
    submit,
)

TODAY = timezone.localdate()


def refused(**changes: Any) -> list[str]:
    with pytest.raises(BadApplication) as found:
        Content(**fields(**changes)).cleaned(at=timezone.now())
    return [field for field, _sentence in found.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        "203.0.113.0/33", "203.0.113", "300.1.1.1", "any", "0.0.0.0/0", "::/0", "10.0.0.0/8",
        "203.0.113.7/24", "127.0.0.1", "169.254.169.254", "224.0.0.1", "::1", "fe80::1",
        "::ffff:127.0.0.1", "203.0.113.0/255.255.255.256", "2001:db8::/16", "1' OR '1'='1",
    ],
)  # fmt: skip
def test_what_is_no_range_of_servers_is_refused(db: None, text: str) -> None:
    assert refused(addresses={"production": [text]}) == ["addresses.production"]


def test_ranges_are_written_in_one_way_and_once(db: None) -> None:
    lines = [" 203.0.113.7 ", "203.0.113.7/32", "2001:DB8::/32", "10.1.0.0/16", ""]
    content = Content(**fields(addresses={"production": lines})).cleaned(at=timezone.now())

    assert content.addresses == {"production": ["203.0.113.7/32", "2001:db8::/32", "10.1.0.0/16"]}


@pytest.mark.parametrize(
    "text",
    [
        "http://shop.example.com/hook", "ftp://shop.example.com", "https://127.0.0.1/", "shop",
        "https://10.0.0.8/hook", "https://[::1]/", "https://localhost/", "https://2130706433/",
        "https://0x7f.1/", "https://127.1/", "https://shop/", "https://shop.internal/",
        "https://shop.local/", "https://user:secret@shop.example.com/",
        "https://shop.example.com/#part", "https://shop.example.com:22/",
        "https://shop.example.com:99999/", "https://shop.example.com/a b",
        "https://shop.example.com\\@10.0.0.1/", "https://169.254.169.254/latest/meta-data",
        "https://" + "a" * 300 + ".com", "https://shop..com/", "javascript:alert(1)",
        "https://metadata.google.internal/", "https://例子.测试/",
    ],
)  # fmt: skip
def test_a_callback_goes_to_a_public_host_by_https_alone(db: None, text: str) -> None:
    assert refused(callback_urls={"production": [text]}) == ["callback_urls.production"]


@pytest.mark.parametrize(
    ("environment", "is_local", "is_taken"),
    [
        ("sandbox", True, True), ("sandbox", False, False), ("production", True, False),
    ],
)  # fmt: skip
def test_a_trials_callback_to_this_machine_is_for_the_sandbox_of_local_runs(
    db: None, settings: Any, environment: str, is_local: bool, is_taken: bool
) -> None:
    settings.LOCAL, settings.WEBHOOK_LOCAL = is_local, True
    given = {environment: ["http://127.0.0.1:8123/callback"]}
    if not is_taken:
        assert refused(callback_urls=given) == [f"callback_urls.{environment}"]
        return
    content = Content(**fields(callback_urls=given)).cleaned(at=timezone.now())
    assert content.callback_urls == given


def test_a_callback_of_a_public_host_is_taken(db: None) -> None:
    given = {"production": ["https://Shop.Example.com:8443/hook?x=1"]}
    content = Content(**fields(callback_urls=given)).cleaned(at=timezone.now())

    assert content.callback_urls == {"production": ["https://shop.example.com:8443/hook?x=1"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_on": TODAY, "ends_on": TODAY}, "ends_on"),
        ({"starts_on": TODAY, "ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": TODAY - timedelta(days=9), "ends_on": TODAY}, "ends_on"),
        ({"starts_on": date(2028, 2, 29), "ends_on": date(2031, 3, 1)}, "ends_on"),
        (
            {"starts_on": TODAY, "ends_on": TODAY.replace(year=TODAY.year + 3) + timedelta(1)},
            "ends_on",
        ),
        (
            {"starts_on": TODAY + timedelta(days=400), "ends_on": TODAY + timedelta(days=500)},
            "starts_on",
        ),
        ({"starts_on": date(9998, 1, 1), "ends_on": date.max}, "starts_on"),
        ({"starts_on": date(9996, 2, 29), "ends_on": date.max}, "starts_on"),
        ({"purpose": "x" * 2001}, "purpose"),
        ({"scenes": ["x"] * 3 + [f"scene {number}" for number in range(11)]}, "scenes"),
        ({"scenes": ["x" * 61]}, "scenes"),
        ({"data_levels": ["C4"]}, "data_levels"),
        ({"environments": ["production"]}, "environments"),
        ({"environments": ["sandbox", "moon"]}, "environments"),
        ({"addresses": {"moon": ["203.0.113.7"]}}, "addresses"),
        ({"contacts": [{"role": "king", "name": "x"}]}, "contacts"),
        ({"contacts": [{"role": "technical", "name": "x", "phone": "1", "email": "x"}]},
         "contacts.technical"),
    ],
)  # fmt: skip
def test_what_cannot_be_names_its_field(db: None, changes: dict[str, Any], field: str) -> None:
    if changes.get("starts_on") == date(2028, 2, 29):
        with pytest.raises(BadApplication) as found:
            Content(**fields(**changes)).cleaned(at=timezone.now() + timedelta(days=400))
        assert [name for name, _sentence in found.value.problems] == [field]
        return

    assert field in refused(**changes)


def test_three_years_are_the_longest_period(db: None) -> None:
    end = TODAY.replace(year=TODAY.year + 3)

    Content(**fields(ends_on=end)).cleaned(at=timezone.now())


@pytest.mark.parametrize("code", ["liveness.check", "identity.everything", "", "\x00"])
def test_a_scope_of_another_service_is_refused(db: None, code: str) -> None:
    wanted = [Wanted(plan_of("identity"), ("identity.login", code))]

    assert refused(services=wanted) == ["services"]


@pytest.mark.parametrize("state", ["draft", "deprecated", "closed"])
def test_a_plan_that_is_not_published_cannot_be_asked_for(db: None, state: str) -> None:
    plan = plan_of("identity")
    plan.state = state

    assert refused(services=[Wanted(plan, ("identity.login",))]) == ["services"]


def test_two_plans_of_one_service_are_refused(db: None) -> None:
    wanted = [Wanted(plan_of("identity", code)) for code in ("basic", "large")]

    assert refused(services=wanted) == ["services"]


def test_a_field_that_no_application_has_is_no_argument(cast: Cast) -> None:
    for name in ("state", "bank_id", "round", "level", "decided_at"):
        with cast.in_bank(), pytest.raises(TypeError):
            services.edit_application(
                actor=cast.maker, application=begun(cast).pk, **fields(**{name: "approved"})
            )


def test_a_client_that_is_closed_is_refused(cast: Cast) -> None:
    application = begun(cast)
    application.client.state = "closed"
    application.client.save(update_fields=["state"])

    with pytest.raises(BadApplication):
        submit(cast, application)


# --- attachments ---------------------------------------------------------------------------------
def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as found:
        for name in names:
            found.writestr(name, "x")
    return content.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ\x90\x00"), ("a.pdf", b"MZ\x90\x00"), ("a.pdf", b""), ("a.svg", b"<svg/>"),
        ("a.html", b"<script>"), ("a.docx", PDF), ("a.docx", XLSX), ("a.xlsx", DOCX),
        ("a.docx", archive("evil.sh")), ("a.docx", b"PK\x03\x04 broken"), ("a.docm", DOCX),
        ("a.docx", archive("[Content_Types].xml", "word/vbaProject.bin")), ("a.png", PDF),
        ("a.jpg", b"\x89PNG\r\n\x1a\n"), ("a", PDF), (".pdf", PDF), ("../..", PDF), ("", PDF),
        ("a.pdf.exe", PDF), ("a.zip", DOCX),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused(cast: Cast, name: str, content: bytes) -> None:
    application = begun(cast)

    with pytest.raises(BadAttachment):
        attach(cast, application, name=name, content=content)

    assert not Attachment.objects.filter(application=application).exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF), ("a.PDF", PDF), ("a.docx", DOCX), ("a.xlsx", XLSX),
        ("a.png", b"\x89PNG\r\n\x1a\nrest"), ("a.jpeg", b"\xff\xd8\xff\xe0"),
    ],
)  # fmt: skip
def test_the_kinds_that_banks_write_in_are_taken(cast: Cast, name: str, content: bytes) -> None:
    assert attach(cast, begun(cast), name=name, content=content).name == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/风险评估.pdf", "风险评估.pdf"),
        ("C:\\Users\\zhang\\risk.pdf", "risk.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("<b>risk</b>.pdf", "b.pdf"),
        ("fdp.\u202erisk.pdf", "fdp.risk.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_name_loses_its_path_and_what_no_folder_takes(cast: Cast, given: str, kept: str) -> None:
    assert attach(cast, begun(cast), name=given).name == kept


def test_a_file_above_ten_megabytes_is_refused(cast: Cast) -> None:
    application = begun(cast)
    largest = PDF + bytes(10 * 2**20 - len(PDF))

    attach(cast, application, content=largest)
    with pytest.raises(BadAttachment, match="10 MB"):
        attach(cast, application, content=largest + b"x")


def test_the_same_file_and_the_eleventh_are_refused(cast: Cast) -> None:
    application = begun(cast)
    for number in range(attachments.MOST_FILES - 1):
        attach(cast, application, content=PDF + bytes([number]))

    with pytest.raises(ApplicationRefused):
        attach(cast, application, content=PDF + b"\x00")
    attach(cast, application, content=PDF + b"last")
    with pytest.raises(ApplicationRefused):
        attach(cast, application, content=PDF + b"one too many")


def test_a_file_lies_encrypted_and_both_sides_read_it_whole(cast: Cast) -> None:
    application = in_review(cast)
    uid = application.attachments.get().uid

    for side, person in ((cast.in_bank, cast.maker), (cast.on_platform, cast.compliance)):
        with side():
            found = attachments.fetch_attachment(actor=person, application=application.pk, uid=uid)
            assert (found.name, found.content) == ("risk.pdf", PDF)
    with tenant_context(PLATFORM):
        stored = StoredFile.objects.get(uid=application.attachments.get().stored_file_uid)
        assert PDF not in default_storage.open(stored.stored_as).read()


def test_what_reviewers_have_seen_stays_and_what_they_have_not_goes(cast: Cast) -> None:
    application = in_review(cast)
    decide(cast, application, "technical", "returned")
    seen = application.attachments.get()
    unseen = attach(cast, application, name="new.pdf", content=b"%PDF-1.4 new")

    with cast.in_bank():
        for each in (seen, unseen):
            attachments.remove_attachment(
                actor=cast.maker, application=application.pk, uid=each.uid
            )

    assert [each.name for each in application.attachments.all()] == ["risk.pdf"]
    assert Application.objects.get(pk=application.pk).attachments.get().removed_at is not None
    with pytest.raises(BadApplication):
        submit(cast, application)
