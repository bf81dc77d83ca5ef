from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone
from django_tenants.utils import tenant_context

from openapi_gateway.access import catalogue, seeds
from openapi_gateway.access.errors import CatalogueRefused
from openapi_gateway.access.models import Acknowledgement, Plan, Scope, Service, ServiceVersion
from openapi_gateway.access.offer import offered_services, unread_deprecations
from operators.choices import BankRole, PlatformRole
from operators.errors import NotAllowed
from operators.models import Operator
from tests.approvals.people import make_operator
from tests.openapi_gateway.access.applying import Cast, decide, in_review, plan_of

SOON = timezone.localdate() + timedelta(days=40)


@pytest.fixture
def keeper(db: None) -> Operator:
    return make_operator("keeper", PlatformRole.OPERATOR)


@pytest.fixture
def version(keeper: Operator) -> ServiceVersion:
    row = ServiceVersion(
        service=Service.objects.get(code="identity"), version="v2", api_id="FX-2",
        documentation="## New",
    )  # fmt: skip
    return catalogue.save_version(actor=keeper, version=row)


@pytest.fixture
def granted(cast: Cast) -> Any:
    """The application of a client that holds a grant on identity v1, basic."""
    application = in_review(cast)
    decide(cast, application, "technical")
    decide(cast, application, "compliance")
    return application


def draft_plan(version: ServiceVersion, **limits: int) -> Plan:
    given = {"rate_per_second": 1, "burst": 1, "day_quota": 10, "month_quota": 100, **limits}
    return Plan(version=version, code="small", name="small", **given)


def test_a_version_goes_forward_through_all_its_states(
    keeper: Operator, version: ServiceVersion
) -> None:
    catalogue.publish_version(actor=keeper, version=version)
    catalogue.deprecate_version(actor=keeper, version=version, sunset_on=SOON)
    later = timezone.now() + timedelta(days=41)
    closed = catalogue.close_version(actor=keeper, version=version, at=later)

    assert (closed.state, closed.sunset_on) == ("closed", SOON)


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("draft", ["deprecate", "close"]),
        ("published", ["publish", "close"]),
        ("deprecated", ["publish", "deprecate"]),
        ("closed", ["publish", "deprecate", "close"]),
    ],
)
def test_no_step_goes_back_or_leaves_one_out(
    keeper: Operator, version: ServiceVersion, state: str, refused: list[str]
) -> None:
    plan = catalogue.save_plan(actor=keeper, plan=draft_plan(version))
    catalogue.publish_version(actor=keeper, version=version)
    Plan.objects.filter(pk=plan.pk).update(state=state)
    other = catalogue.save_version(
        actor=keeper,
        version=ServiceVersion(
            service=version.service, version="v3", api_id="FX-3", documentation="x"
        ),
    )
    ServiceVersion.objects.filter(pk=other.pk).update(state=state, sunset_on=SOON)
    late = timezone.now() + timedelta(days=60)
    steps: dict[str, Any] = {
        "publish": (catalogue.publish_version, catalogue.publish_plan),
        "deprecate": (catalogue.deprecate_version, catalogue.deprecate_plan),
        "close": (catalogue.close_version, catalogue.close_plan),
    }
    for step in refused:
        of_version, of_plan = steps[step]
        more = {"sunset_on": SOON + timedelta(days=90)} if step == "deprecate" else {}
        with pytest.raises(CatalogueRefused):
            of_version(actor=keeper, version=other.pk, at=late, **more)
        with pytest.raises(CatalogueRefused):
            of_plan(actor=keeper, plan=plan.pk)


def test_partners_get_thirty_days_and_the_promised_last_day(
    keeper: Operator, version: ServiceVersion
) -> None:
    catalogue.publish_version(actor=keeper, version=version)
    today = timezone.localdate()
    with pytest.raises(CatalogueRefused):
        catalogue.deprecate_version(
            actor=keeper, version=version, sunset_on=today + timedelta(days=29)
        )
    row = catalogue.deprecate_version(
        actor=keeper, version=version, sunset_on=today + timedelta(days=30)
    )
    with pytest.raises(CatalogueRefused):
        catalogue.close_version(actor=keeper, version=row, at=timezone.now() + timedelta(days=30))


def test_a_replacement_is_another_published_version(
    keeper: Operator, version: ServiceVersion
) -> None:
    first = ServiceVersion.objects.get(service__code="identity", version="v1")
    for other in (first, version):
        with pytest.raises(CatalogueRefused):
            catalogue.deprecate_version(
                actor=keeper, version=first, sunset_on=SOON, replacement=other
            )
    catalogue.publish_version(actor=keeper, version=version)

    row = catalogue.deprecate_version(
        actor=keeper, version=first, sunset_on=SOON, replacement=version
    )

    assert row.replacement == version


def test_a_version_without_documentation_and_a_plan_without_version_are_not_published(
    keeper: Operator, version: ServiceVersion
) -> None:
    plan = catalogue.save_plan(actor=keeper, plan=draft_plan(version))
    with pytest.raises(CatalogueRefused):
        catalogue.publish_plan(actor=keeper, plan=plan)
    version.documentation = " "
    catalogue.save_version(actor=keeper, version=version)
    with pytest.raises(CatalogueRefused):
        catalogue.publish_version(actor=keeper, version=version)


