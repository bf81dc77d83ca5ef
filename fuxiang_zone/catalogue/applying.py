"""A bank applies to open a type; the platform approves, sends back or rejects."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from fuxiang_zone.catalogue import events
from fuxiang_zone.catalogue.choices import ApplicationState, TypeState, Verdict
from fuxiang_zone.catalogue.errors import (
    BadApplication,
    CommentMissing,
    OwnApplication,
    TypeNotOpen,
    UnknownApplication,
    WrongState,
)
from fuxiang_zone.catalogue.models import (
    Activation,
    ActivationApplication,
    ApplicationStep,
    ProductType,
)
from fuxiang_zone.catalogue.people import person_columns, require_own_bank, require_platform
from fuxiang_zone.catalogue.querysets import OPEN_APPLICATIONS
from operators.permissions import require
from tenants.choices import BankStatus
from tenants.platform import PLATFORM
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank

APPLY, CHANGE, DECIDE = (
    f"fuxiang_zone_catalogue.{verb}_activationapplication" for verb in ("add", "change", "decide")
)
EDITABLE = (ApplicationState.DRAFT, ApplicationState.RETURNED)
TEXT_LENGTH = 500
REACHED = {
    Verdict.APPROVE: ApplicationState.APPROVED,
    Verdict.RETURN: ApplicationState.RETURNED,
    Verdict.REJECT: ApplicationState.REJECTED,
}


# --- the bank ------------------------------------------------------------------------------------
@transaction.atomic
def apply_for_type(
    *,
    actor: Operator,
    bank: Bank,
    product_type: ProductType,
    reason: str = "",
    person_in_charge: str = "",
    phone: str = "",
    planned_on: date | None = None,
    at: datetime | None = None,
) -> ActivationApplication:
    """A draft; ``submit_application`` sends it. One application of a bank for a type at a time."""
    require(actor, APPLY)
    require_own_bank(bank)
    _require_open(product_type)
    if Activation.objects.filter(bank=bank, product_type=product_type).exists():
        message = _("“%(type)s” is open in your bank already.") % {"type": product_type}
        raise WrongState(message, code="already_open")
    uid = uuid.uuid4()
    row = ActivationApplication(
        uid=uid, bank=bank, product_type=product_type, created_at=at or timezone.now(),
        **_content(reason, person_in_charge, phone, planned_on),
        **person_columns(actor, "applicant"),
    )  # fmt: skip
    ActivationApplication.objects.bulk_create([row], ignore_conflicts=True)
    begun = ActivationApplication.objects.filter(uid=uid).first()
    if begun is None:
        raise WrongState(
            _("An application for “%(type)s” is under way already; go on with that one.")
            % {"type": product_type},
            code="under_way",
        )
    _tell(events.APPLICATION_BEGUN, begun, actor, begun.created_at)
    return begun


@transaction.atomic
def edit_application(
    *,
    actor: Operator,
    application: ActivationApplication,
    reason: str,
    person_in_charge: str,
    phone: str = "",
    planned_on: date | None = None,
) -> ActivationApplication:
    require(actor, CHANGE)
    row = _locked(application, EDITABLE)
    require_own_bank(row.bank)
    before = row.summary()
    for name, value in _content(reason, person_in_charge, phone, planned_on).items():
        setattr(row, name, value)
    row.save(update_fields=["reason", "person_in_charge", "phone", "planned_on"])
    if row.summary() != before:
        record(
            events.APPLICATION_EDITED, actor=actor, target=row, before=before, after=row.summary()
        )
    return row


@transaction.atomic
def submit_application(
    *, actor: Operator, application: ActivationApplication, at: datetime | None = None
) -> ActivationApplication:
    at = at or timezone.now()
    require(actor, CHANGE)
    row = _locked(application, EDITABLE)
    require_own_bank(row.bank)
    _require_open(row.product_type)
    _require_complete(row, timezone.localdate(at))
    changes = person_columns(actor, "applicant")
    _move(row, ApplicationState.SUBMITTED, round=row.round + 1, submitted_at=at, **changes)
    _tell(events.APPLICATION_SUBMITTED, row, actor, at, content=row.summary())
    return row


@transaction.atomic
def withdraw_application(
    *,
    actor: Operator,
    application: ActivationApplication,
    reason: str = "",
    at: datetime | None = None,
) -> ActivationApplication:
    at = at or timezone.now()
    require(actor, CHANGE)
    row = _locked(application, OPEN_APPLICATIONS)
    require_own_bank(row.bank)
    _move(row, ApplicationState.WITHDRAWN)
    _tell(events.APPLICATION_WITHDRAWN, row, actor, at, _words(reason))
    return row


def _content(
    reason: str, person_in_charge: str, phone: str, planned_on: date | None
) -> dict[str, Any]:
    return {
        "reason": _words(reason), "person_in_charge": person_in_charge.strip()[:40],
        "phone": phone.strip()[:20], "planned_on": planned_on,
    }  # fmt: skip


def _require_open(product_type: ProductType) -> None:
    state = ProductType.objects.values_list("state", flat=True).get(pk=product_type.pk)
    if state != TypeState.OPEN:
        raise TypeNotOpen(
            _("“%(type)s” cannot be applied for now; the platform has not opened it.")
            % {"type": product_type}
        )


def _require_complete(row: ActivationApplication, today: date) -> None:
    if not row.reason:
        raise BadApplication(_("Say why your bank wants this type."), field="reason")
    if not row.person_in_charge:
        raise BadApplication(_("Name the person in charge."), field="person_in_charge")
    if row.planned_on is None or row.planned_on < today:
        raise BadApplication(
            _("Enter the day on which you plan to open it, today or later."), field="planned_on"
        )


# --- the platform --------------------------------------------------------------------------------
@transaction.atomic
def decide_application(
    *,
    actor: Operator,
    application: ActivationApplication,
    verdict: str,
    comment: str = "",
    at: datetime | None = None,
) -> ActivationApplication:
    """Approving opens the type for the bank in the same transaction."""
    at = at or timezone.now()
    require_platform()
    require(actor, DECIDE)
    row = _locked(application, [ApplicationState.SUBMITTED])
    decider = person_columns(actor, "decider")
    if (row.applicant_schema, row.applicant_id) == (PLATFORM.schema_name, actor.pk):
        raise OwnApplication(_("Whoever applied does not decide."))
    given = _verdict(verdict)
    words = _words(comment)
    if given != Verdict.APPROVE and not words:
        raise CommentMissing(_("Write what the bank should do, or why not."))
    _move(row, REACHED[given], decided_at=at, comment=words, **decider)
    _tell(events.APPLICATION_DECIDED, row, actor, at, words)
    if given == Verdict.APPROVE:
        _open(row, actor, at)
    return row


def _verdict(verdict: str) -> Verdict:
    if verdict not in Verdict.values:
        raise BadApplication(_("Choose: approve, send back or reject."))
    return Verdict(verdict)


def _open(row: ActivationApplication, actor: Operator, at: datetime) -> None:
    _require_open(row.product_type)
    if row.bank.status == BankStatus.CLOSED:
        raise WrongState(_("“%(bank)s” is closed.") % {"bank": row.bank})
    activation, is_new = Activation.objects.get_or_create(
        product_type=row.product_type, bank=row.bank, defaults={"activated_at": at}
    )
    if is_new:
        after = {
            "bank": row.bank.slug, "product_type": row.product_type.code, "is_demo": False,
            "application": str(row.uid),
        }  # fmt: skip
        record(events.TYPE_ACTIVATED, actor=actor, target=activation, after=after, at=at)
    announce_change(PLATFORM.schema_name)


# --- both ----------------------------------------------------------------------------------------
def _locked(
    application: ActivationApplication, states: Collection[ApplicationState]
) -> ActivationApplication:
    """Another bank's application is not there."""
    rows = ActivationApplication.objects.visible().select_for_update(of=("self",))
    row = rows.filter(pk=application.pk).first()
    if row is None:
        raise UnknownApplication(_("There is no such application."))
    if row.state not in states:
        state = ApplicationState(row.state).label
        message = _("This application is “%(state)s” by now.") % {"state": state}
        raise WrongState(message)
    return row


def _move(row: ActivationApplication, to: ApplicationState, **columns: Any) -> None:
    ActivationApplication.objects.filter(pk=row.pk).update(state=to, **columns)
    row.refresh_from_db()


def _tell(
    event: str,
    row: ActivationApplication,
    actor: Operator,
    at: datetime,
    text: str = "",
    content: Mapping[str, Any] | None = None,
) -> None:
    ApplicationStep.objects.create(
        application=row, state=row.state, at=at, text=text, content=content or {},
        **person_columns(actor),
    )  # fmt: skip
    after: dict[str, Any] = {"bank": row.bank.slug, "product_type": row.product_type.code}
    after["state"] = row.state
    if content:
        after["content"] = dict(content)
    record(event, actor=actor, target=row, after=after, reason=text, at=at)


def _words(text: str) -> str:
    return text.replace("\x00", "").strip()[:TEXT_LENGTH]
