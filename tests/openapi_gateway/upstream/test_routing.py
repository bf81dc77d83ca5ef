"""Which engine is asked, and who is asked instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from secrets import token_hex

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from openapi_gateway.upstream import breaker, routing
from openapi_gateway.upstream import liveness_engine as engine
from openapi_gateway.upstream.choices import Deployment, VendorKind
from openapi_gateway.upstream.errors import UpstreamFailed
from openapi_gateway.upstream.models import Breaker, Vendor, VendorCode, VendorSecret
from openapi_gateway.upstream.simulators.launching import Simulators
from openapi_gateway.upstream.vendor_secrets import seal_secret

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def another(simulators: Simulators) -> Callable[..., Vendor]:
    """Another engine, which is the same simulator under another name."""

    def make(code: str, **fields: object) -> Vendor:
        vendor = Vendor.objects.create(
            code=code, name=code, kind=VendorKind.LIVENESS,
            **{"base_url": simulators.liveness_url, **fields},
        )  # fmt: skip
        cell = seal_secret(settings.LIVENESS_SECRET, code)
        VendorSecret.objects.create(vendor=vendor, cell=cell, set_at="2026-01-01T00:00:00Z")
        for row in VendorCode.objects.filter(vendor__code="liveness"):
            row.pk, row.vendor = None, vendor
            row.save()
        return vendor

    return make


def begin(environment: str = "sandbox") -> engine.EngineSession:
    return engine.begin(environment=environment, session_ref=token_hex(8), mode="silent")


def test_the_first_priority_is_asked_and_the_weights_share_it(
    another: Callable[..., Vendor],
) -> None:
    Vendor.objects.filter(code="liveness").update(priority=1, weight=300)
    another("second", priority=1, weight=100)
    another("reserve", priority=2, weight=1000)

    first = Counter(routing.vendors_for(VendorKind.LIVENESS, "sandbox")[0].code for _ in range(400))

    assert set(first) == {"liveness", "second"}
    # Three in four; five standard deviations are 43.
    assert 250 < first["liveness"] < 350


def test_another_engine_begins_when_one_cannot_be_reached(another: Callable[..., Vendor]) -> None:
    another("broken", priority=1, base_url=NOWHERE)

    assert begin().vendor == "liveness"


def test_a_session_stays_where_it_was_begun_and_nobody_else_is_asked(
    another: Callable[..., Vendor],
) -> None:
    second = another("second", priority=1)
    session = begin()
    assert session.vendor == "second"
    Vendor.objects.filter(pk=second.pk).update(base_url=NOWHERE)

    media = b"SIM:live"
    with pytest.raises(UpstreamFailed) as caught:
        engine.submit(
            environment="sandbox", engine_ref=session.engine_ref, media=media,
            sha256=sha256(media).hexdigest(),
        )  # fmt: skip
    assert caught.value.problem.code == "UP.UNREACHABLE"


def test_an_engine_whose_breaker_is_open_is_passed_by(another: Callable[..., Vendor]) -> None:
    second = another("second", priority=1)
    for _ in range(5):
        breaker.tell(breaker.ask("second", "sandbox", "", 1), "bad")
    assert begin().vendor == "liveness"

    breaker.forget("second", "sandbox")
    assert begin().vendor == "second"
    Breaker.objects.create(vendor=second, environment="sandbox", forced="open", reason="test")
    assert begin().vendor == "liveness"


@pytest.mark.parametrize(
    "changes", [{"is_active": False}, {"serves_sandbox": False}, {"kind": VendorKind.CORE}]
)
def test_engines_that_do_not_serve_are_not_asked(
    changes: dict[str, object], simulators: Simulators
) -> None:
    Vendor.objects.filter(code="liveness").update(**changes)

    with pytest.raises(UpstreamFailed) as caught:
        begin()
    assert (caught.value.problem.code, caught.value.http_status) == ("UP.UNAVAILABLE", 503)


def test_nothing_is_asked_where_nothing_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LIVENESS_URL", "")

    with pytest.raises(UpstreamFailed) as caught:
        begin()
    assert caught.value.problem.code == "UP.UNAVAILABLE"


def test_a_public_cloud_service_cannot_be_entered_for_production(
    another: Callable[..., Vendor],
) -> None:
    with pytest.raises(IntegrityError, match="no_public_saas"), transaction.atomic():
        another("cloud", deployment=Deployment.PUBLIC_SAAS, serves_production=True)

    another("cloud", deployment=Deployment.PUBLIC_SAAS, serves_production=False)


def test_production_refuses_a_simulator_and_its_sandbox_does_not(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    routing.forget()
    assert begin("production").vendor == "liveness"  # a local run

    monkeypatch.setattr(settings, "LOCAL", False)
    for _ in range(2):
        with pytest.raises(UpstreamFailed) as caught:
            begin("production")
        assert caught.value.problem.code == "UP.UNAVAILABLE"
    assert begin("sandbox").vendor == "liveness"


def test_calls_that_we_did_not_sign_are_refused_by_the_simulator(
    simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LIVENESS_SECRET", "another secret of forty characters, really")

    with pytest.raises(UpstreamFailed) as caught:
        begin()
    assert caught.value.problem.code == "UP.REFUSED"
