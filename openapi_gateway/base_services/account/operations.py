"""What a client may ask about itself: its usage, its quotas; and what there is to apply for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from openapi_gateway import errors
from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.models import Plan, Service, ServiceVersion
from openapi_gateway.base_services.account.bodies import (
    CatalogueAnswer,
    CataloguePlan,
    CatalogueScope,
    CatalogueService,
    CatalogueVersion,
    QuotaAnswer,
    ServiceQuota,
    UsageAnswer,
    UsageDay,
    UsageLine,
    Window,
)
from openapi_gateway.calls import Call, Operation, Reply
from openapi_gateway.credentials.directory import permit_for
from openapi_gateway.credentials.records import ClientRecord, Permit
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.limits.quotas import left
from openapi_gateway.metering import usage
from openapi_gateway.metering.alarms import counted_until
from openapi_gateway.metering.months import day_of, later, midnight, month_of
from openapi_gateway.metering.usage import Wanted

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_OFFERED = (CatalogueState.PUBLISHED, CatalogueState.DEPRECATED)


def read_usage(call: Call) -> Reply:
    client = _client(call)
    month = _month(call)
    wanted = Wanted(month, client.bank_id, client.app_id, call.environment)
    lines = usage.lines_of(wanted)
    total = usage.total(lines.values())
    answer = UsageAnswer(
        app_id=client.app_id, environment=call.environment, month=f"{month:%Y-%m}",
        calls=total.total, billable=total.billable,
        operations=[
            UsageLine(
                line.service, line.operation, found.total, found.answered, found.refused,
                found.failed, found.billable,
            )
            for line, found in lines.items()
        ],
        days=[
            UsageDay(day, found.total, found.refused, found.failed, found.billable)
            for day, found in usage.days_of(wanted).items()
            if found.total
        ],
        counted_until=counted_until(),
    )  # fmt: skip
    return Reply(answer)


def read_quota(call: Call) -> Reply:
    client = _client(call)
    try:
        services = [_quota(call, client, permit) for permit in _permits(call, client)]
    except RedisError as error:
        raise GatewayRefused(errors.UNAVAILABLE) from error
    return Reply(QuotaAnswer(client.app_id, call.environment, services))


def read_catalogue(call: Call) -> Reply:
    """What is published, and what is deprecated and still served."""
    rows = Service.objects.prefetch_related("scopes", "versions__plans", "versions__replacement")
    services = [_service(row) for row in rows]
    return Reply(CatalogueAnswer([each for each in services if each.versions]))


def _client(call: Call) -> ClientRecord:
    assert call.client is not None
    return call.client


def _month(call: Call) -> date:
    given = call.query.get("month", "")
    if not given:
        return month_of(call.at)
    found = _MONTH.fullmatch(given)
    if found is None:
        raise GatewayRefused(errors.REQ_SCHEMA, errors=[{"pointer": "?month", "code": "YYYY-MM"}])
    return date(int(found[1]), int(found[2]), 1)


def _permits(call: Call, client: ClientRecord) -> Iterator[Permit]:
    """Those with which the client could call now."""
    for service in sorted(client.permits):
        try:
            yield permit_for(client, service, call.environment, call.at.timestamp())
        except GatewayRefused:
            continue


def _quota(call: Call, client: ClientRecord, permit: Permit) -> ServiceQuota:
    limits = permit.limits_in(call.environment)
    at = call.at.timestamp()
    found = left(client.app_id, call.environment, permit.service, at, limits)
    tomorrow = midnight(day_of(call.at) + timedelta(days=1))
    return ServiceQuota(
        permit.service, limits.rate_per_second, limits.burst,
        _window(found.day_limit, found.day_used, tomorrow),
        _window(found.month_limit, found.month_used, midnight(later(month_of(call.at), 1))),
    )  # fmt: skip


def _window(limit: int, used: int, resets_at: datetime) -> Window:
    return Window(limit, used, max(0, limit - used), resets_at)


def _service(row: Service) -> CatalogueService:
    scopes = [CatalogueScope(each.code, each.name, each.data_level) for each in row.scopes.all()]
    versions = [_version(each) for each in row.versions.all() if each.state in _OFFERED]
    return CatalogueService(row.code, row.name, row.level, row.summary, scopes, versions)


def _version(row: ServiceVersion) -> CatalogueVersion:
    return CatalogueVersion(
        row.version, row.api_id, row.state, row.sunset_on,
        row.replacement.version if row.replacement else None,
        [_plan(each) for each in row.plans.all() if each.state in _OFFERED],
    )  # fmt: skip


def _plan(row: Plan) -> CataloguePlan:
    return CataloguePlan(
        row.code, row.name, row.rate_per_second, row.burst, row.day_quota, row.month_quota
    )


OPERATIONS: list[Operation] = [
    Operation(
        name="account.usage", method="GET", path="/gw/v1/usage", handler=read_usage,
        summary=_("Calls of this client in a month (?month=YYYY-MM, this one if left out)"),
        answer=UsageAnswer,
    ),
    Operation(
        name="account.quota", method="GET", path="/gw/v1/quota", handler=read_quota,
        summary=_("What is left of this client's quotas"), answer=QuotaAnswer,
    ),
    Operation(
        name="products.catalogue", method="GET", path="/gw/v1/catalogue", handler=read_catalogue,
        summary=_("Services, versions, scopes and plans that can be applied for"),
        service="products", scope="products.read", answer=CatalogueAnswer,
    ),
]  # fmt: skip
