"""The catalogue of base services, kept by the platform. What has once been published only goes
forward: published → deprecated → closed. Limits of a published plan stay as they are: clients hold
grants on them, so other limits are another plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from openapi_gateway.access import events
from openapi_gateway.access.choices import CatalogueState, GrantState
from openapi_gateway.access.errors import CatalogueRefused
from openapi_gateway.access.models import (
    Acknowledgement,
    GrantedService,
    Plan,
    Scope,
    Service,
    ServiceVersion,
)
from openapi_gateway.access.people import person_columns, require_own_bank, require_platform
from openapi_gateway.changes import client_changed
from operators.entries import save_entry, values_of
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank

# So long before the last day partners are told at least.
NOTICE = timedelta(days=30)
# A day "for ever", like the year 9999, is no last day: it has no day after it.
FARTHEST = timedelta(days=3660)
_FROZEN = ("version_id", "code", "rate_per_second", "burst", "day_quota", "month_quota")
Entry = TypeVar("Entry", Plan, ServiceVersion)


# --- what an entry says --------------------------------------------------------------------------
def save_service(*, actor: Operator, service: Service) -> Service:
    require_platform()
    _keep(service, Service, ("code",), _("The code of a base service stays: grants refer to it."))
    if service.pk is not None:
        _keep_level(service)
    return save_entry(actor=actor, entry=service, event=events.SERVICE_SAVED)


def save_scope(*, actor: Operator, scope: Scope) -> Scope:
    require_platform()
    _keep(
        scope, Scope, ("code", "service_id", "data_level"),
        _("Code, service and data level of a scope stay: tokens and grants carry it."),
    )  # fmt: skip
    if scope.service_id and not scope.code.startswith(f"{scope.service.code}."):
        raise CatalogueRefused(
            _("The code of a scope begins with its service: %(code)s.…")
            % {"code": scope.service.code}
        )
    return save_entry(actor=actor, entry=scope, event=events.SCOPE_SAVED)


@transaction.atomic
def save_version(*, actor: Operator, version: ServiceVersion) -> ServiceVersion:
    """Its documentation may be mended at any time; its states are steps of their own."""
    require_platform()
    known = _keep_state(version, ServiceVersion)
    if known is not None and known.state != CatalogueState.DRAFT:
        _keep(
            version, ServiceVersion, ("service_id", "version", "api_id"),
            _("Service, version and API id stay once the version is published."),
        )  # fmt: skip
    if known is not None and known.state == CatalogueState.CLOSED:
        raise CatalogueRefused(_("This version is closed: nothing of it changes any more."))
    return save_entry(actor=actor, entry=version, event=events.VERSION_SAVED)


@transaction.atomic
def save_plan(*, actor: Operator, plan: Plan) -> Plan:
    require_platform()
    known = _keep_state(plan, Plan)
    if known is not None and known.state != CatalogueState.DRAFT:
        _keep(
            plan, Plan, _FROZEN,
            _("The limits of a published plan stay: clients rely on them. Publish another plan."),
        )  # fmt: skip
    return save_entry(actor=actor, entry=plan, event=events.PLAN_SAVED)


# --- steps ---------------------------------------------------------------------------------------
@transaction.atomic
def publish_version(
    *, actor: Operator, version: ServiceVersion | int, at: datetime | None = None
) -> ServiceVersion:
    row = _of_platform(actor, ServiceVersion, version)
    if not row.documentation.strip():
        raise CatalogueRefused(_("Write the documentation first: partners build by it."))
    if not row.service.scopes.exists():
        raise CatalogueRefused(_("Enter the scopes of the service first: banks apply for them."))
    _step(row, [CatalogueState.DRAFT], CatalogueState.PUBLISHED, published_at=at or timezone.now())
    return _told(events.PUBLISHED, row, actor, CatalogueState.DRAFT, at)


@transaction.atomic
def publish_plan(*, actor: Operator, plan: Plan | int, at: datetime | None = None) -> Plan:
    row = _of_platform(actor, Plan, plan)
    if row.version.state != CatalogueState.PUBLISHED:
        raise CatalogueRefused(_("Publish the version of the service first, then its plans."))
    _step(row, [CatalogueState.DRAFT], CatalogueState.PUBLISHED)
    return _told(events.PUBLISHED, row, actor, CatalogueState.DRAFT, at)


@transaction.atomic
def deprecate_version(
    *,
    actor: Operator,
    version: ServiceVersion | int,
    sunset_on: date,
    replacement: ServiceVersion | None = None,
    at: datetime | None = None,
) -> ServiceVersion:
    """Nobody applies for it any more; who holds a grant on it is served to the end of that day."""
    at = at or timezone.now()
    row = _of_platform(actor, ServiceVersion, version)
    earliest = timezone.localdate(at) + NOTICE
    if sunset_on < earliest:
        raise CatalogueRefused(
            _("Partners need time: the last day is %(day)s at the earliest.") % {"day": earliest}
        )
    latest = timezone.localdate(at) + FARTHEST
    if sunset_on > latest:
        raise CatalogueRefused(
            _("Partners plan by this day: it is %(day)s at the latest.") % {"day": latest}
        )
    if replacement is not None:
        replacement = _found(ServiceVersion, replacement)
        if replacement.pk == row.pk or replacement.state != CatalogueState.PUBLISHED:
            raise CatalogueRefused(
                _("Name another version, one that is published, as replacement.")
            )
    _step(
        row, [CatalogueState.PUBLISHED], CatalogueState.DEPRECATED,
        deprecated_at=at, sunset_on=sunset_on, replacement=replacement,
    )  # fmt: skip
    return _told(events.DEPRECATED, row, actor, CatalogueState.PUBLISHED, at)


@transaction.atomic
def deprecate_plan(*, actor: Operator, plan: Plan | int, at: datetime | None = None) -> Plan:
    """Nobody applies for it any more; grants that name it go on."""
    row = _of_platform(actor, Plan, plan)
    _step(row, [CatalogueState.PUBLISHED], CatalogueState.DEPRECATED)
    return _told(events.DEPRECATED, row, actor, CatalogueState.PUBLISHED, at)


@transaction.atomic
def close_version(
    *, actor: Operator, version: ServiceVersion | int, at: datetime | None = None
) -> ServiceVersion:
    """After its last day. From then on no call of it is served."""
    at = at or timezone.now()
    row = _of_platform(actor, ServiceVersion, version)
    if row.sunset_on is not None and timezone.localdate(at) <= row.sunset_on:
        raise CatalogueRefused(
            _("Partners were promised service until the end of %(day)s: close it after that.")
            % {"day": row.sunset_on}
        )
    _step(row, [CatalogueState.DEPRECATED], CatalogueState.CLOSED, closed_at=at)
    return _told(events.CLOSED, row, actor, CatalogueState.DEPRECATED, at)


@transaction.atomic
def close_plan(*, actor: Operator, plan: Plan | int, at: datetime | None = None) -> Plan:
    """Only when no running grant names it any more."""
    row = _of_platform(actor, Plan, plan)
    holders = len(clients_on(row))
    if holders:
        raise CatalogueRefused(
            _("Running grants of %(count)s clients name this plan: it is closed after them.")
            % {"count": holders}
        )
    _step(row, [CatalogueState.DEPRECATED], CatalogueState.CLOSED)
    return _told(events.CLOSED, row, actor, CatalogueState.DEPRECATED, at)


@transaction.atomic
def acknowledge_deprecation(
    *, actor: Operator, bank: Bank, version: ServiceVersion | int, at: datetime | None = None
) -> Acknowledgement:
    """The bank has read that the version ends. Said twice, it stands once."""
    require(actor, "gateway_access.submit_application")
    require_own_bank(bank)
    row = _found(ServiceVersion, version)
    if row.state != CatalogueState.DEPRECATED:
        raise CatalogueRefused(
            _("This version is not deprecated: there is nothing to acknowledge.")
        )
    at = at or timezone.now()
    entry = Acknowledgement(version=row, bank=bank, at=at, **person_columns(actor))
    before = Acknowledgement.objects.filter(version=row, bank=bank)
    if not before.exists():
        Acknowledgement.objects.bulk_create([entry], ignore_conflicts=True)
        record(events.ACKNOWLEDGED, actor=actor, target=row, after={"bank": bank.slug}, at=at)
    return before.get()


def clients_on(entry: Plan | ServiceVersion) -> list[str]:
    """App ids of the clients that hold a running grant on it."""
    on = {"plan": entry} if isinstance(entry, Plan) else {"plan__version": entry}
    over = (GrantState.TERMINATED, GrantState.EXPIRED)
    rows = GrantedService.objects.filter(**on).exclude(grant__state__in=over)
    ids = rows.order_by("grant__client__app_id").values_list("grant__client__app_id", flat=True)
    return list(ids.distinct())


# --- parts ---------------------------------------------------------------------------------------
def _of_platform(actor: Operator, model: type[Entry], entry: Entry | int) -> Entry:
    require_platform()
    require(actor, f"gateway_access.change_{model._meta.model_name}")
    return _found(model, entry)


def _found(model: type[Entry], entry: Entry | int) -> Entry:
    row = model.objects.filter(pk=entry if isinstance(entry, int) else entry.pk).first()
    if row is None:
        raise CatalogueRefused(_("There is no such entry in the catalogue."))
    return row


def _step(row: Entry, froms: list[CatalogueState], to: CatalogueState, **more: object) -> None:
    """Of several who press at once, one gets through."""
    moved = type(row).objects.filter(pk=row.pk, state__in=froms).update(state=to, **more)
    if moved != 1:
        row.refresh_from_db(fields=["state"])
        raise CatalogueRefused(
            _("“%(entry)s” is %(state)s: this step does not follow. States only go forward.")
            % {"entry": row, "state": row.get_state_display()}
        )
    row.refresh_from_db()


def _told(
    event: str, row: Entry, actor: Operator, before: CatalogueState, at: datetime | None
) -> Entry:
    record(
        event, actor=actor, target=row, before={"state": before.value}, after=values_of(row), at=at
    )
    for app_id in clients_on(row):
        client_changed(app_id)
    return row


def _keep_state(entry: Entry, model: type[Entry]) -> Entry | None:
    """A form never carries a state; a new entry begins as a draft. Locked until it is saved: a
    step that is taken meanwhile is not written over."""
    rows = model.objects.select_for_update()
    known = rows.filter(pk=entry.pk).first() if entry.pk is not None else None
    state = known.state if known is not None else CatalogueState.DRAFT.value
    if entry.state != state:
        raise CatalogueRefused(_("States change by their own steps, not by saving."))
    return known


def _keep(
    entry: Service | Scope | Plan | ServiceVersion, model: type, names: tuple[str, ...],
    refusal: str,
) -> None:  # fmt: skip
    if entry.pk is None:
        return
    known = model.objects.filter(pk=entry.pk).values(*names).first() or {}
    if any(getattr(entry, name) != value for name, value in known.items()):
        raise CatalogueRefused(refusal)


def _keep_level(service: Service) -> None:
    published = service.versions.exclude(state=CatalogueState.DRAFT).exists()
    if published:
        _keep(
            service, Service, ("level",),
            _("The level stays once a version is published: grants were reviewed by it."),
        )  # fmt: skip
