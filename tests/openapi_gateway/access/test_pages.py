from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone
from django_tenants.utils import tenant_context

from openapi_gateway.access.choices import ApplicationState
from openapi_gateway.access.models import Application, Attachment
from operators.choices import BankRole, PlatformRole
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.openapi_gateway.access.applying import (
    PDF,
    Cast,
    attach,
    begun,
    client_of,
    decide,
    in_review,
    plan_of,
    submit,
    submitted,
)

LIST = "/admin/gateway_access/application/"


def browser(where: Any, person: Any) -> Browser:
    host = "console.localhost" if where is PLATFORM else f"{where.slug}.localhost"
    found = Browser(headers={"host": host})
    with tenant_context(where):
        found.force_login(person, backend="operators.backends.OperatorBackend")
    return found


@pytest.fixture
def ours(cast: Cast) -> Browser:
    return browser(cast.bank, cast.maker)


@pytest.fixture
def theirs(beta: Any) -> Browser:
    with tenant_context(beta):
        return browser(beta, make_operator("their-maker", BankRole.MAKER))


def typed(client: Any, **changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    contact = {"name": "张三", "phone": "0731-12345678", "email": "zhang@example.cn"}
    roles = ("technical", "security")
    return {
        "client": client.pk,
        "purpose": "Sign in to the shop.",
        "scenes": "shop\ncounter",
        "services-identity-plan": plan_of("identity").pk,
        "services-identity-scopes": ["identity.login", "identity.phone"],
        "data_levels": ["C2"],
        "production": "on",
        "addresses_production": "203.0.113.0/24",
        "callback_urls_sandbox": "https://shop.example.com/hook",
        **{f"contacts-{role}-{part}": value for role in roles for part, value in contact.items()},
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=300)).isoformat(),
        **changes,
    }


def test_a_bank_writes_attaches_and_submits_in_its_console(cast: Cast, ours: Browser) -> None:
    client = client_of(cast.bank, "Shop")
    answer = ours.post(f"{LIST}add/", typed(client))
    application = Application.objects.get()
    page = f"{LIST}{application.pk}/"
    assert answer.headers["Location"] == f"{page}change/"
    assert "Shop" in ours.get(f"{page}change/").content.decode()

    file = SimpleUploadedFile("../risk.pdf", PDF)
    ours.post(f"{page}attach/", {"file": file, "is_risk_assessment": "on"})
    ours.post(f"{page}submit/")

    application.refresh_from_db()
    assert (application.state, application.bank, application.level) == (
        "submitted",
        cast.bank,
        "A2",
    )
    assert [each.scopes for each in application.services.all()] == [
        ["identity.login", "identity.phone"]
    ]
    assert ours.get(f"{page}change/").status_code == 200


def test_the_contacts_of_a_draft_come_back_under_their_own_names(cast: Cast, ours: Browser) -> None:
    application = begun(cast)
    page = ours.get(f"{LIST}{application.pk}/change/").content.decode()
    for role in ("technical", "security"):
        assert f'name="contacts-{role}-name" value="张三"' in page


def test_what_a_form_does_not_ask_for_is_not_taken_from_a_handmade_one(
    cast: Cast, ours: Browser, beta: Any
) -> None:
    extra = {
        "state": "approved", "bank": beta.pk, "round": 9, "level": "A1", "applicant_name": "x",
        "applicant_schema": "public", "decided_at": "2026-01-01", "submitted_at": "2026-01-01",
        "version": 7, "uid": "x", "environments": "moon",
    }  # fmt: skip
    ours.post(f"{LIST}add/", typed(client_of(cast.bank), **extra))

    row = Application.objects.get()
    assert (row.state, row.bank, row.round, row.level) == ("draft", cast.bank, 0, "A2")
    assert (row.applicant_schema, row.decided_at) == (cast.bank.schema_name, None)


@pytest.mark.parametrize(
    ("changes", "sentence_about"),
    [
        ({"addresses_production": "203.0.113.5/24"}, "203.0.113.0/24"),
        ({"callback_urls_production": "http://shop.example.com/"}, "http://shop.example.com/"),
        ({"callback_urls_sandbox": "https://10.0.0.1/"}, "https://10.0.0.1/"),
        ({"services-identity-scopes": ["liveness.check"]}, "liveness.check"),
        ({"services-identity-plan": "999999999"}, "身份认证"),
        ({"services-identity-plan": "x' --"}, "身份认证"),
        ({"ends_on": "2020-01-01"}, "ends_on"),
        ({"contacts-technical-phone": "call me"}, "0731-12345678"),
    ],
)
def test_a_form_with_something_wrong_comes_back_with_what_was_typed(
    cast: Cast, ours: Browser, changes: dict[str, Any], sentence_about: str
) -> None:
    answer = ours.post(f"{LIST}add/", typed(client_of(cast.bank), **changes))

    assert answer.status_code == 200
    text = answer.content.decode()
    assert sentence_about in text
    assert "Sign in to the shop." in text
    assert not Application.objects.exists()


def test_a_plan_of_another_service_cannot_be_slipped_in(cast: Cast, ours: Browser) -> None:
    given = typed(client_of(cast.bank))
    given["services-identity-plan"] = plan_of("products").pk

    assert ours.post(f"{LIST}add/", given).status_code == 200
    assert not Application.objects.exists()


