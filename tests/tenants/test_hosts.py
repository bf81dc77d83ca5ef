from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from tenants import changes
from tenants.choices import BankStatus
from tenants.errors import BadStatusChange, BankIsClosed, NotAllowed
from tenants.middleware import BankMiddleware
from tenants.models import Bank, Domain
from tenants.services import change_bank_status

DOMAIN = settings.BASE_DOMAIN


def ask(host: str, path: str = "/", **headers: str) -> tuple[HttpResponse, HttpRequest]:
    """The answer of the middleware alone, around a view that says on which schema it runs."""
    request = RequestFactory().get(path, headers={"host": host, **headers})

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(connection.schema_name)

    return BankMiddleware(view)(request), request


@pytest.mark.parametrize(
    "host", [f"alpha.{DOMAIN}", f"ALPHA.{DOMAIN}", f"alpha.{DOMAIN}:8000", f"Alpha.{DOMAIN}.:443"]
)
def test_a_banks_host_is_served_in_its_schema(alpha: Bank, host: str) -> None:
    response, request = ask(host)

    assert response.content == b"b_alpha"
    assert request.tenant == alpha  # type: ignore[attr-defined]
    assert request.tenant.is_platform is False  # type: ignore[attr-defined]
    assert request.urlconf == settings.ROOT_URLCONF  # type: ignore[attr-defined]


def test_a_second_domain_of_a_bank_is_served_too(alpha: Bank) -> None:
    Domain.objects.create(domain="ops.alpha-bank.example", tenant=alpha, is_primary=False)

    assert ask("ops.alpha-bank.example")[0].content == b"b_alpha"


@pytest.mark.django_db
def test_the_platforms_host_is_served_on_public() -> None:
    response, request = ask(f"console.{DOMAIN}:8000")

    assert response.content == b"public"
    assert request.tenant.is_platform is True  # type: ignore[attr-defined]
    assert request.urlconf == settings.PUBLIC_SCHEMA_URLCONF  # type: ignore[attr-defined]


@pytest.mark.parametrize("host", [f"nobody.{DOMAIN}", DOMAIN, "alpha", "", "a b", "evil.example"])
@pytest.mark.django_db
def test_an_unknown_host_is_a_404_page(host: str) -> None:
    response, _request = ask(host)

    assert response.status_code == 404
    assert b"unknown_host" in response.content
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_an_unknown_host_of_the_api_is_a_problem_document() -> None:
    response, _request = ask(f"nobody.{DOMAIN}", "/api/channel/v1/home")

    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["code"] == "unknown_host"


