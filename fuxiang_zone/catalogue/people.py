"""Where somebody works, and how public tables name them: (schema, id, name)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from audit.context import current_schema
from operators.errors import NotAllowed
from operators.roles import is_platform

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank


def on_platform() -> bool:
    return is_platform(current_schema())


def require_platform() -> None:
    if not on_platform():
        raise NotAllowed(_("Only the platform does this."))


def require_own_bank(bank: Bank) -> None:
    if bank.schema_name != current_schema():
        raise NotAllowed(_("A bank's own operators do this, in the console of their bank."))


def person_columns(actor: Operator, prefix: str = "person") -> dict[str, Any]:
    return {
        f"{prefix}_schema": current_schema(),
        f"{prefix}_id": actor.pk,
        f"{prefix}_name": str(actor)[:150],
    }
