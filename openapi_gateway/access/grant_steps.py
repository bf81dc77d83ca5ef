"""How one step of a grant's life is taken: claimed by a conditional update, written into its
history and the audit trail, told to the partner and to every process, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from openapi_gateway.access import grant_events
from openapi_gateway.access.grant_errors import GrantRefused, UnknownGrant
from openapi_gateway.access.models import Grant, GrantEvent
from openapi_gateway.access.people import on_platform, person_columns
from openapi_gateway.changes import client_changed
from openapi_gateway.choices import Environment
from openapi_gateway.outbox.services import announce
from operators.permissions import require

if TYPE_CHECKING:
    from datetime import date

    from operators.models import Operator

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def found(actor: Operator, permission: str, grant: Grant | int) -> Grant:
    """As it stands now, locked. In a bank's schema another bank's grant does not exist."""
    require(actor, permission)
    return locked(grant, "" if on_platform() else current_schema())


def locked(grant: Grant | int, schema_name: str = "") -> Grant:
    rows = Grant.objects.select_related("bank", "client").select_for_update(of=("self",))
    if schema_name:
        rows = rows.filter(bank__schema_name=schema_name)
    row = rows.filter(pk=grant.pk if isinstance(grant, Grant) else grant).first()
    if row is None:
        raise UnknownGrant(_("There is no such access grant."))
    return row


def claim(grant: Grant, condition: Q, refusal: str, **changes: Any) -> None:
    """Of several who try at once, one gets through."""
    claimed = Grant.objects.filter(condition, pk=grant.pk).update(**changes)
    if claimed != 1:
        raise GrantRefused(refusal)
    for name, value in changes.items():
        setattr(grant, name, value)


def require_running(grant: Grant, at: datetime) -> None:
    if today(at) > grant.ends_on:
        raise GrantRefused(
            _("The grant ended on %(day)s. Apply for a new one.") % {"day": grant.ends_on}
        )


def written(
    event: str,
    grant: Grant,
    *,
    actor: Operator | None,
    at: datetime,
    environments: Iterable[Environment],
    text: str = "",
    before: Any = None,
    after: Any = None,
) -> Grant:
    """The last thing of a step: it ends by locking the version that processes watch."""
    kind = grant_events.kind_of(event)
    GrantEvent.objects.create(
        grant=grant, at=at, kind=kind, text=text[:1000], **person_columns(actor)
    )  # fmt: skip
    record(
        event, actor=actor, target=grant, before=before, after=after or facts(grant), reason=text,
        at=at,
    )  # fmt: skip
    for environment in environments:
        announce(
            "grant.changed", bank=grant.bank, app_id=grant.client.app_id, environment=environment,
            data={"grant": str(grant.uid), "event": kind, **facts(grant)}, at=at,
        )  # fmt: skip
    client_changed(grant.client.app_id)
    return grant


def facts(grant: Grant) -> dict[str, str]:
    return {
        "state": str(grant.state),
        "suspension": str(grant.suspension),
        "starts_on": grant.starts_on.isoformat(),
        "ends_on": grant.ends_on.isoformat(),
    }


def touched(grant: Grant) -> list[Environment]:
    """The environments that a change of the whole grant concerns."""
    both = [Environment.SANDBOX]
    return [*both, Environment.PRODUCTION] if grant.production_at else both
