"""The platform's people keep the vendors: who may, what is refused, what is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage
from django.urls import reverse
from django.utils.translation import override

from audit.models import AuditEvent
from openapi_gateway.upstream import checks, seeds, services
from openapi_gateway.upstream import liveness_engine as engine
from openapi_gateway.upstream.choices import Force, OurCode
from openapi_gateway.upstream.errors import BadVendor, UpstreamFailed
from openapi_gateway.upstream.models import Breaker, Vendor, VendorCode, VendorSecret
from openapi_gateway.upstream.simulators import faults, launching, liveness
from openapi_gateway.upstream.simulators.launching import Simulators
from openapi_gateway.upstream.vendor_secrets import secret_of
from operators.choices import PlatformRole
from operators.entries import InvalidEntry
from operators.errors import NotAllowed
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in

pytestmark = pytest.mark.django_db

SECRET = "an-agreed-secret-of-more-than-32-characters"


@pytest.fixture
def keeper() -> Operator:
    return make_operator("vendor-keeper", PlatformRole.OPERATOR)


@pytest.fixture
def guard() -> Operator:
    return make_operator("vendor-guard", PlatformRole.TECHNICAL_REVIEWER)


@pytest.fixture
def auditor() -> Operator:
    return make_operator("vendor-auditor", PlatformRole.AUDITOR)


@pytest.fixture
def vendor(keeper: Operator) -> Vendor:
    return services.save_vendor(actor=keeper, vendor=a_vendor())


def a_vendor(**fields: Any) -> Vendor:
    given = {
        "code": "engine-b", "name": "Engine B", "kind": "liveness",
        "base_url": "https://engine.example:8443/api", **fields,
    }  # fmt: skip
    return Vendor(**given)


def trail() -> list[str]:
    rows = AuditEvent.objects.filter(event__startswith="gateway_upstream.")
    return list(rows.order_by("at", "id").values_list("event", flat=True))


# --- Seeds ----------------------------------------------------------------------------------------
def test_every_installation_starts_with_an_engine_a_core_and_their_codes() -> None:
    assert set(Vendor.objects.values_list("code", "kind")) == {
        ("liveness", "liveness"), ("core", "core")
    }  # fmt: skip
    assert Breaker.objects.count() == 4
    assert set(VendorCode.objects.values_list("code", flat=True)) == set(OurCode.values)


def test_seeding_again_leaves_what_people_have_changed() -> None:
    Vendor.objects.filter(code="core").update(name="Our core", is_active=False)
    VendorCode.objects.filter(vendor_code="1100").update(is_billable=False)
    seeds.seed(Vendor, VendorCode, Breaker)

    assert Vendor.objects.get(code="core").name == "Our core"
    assert not VendorCode.objects.get(vendor_code="1100").is_billable
    assert (Vendor.objects.count(), Breaker.objects.count()) == (2, 4)


# --- Services -------------------------------------------------------------------------------------
def test_a_saved_vendor_has_breakers_and_an_event(vendor: Vendor) -> None:
    assert vendor.breakers.count() == 2
    assert trail() == ["gateway_upstream.vendor_saved"]


@pytest.mark.parametrize(
    "address",
    [
        "engine.example", "ftp://engine.example", "https://", "https://me:pw@engine.example",
        "https://engine.example/?key=1", "https://engine.example:0", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(keeper: Operator, address: str) -> None:
    with pytest.raises(BadVendor):
        services.save_vendor(actor=keeper, vendor=a_vendor(base_url=address))


def test_plain_http_is_for_local_runs(keeper: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    services.save_vendor(actor=keeper, vendor=a_vendor(base_url="http://127.0.0.1:9000"))

    monkeypatch.setattr(settings, "LOCAL", False)
    with pytest.raises(BadVendor), override("en"):
        services.save_vendor(
            actor=keeper, vendor=a_vendor(code="other", base_url="http://10.0.0.1:9000")
        )


def test_a_public_cloud_service_for_production_is_refused_with_a_sentence(keeper: Operator) -> None:
    with override("en"), pytest.raises(InvalidEntry) as caught:
        services.save_vendor(
            actor=keeper, vendor=a_vendor(deployment="public_saas", serves_production=True)
        )
    assert "faces or PINs of production" in str(caught.value)


def test_only_those_who_keep_vendors_may_change_them(
    guard: Operator, auditor: Operator, vendor: Vendor
) -> None:
    code = vendor.codes.model(vendor=vendor, vendor_code="7", code=OurCode.NO_FACE)
    for actor in (guard, auditor):
        for change in (
            lambda actor=actor: services.save_vendor(actor=actor, vendor=a_vendor(code="c")),
            lambda actor=actor: services.set_secret(actor=actor, vendor=vendor, secret=SECRET),
            lambda actor=actor: services.save_code(actor=actor, code=code),
        ):
            with pytest.raises(NotAllowed):
                change()


def test_a_secret_lies_encrypted_and_is_in_no_event(keeper: Operator, vendor: Vendor) -> None:
    services.set_secret(actor=keeper, vendor=vendor, secret=SECRET)
    row = VendorSecret.objects.get(vendor=vendor)

    assert SECRET.encode() not in bytes(row.cell)
    assert secret_of(Vendor.objects.select_related("secret").get(pk=vendor.pk)) == SECRET.encode()
    for event in AuditEvent.objects.filter(event__startswith="gateway_upstream."):
        assert SECRET not in f"{event.before}{event.after}{event.reason}"


def test_a_short_secret_and_one_of_the_settings_are_refused(
    keeper: Operator, vendor: Vendor
) -> None:
    with pytest.raises(BadVendor):
        services.set_secret(actor=keeper, vendor=vendor, secret="short")
    ours = Vendor.objects.get(code="liveness")
    with pytest.raises(BadVendor):
        services.set_secret(actor=keeper, vendor=ours, secret=SECRET)


def test_codes_stay_with_their_kind_and_are_listed_once(keeper: Operator, vendor: Vendor) -> None:
    services.save_code(
        actor=keeper, code=VendorCode(vendor=vendor, vendor_code="7", code=OurCode.NO_FACE)
    )
    wrong = VendorCode(vendor=vendor, vendor_code="8", code=OurCode.ACCOUNT_UNKNOWN)
    with pytest.raises(BadVendor):
        services.save_code(actor=keeper, code=wrong)
    twice = VendorCode(vendor=vendor, vendor_code="7", code=OurCode.UNCERTAIN)
    with pytest.raises(InvalidEntry):
        services.save_code(actor=keeper, code=twice)


def test_a_breaker_forced_open_stops_every_call_until_it_is_given_back(
    guard: Operator, simulators: Simulators
) -> None:
    breaker = Breaker.objects.get(vendor__code="liveness", environment="sandbox")
    services.force_breaker(actor=guard, breaker=breaker, force=Force.OPEN, reason="Maintenance")

    with pytest.raises(UpstreamFailed) as caught:
        engine.begin(environment="sandbox", session_ref="ls_f.1", mode="silent")
    assert caught.value.problem.code == "UP.CIRCUIT_OPEN"

    services.release_breaker(actor=guard, breaker=breaker, reason="Done")
    engine.begin(environment="sandbox", session_ref="ls_f.1", mode="silent")
    assert trail() == ["gateway_upstream.breaker_forced", "gateway_upstream.breaker_released"]
    reasons = AuditEvent.objects.filter(event__startswith="gateway_upstream.")
    assert set(reasons.values_list("reason", flat=True)) == {"Maintenance", "Done"}


def test_forcing_needs_a_reason_and_the_permission(guard: Operator, auditor: Operator) -> None:
    breaker = Breaker.objects.get(vendor__code="liveness", environment="sandbox")
    with pytest.raises(BadVendor):
        services.force_breaker(actor=guard, breaker=breaker, force=Force.OPEN, reason=" ")
    with pytest.raises(NotAllowed):
        services.force_breaker(actor=auditor, breaker=breaker, force=Force.OPEN, reason="Why not")
    with pytest.raises(BadVendor):
        services.release_breaker(actor=guard, breaker=breaker, reason="Nobody had")


# --- The console ----------------------------------------------------------------------------------
def page(name: str, *arguments: Any) -> str:
    return reverse(
        f"platform:gateway_upstream_{name}", urlconf="config.urls_platform", args=arguments
    )


@pytest.fixture
def at_console(auditor: Operator, keeper: Operator, guard: Operator) -> Callable[[str], Any]:
    people = {"auditor": auditor, "keeper": keeper, "guard": guard}
    return lambda who: sign_in(people[who], settings.PLATFORM_HOST)


@pytest.mark.parametrize("name", ["vendor", "vendorcode", "breaker"])
def test_whoever_may_look_sees_the_lists_and_the_rows(
    name: str, at_console: Callable[[str], Any]
) -> None:
    model = {"vendor": Vendor, "vendorcode": VendorCode, "breaker": Breaker}[name]
    for who in ("auditor", "keeper", "guard"):
        browser = at_console(who)
        assert browser.get(page(f"{name}_changelist")).status_code == 200
        row = model.objects.first()
        assert browser.get(page(f"{name}_change", row.pk)).status_code == 200


def test_a_vendor_is_entered_and_changed_by_the_form(at_console: Callable[[str], Any]) -> None:
    form = {
        "code": "engine-c", "name": "Engine C", "kind": "liveness", "is_active": "on",
        "deployment": "private_cloud", "base_url": "https://engine.example", "connect_ms": "500",
        "total_ms": "3000", "serves_sandbox": "on", "priority": "2", "weight": "50",
        "price": "0.15", "daily_cap": "1000",
    }  # fmt: skip
    browser = at_console("keeper")
    assert browser.post(page("vendor_add"), form).status_code == 302
    made = Vendor.objects.get(code="engine-c")
    refused = browser.post(
        page("vendor_change", made.pk), {**form, "base_url": "ftp://engine.example"}
    )

    assert "begins with https://" in refused.content.decode()
    assert at_console("guard").post(page("vendor_add"), form).status_code == 403


@pytest.mark.parametrize(("who", "status"), [("guard", 302), ("auditor", 403)])
def test_breakers_are_forced_from_the_list_by_those_who_may(
    who: str, status: int, at_console: Callable[[str], Any]
) -> None:
    breaker = Breaker.objects.get(vendor__code="core", environment="production")
    address = page("breaker_force_open", breaker.pk)
    answer = at_console(who).post(address, {"reason": "Core is down", "_form_submitted": "1"})

    breaker.refresh_from_db()
    assert (answer.status_code, breaker.forced) == (status, "open" if status == 302 else "")


def test_banks_have_no_such_pages(alpha: Any, at_console: Callable[[str], Any]) -> None:
    browser = at_console("keeper")
    for name in ("vendor", "vendorcode", "breaker"):
        answer = browser.get(
            f"/admin/gateway_upstream/{name}/", headers={"Host": "alpha.localhost"}
        )
        assert answer.status_code in (302, 404)


# --- Production and simulators --------------------------------------------------------------------
@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, simulators: Simulators) -> pytest.MonkeyPatch:
    monkeypatch.setattr(settings, "LOCAL", False)
    return monkeypatch


def ids(messages: list[CheckMessage]) -> set[str | None]:
    return {message.id for message in messages}


def test_production_is_told_of_plain_http_and_short_secrets(
    production: pytest.MonkeyPatch,
) -> None:
    assert ids(checks.check_upstream_settings()) == {"upstream.E001"}
    production.setattr(settings, "CORE_SECRET", "short")
    assert ids(checks.check_upstream_settings()) == {"upstream.E001", "upstream.E002"}
    production.setattr(settings, "LOCAL", True)
    assert checks.check_upstream_settings() == []


def test_the_deployment_check_asks_and_refuses_simulators(production: pytest.MonkeyPatch) -> None:
    assert ids(checks.check_no_simulator()) == {"upstream.E003"}
    production.setattr(settings, "CORE_URL", "http://127.0.0.1:1")
    production.setattr(settings, "LIVENESS_URL", "")
    assert ids(checks.check_no_simulator()) == {"upstream.W001"}


# --- The launcher ---------------------------------------------------------------------------------
def test_started_simulators_end_when_they_are_stopped_and_with_their_parent() -> None:
    shared = {"LIVENESS_SECRET": "x" * 40, "CORE_SECRET": "x" * 40}
    with launching.running(shared) as started:
        assert all(process.poll() is None for process in started.processes)
    assert all(process.poll() is not None for process in started.processes)

    orphaned = launching.start(shared)
    for process in orphaned.processes:
        process.stdin.close()  # as the end of the parent does
        assert process.wait(60) == 0
    for process in orphaned.processes:
        process.stdout.close()


def test_a_simulator_without_a_secret_does_not_start() -> None:
    with pytest.raises(launching.NotReady):
        launching.start({"LIVENESS_SECRET": "", "CORE_SECRET": ""})


def test_every_marker_of_the_simulator_is_documented() -> None:
    documented = liveness.__doc__ or ""
    words = {
        *liveness.RESULTS, *liveness.REFUSALS, *liveness.BODIES, *liveness.CALLBACKS, *faults.PLAYS,
    }  # fmt: skip
    assert {word for word in words if f"``{word}``" not in documented} == set()