def test_limits_of_a_published_plan_and_what_grants_name_stay(keeper: Operator) -> None:
    plan, scope = plan_of("identity"), Scope.objects.get(code="identity.phone")
    service = plan.version.service
    plan.day_quota += 1
    scope.data_level, service.level = "C1", "A1"
    with pytest.raises(CatalogueRefused):
        catalogue.save_plan(actor=keeper, plan=plan)
    with pytest.raises(CatalogueRefused):
        catalogue.save_scope(actor=keeper, scope=scope)
    with pytest.raises(CatalogueRefused):
        catalogue.save_service(actor=keeper, service=service)


def test_saving_carries_no_state(keeper: Operator, version: ServiceVersion) -> None:
    version.state = "published"
    with pytest.raises(CatalogueRefused):
        catalogue.save_version(actor=keeper, version=version)
    plan = draft_plan(version)
    plan.state = "published"
    with pytest.raises(CatalogueRefused):
        catalogue.save_plan(actor=keeper, plan=plan)


def test_every_client_with_a_grant_is_told_of_a_deprecation_and_of_the_end(
    keeper: Operator, granted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(catalogue, "client_changed", told.append)
    version = ServiceVersion.objects.get(service__code="identity", version="v1")

    catalogue.deprecate_version(actor=keeper, version=version, sunset_on=SOON)
    assert told == [granted.client.app_id]
    catalogue.deprecate_plan(actor=keeper, plan=plan_of("identity"))
    catalogue.close_version(actor=keeper, version=version, at=timezone.now() + timedelta(days=60))

    assert told == [granted.client.app_id] * 3


def test_a_plan_is_closed_after_the_last_grant_on_it(keeper: Operator, granted: Any) -> None:
    plan = catalogue.deprecate_plan(actor=keeper, plan=plan_of("identity"))
    with pytest.raises(CatalogueRefused):
        catalogue.close_plan(actor=keeper, plan=plan)

    granted.grant.state = "terminated"
    granted.grant.save(update_fields=["state"])

    assert catalogue.close_plan(actor=keeper, plan=plan).state == "closed"


def test_a_bank_acknowledges_a_deprecation_once_and_for_itself(
    keeper: Operator, granted: Any, cast: Cast, beta: Any
) -> None:
    version = ServiceVersion.objects.get(service__code="identity", version="v1")
    with cast.in_bank(), pytest.raises(CatalogueRefused):
        catalogue.acknowledge_deprecation(actor=cast.maker, bank=cast.bank, version=version)
    catalogue.deprecate_version(actor=keeper, version=version, sunset_on=SOON)
    assert unread_deprecations(cast.bank) == [version]
    assert unread_deprecations(beta) == []

    with cast.in_bank():
        for _time in range(2):
            catalogue.acknowledge_deprecation(actor=cast.maker, bank=cast.bank, version=version)
        with pytest.raises(NotAllowed):
            catalogue.acknowledge_deprecation(actor=cast.maker, bank=beta, version=version)

    assert Acknowledgement.objects.get().person_name == "apply-maker"
    assert unread_deprecations(cast.bank) == []


def test_nobody_but_the_platforms_operator_keeps_the_catalogue(cast: Cast, beta: Any) -> None:
    plan = plan_of("identity")
    with pytest.raises(NotAllowed):
        catalogue.deprecate_plan(actor=cast.technical, plan=plan)
    with tenant_context(beta):
        maker = make_operator("a-maker", BankRole.ADMINISTRATOR)
        with pytest.raises(NotAllowed):
            catalogue.deprecate_plan(actor=maker, plan=plan)
        with pytest.raises(NotAllowed):
            catalogue.save_plan(actor=maker, plan=plan)


def test_the_seeds_are_sown_once_and_leave_what_was_changed(keeper: Operator) -> None:
    service = Service.objects.get(code="liveness")
    service.name = "Changed"
    catalogue.save_service(actor=keeper, service=service)
    catalogue.deprecate_plan(actor=keeper, plan=plan_of("identity"))
    Plan.objects.filter(version__service__code="keyboard", code="large").delete()

    def sow() -> tuple[int, ...]:
        seeds.seed_after_migrate(sender=seeds._last_app(), using="default", apps=apps)
        models = (Service, ServiceVersion, Scope, Plan)
        return tuple(model.objects.count() for model in models)

    assert sow() == sow() == (4, 4, 11, 11)
    assert Service.objects.get(code="liveness").name == "Changed"
    assert plan_of("identity").state == "deprecated"


def test_a_bank_is_offered_what_is_published_and_told_what_ends(
    keeper: Operator, granted: Any, version: ServiceVersion
) -> None:
    first = ServiceVersion.objects.get(service__code="identity", version="v1")
    catalogue.deprecate_version(actor=keeper, version=first, sunset_on=SOON)

    found = {each.service.code: each for each in offered_services(granted.bank, timezone.now())}

    assert list(found) == ["identity", "liveness", "keyboard", "products"]
    (only,) = found["identity"].versions
    assert (only.version, only.is_deprecated, only.days_left) == (first, True, 40)
    assert only.clients == [granted.client.name]
    assert not found["identity"].can_be_applied_for
    assert found["keyboard"].can_be_applied_for


def test_a_last_day_lies_within_ten_years(keeper: Operator, version: ServiceVersion) -> None:
    catalogue.publish_version(actor=keeper, version=version)
    for day in (date.max, timezone.localdate() + timedelta(days=3662)):
        with pytest.raises(CatalogueRefused, match="at the latest"):
            catalogue.deprecate_version(actor=keeper, version=version, sunset_on=day)
    version.refresh_from_db()
    assert (version.state, version.sunset_on) == ("published", None)