def test_the_connection_returns_to_where_it_was_also_after_an_error(
    alpha: Bank, beta: Bank
) -> None:
    def fail(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    with tenant_context(beta):
        ask(f"alpha.{DOMAIN}")
        assert connection.schema_name == "b_beta"
        request = RequestFactory().get("/", headers={"host": f"alpha.{DOMAIN}"})
        with pytest.raises(RuntimeError):
            BankMiddleware(fail)(request)
        assert connection.schema_name == "b_beta"


def test_a_streamed_answer_is_read_in_its_bank(alpha: Bank) -> None:
    def rows() -> Iterator[str]:
        yield connection.schema_name

    request = RequestFactory().get("/", headers={"host": f"alpha.{DOMAIN}"})
    response: Any = BankMiddleware(lambda _request: StreamingHttpResponse(rows()))(request)

    assert b"".join(response.streaming_content) == b"b_alpha"
    assert connection.schema_name == "public"


def test_what_a_form_writes_on_its_bank_stays_in_its_request(alpha: Bank) -> None:
    _response, first = ask(f"alpha.{DOMAIN}")
    first.tenant.name = "changed by a form"  # type: ignore[attr-defined]

    directory = changes.current_directory()
    known = directory.bank_of(f"alpha.{DOMAIN}")
    assert known is not None
    known.name = "changed too"
    assert directory.banks[f"alpha.{DOMAIN}"].name == "Alpha Bank"


@pytest.fixture
def read_once(db: None) -> Iterator[None]:
    """As with the background reader: what is known is not read again."""
    directory = changes.current_directory()
    with changes.reading_once(directory):
        yield


def test_neither_known_nor_sprayed_hosts_cost_a_query(alpha: Bank, read_once: None) -> None:
    directory = changes.current_directory()
    with CaptureQueriesContext(connection) as queries:
        ask(f"alpha.{DOMAIN}")
        for number in range(1000):
            ask(f"spray-{number}.{DOMAIN}", "/api/x")

    assert len(queries) == 0
    assert changes.current_directory() is directory
    assert len(directory.banks) == Domain.objects.count()


REFUSED = [
    (BankStatus.SUSPENDED, "/admin/", 503, "bank_suspended"),
    (BankStatus.SUSPENDED, "/api/channel/v1/home", 503, "bank_suspended"),
    (BankStatus.SUSPENDED, "/preview/", 503, "bank_suspended"),
    (BankStatus.CLOSED, "/admin/", 410, "bank_closed"),
    (BankStatus.CLOSED, "/api/channel/v1/home", 410, "bank_closed"),
    (BankStatus.ONBOARDING, "/api/channel/v1/home", 503, "bank_not_open"),
]


@pytest.mark.parametrize(("status", "path", "code", "word"), REFUSED)
def test_a_bank_that_does_not_serve_says_so(
    client: Client, alpha: Bank, status: str, path: str, code: int, word: str
) -> None:
    Bank.objects.filter(pk=alpha.pk).update(status=status)

    response = client.get(path, headers={"host": f"alpha.{DOMAIN}"})

    assert response.status_code == code
    assert word in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    if path.startswith("/api/"):
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == word
        assert len(response.json()["detail"]) > 5
    else:
        assert "Alpha Bank" in response.content.decode()
        assert 'lang="zh-hans"' in response.content.decode()
    assert "sessionid" not in response.cookies


def test_an_onboarding_banks_console_works(alpha: Bank) -> None:
    Bank.objects.filter(pk=alpha.pk).update(status=BankStatus.ONBOARDING)

    assert ask(f"alpha.{DOMAIN}", "/admin/")[0].content == b"b_alpha"


def test_a_bank_without_its_schema_is_not_open_at_all(alpha: Bank) -> None:
    Bank.objects.filter(pk=alpha.pk).update(provisioned_at=None)

    assert ask(f"alpha.{DOMAIN}", "/admin/")[0].status_code == 503


def test_the_page_follows_the_language_that_was_chosen(alpha: Bank) -> None:
    Bank.objects.filter(pk=alpha.pk).update(status=BankStatus.SUSPENDED)

    english = ask(f"alpha.{DOMAIN}", "/", cookie="django_language=en")[0].content.decode()
    unknown = ask(f"alpha.{DOMAIN}", "/", cookie="django_language=xx")[0].content.decode()

    assert "This bank is suspended" in english
    assert 'lang="zh-hans"' in unknown


def test_a_suspended_banks_static_files_still_load(client: Client, alpha: Bank) -> None:
    Bank.objects.filter(pk=alpha.pk).update(status=BankStatus.SUSPENDED)

    response = client.get("/static/errors/refusal.css", headers={"host": f"alpha.{DOMAIN}"})

    assert response.status_code == 200


class Platformer:
    """An operator of the platform, as far as this room sees one."""

    def __init__(self, *, allowed: bool = True) -> None:
        self.allowed = allowed

    def has_perm(self, _permission: str) -> bool:
        return self.allowed


def test_a_status_change_is_audited_announced_and_effective(alpha: Bank) -> None:
    from audit.models import AuditEvent

    before = changes.version_of("b_alpha")

    change_bank_status(actor=None, bank=alpha, status=BankStatus.SUSPENDED, reason="unpaid")

    assert changes.version_of("b_alpha") == before + 1
    assert ask(f"alpha.{DOMAIN}")[0].status_code == 503
    event = AuditEvent.objects.get(event="tenants.bank_status_changed")
    assert (event.before, event.after, event.reason) == (
        {"status": "active"}, {"status": "suspended"}, "unpaid",
    )  # fmt: skip


BAD_CHANGES = [
    (BankStatus.ACTIVE, BankStatus.ACTIVE, "why", True, BadStatusChange),
    (BankStatus.ACTIVE, BankStatus.ONBOARDING, "why", True, BadStatusChange),
    (BankStatus.ACTIVE, "sleeping", "why", True, BadStatusChange),
    (BankStatus.ACTIVE, BankStatus.SUSPENDED, "  ", True, BadStatusChange),
    (BankStatus.CLOSED, BankStatus.ACTIVE, "why", True, BankIsClosed),
    (BankStatus.ACTIVE, BankStatus.SUSPENDED, "why", False, NotAllowed),
]


@pytest.mark.parametrize(("before", "after", "reason", "allowed", "error"), BAD_CHANGES)
def test_a_refused_status_change_changes_nothing(
    alpha: Bank, before: str, after: str, reason: str, allowed: bool, error: type[Exception]
) -> None:
    Bank.objects.filter(pk=alpha.pk).update(status=before, updated_at=timezone.now())
    version = changes.version_of("b_alpha")

    with pytest.raises(error):
        change_bank_status(
            actor=Platformer(allowed=allowed), bank=alpha, status=after, reason=reason
        )

    assert Bank.objects.get(pk=alpha.pk).status == before
    assert changes.version_of("b_alpha") == version