def test_another_banks_client_is_no_choice(cast: Cast, ours: Browser, beta: Any) -> None:
    answer = ours.post(f"{LIST}add/", typed(client_of(beta, "Theirs")))

    assert answer.status_code == 200
    assert not Application.objects.exists()
    assert "Theirs" not in ours.get(f"{LIST}add/").content.decode()


def test_nothing_of_another_bank_is_there(cast: Cast, theirs: Browser) -> None:
    application = begun(cast)
    uid = attach(cast, application).uid
    page = f"{LIST}{application.pk}/"

    assert application.client.name not in theirs.get(LIST).content.decode()
    for address in (f"{page}change/", f"{page}files/{uid}/"):
        assert theirs.get(address).status_code == 404
    for verb in ("submit", "withdraw", "comment", "attach", "detach"):
        given = {"uid": uid, "text": "x", "comment": "x"}
        assert theirs.post(f"{page}{verb}/", given).status_code == 404
    assert theirs.post(f"{page}change/", typed(application.client)).status_code == 404
    for verb in ("take-up", "decide"):
        assert theirs.post(f"{page}{verb}/", follow=True).status_code == 404
    assert Application.objects.get().state == "draft"


def test_a_bank_has_no_address_for_deciding(cast: Cast, ours: Browser) -> None:
    page = f"{LIST}{in_review(cast).pk}/"
    for verb in ("take-up", "decide"):
        given = {"step": "technical", "verdict": "approved"}
        assert ours.post(f"{page}{verb}/", given, follow=True).status_code == 404


def test_reviewers_see_everything_on_one_page_and_decide_there(cast: Cast) -> None:
    application = submitted(cast)
    page = f"{LIST}{application.pk}/"
    technical = browser(PLATFORM, cast.technical)
    compliance = browser(PLATFORM, cast.compliance)
    text = technical.get(f"{page}change/").content.decode()
    for told in (application.purpose, "203.0.113.0/24", "identity.login", "risk.pdf", "张三"):
        assert told in text

    technical.post(f"{page}take-up/")
    technical.post(f"{page}decide/", {"step": "technical", "verdict": "approved"})
    compliance.post(f"{page}decide/", {"step": "compliance", "verdict": "returned"})
    assert Application.objects.get().state == "in_review"
    compliance.post(
        f"{page}decide/", {"step": "compliance", "verdict": "returned", "comment": "More."}
    )

    assert Application.objects.get().state == "returned"
    ours = browser(cast.bank, cast.maker)
    assert "More." in ours.get(f"{page}change/").content.decode()


def test_the_auditor_reads_and_finds_nothing_to_press(cast: Cast) -> None:
    application = in_review(cast)
    with cast.on_platform():
        auditor = browser(PLATFORM, make_operator("page-auditor", PlatformRole.AUDITOR))
    page = f"{LIST}{application.pk}/"

    text = auditor.get(f"{page}change/").content.decode()
    assert "/decide/" not in text
    assert "/comment/" not in text
    auditor.post(f"{page}decide/", {"step": "technical", "verdict": "approved"})
    auditor.post(f"{page}comment/", {"text": "hello"})
    for model in ("service", "serviceversion", "plan", "scope"):
        assert auditor.get(f"/admin/gateway_access/{model}/").status_code == 200
        assert auditor.get(f"/admin/gateway_access/{model}/add/").status_code == 403

    assert Application.objects.get().state == "in_review"
    assert not application.events.filter(kind="commented").exists()


def test_a_file_is_never_opened_in_the_console(cast: Cast) -> None:
    application = in_review(cast)
    file = Attachment.objects.get()

    answer = browser(PLATFORM, cast.compliance).get(f"{LIST}{application.pk}/files/{file.uid}/")

    assert b"".join(answer.streaming_content) == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_the_menu_counts_what_waits_for_whom(cast: Cast) -> None:
    application = in_review(cast)
    ours, compliance = browser(cast.bank, cast.maker), browser(PLATFORM, cast.compliance)

    def marked(where: Browser) -> bool:
        return "fx-badge" in where.get(LIST).content.decode().split("gateway_access/application")[1]

    assert marked(compliance)
    decide(cast, application, "technical", "returned")
    assert not marked(compliance)
    assert "fx-hints" in ours.get("/admin/").content.decode()


def test_the_platforms_operator_leads_a_version_to_its_end(cast: Cast) -> None:
    version = plan_of("products").version
    with cast.on_platform():
        keeper = browser(PLATFORM, make_operator("page-keeper", PlatformRole.OPERATOR))
    page = f"/admin/gateway_access/serviceversion/{version.pk}"
    day = timezone.localdate() + timedelta(days=45)

    keeper.post(
        f"{page}/deprecate/",
        {"_form_submitted": "1", "sunset_on": day.isoformat(), "replacement": ""},
    )

    version.refresh_from_db()
    assert (version.state, version.sunset_on) == ("deprecated", day)
    text = browser(cast.bank, cast.maker).get("/admin/base-services/").content.decode()
    assert day.isoformat() in text


@pytest.mark.parametrize("state", [ApplicationState.DRAFT, ApplicationState.SUBMITTED])
def test_both_consoles_show_only_what_is_theirs_to_see(cast: Cast, state: str) -> None:
    application = begun(cast)
    if state == ApplicationState.SUBMITTED:
        attach(cast, application)
        submit(cast, application)

    answer = browser(PLATFORM, cast.technical).get(f"{LIST}{application.pk}/change/")

    assert answer.status_code == (200 if state == ApplicationState.SUBMITTED else 404)
