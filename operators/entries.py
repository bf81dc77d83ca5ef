"""Saving one row of a catalogue that the platform keeps: permission, validation, audit, notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from audit.services import record
from operators.errors import OperatorError
from operators.permissions import require
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator

Entry = TypeVar("Entry", bound=models.Model)


class InvalidEntry(OperatorError):
    code = "operators.invalid_entry"
    http_status = 400


def save_entry(*, actor: Operator, entry: Entry, event: str) -> Entry:
    """Add or change it. A save that changes nothing leaves no event."""
    meta = entry._meta
    verb = "add" if entry._state.adding else "change"
    require(actor, f"{meta.app_label}.{verb}_{meta.model_name}")
    _validate(entry)
    with transaction.atomic():
        before = None if verb == "add" else values_of(_locked(entry))
        after = values_of(entry)
        if before != after:
            entry.save(force_insert=verb == "add")
            record(event, actor=actor, target=entry, before=before, after=after)
            announce_change(connection.schema_name)
    return entry


def values_of(entry: models.Model) -> dict[str, Any]:
    fields = [field for field in entry._meta.concrete_fields if not field.primary_key]
    return {field.name: field.value_from_object(entry) for field in fields}


def _locked(entry: Entry) -> Entry:
    rows = type(entry)._base_manager.select_for_update()
    found: Entry = rows.get(pk=entry.pk)
    return found


def _validate(entry: models.Model) -> None:
    try:
        entry.full_clean()
    except ValidationError as error:
        raise InvalidEntry(get_text_list(error.messages, _("and"))) from error
