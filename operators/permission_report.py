"""Who may do what: one row per person, the disabled ones too; as a page or as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.services import record
from audit.spreadsheets import WRITERS
from operators import events
from operators.models import Operator
from operators.permissions import require
from operators.roles import role_label, roles_of

VIEW = "operators.view_permission_report"
_IN_MEMORY = 2_000_000


@dataclass(frozen=True, slots=True)
class ReportRow:
    operator: Operator
    status: str
    roles: list[str]
    permissions: list[str]
    password_days: int | None
    has_second_factor: bool


def report_rows(*, actor: Operator, at: datetime | None = None) -> list[ReportRow]:
    require(actor, VIEW)
    at = at or timezone.now()
    device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    people = (
        Operator.objects.in_scope_of(actor)
        .annotate(has_second_factor=Exists(device))
        .select_related("branch")
        .prefetch_related("groups")
        .order_by("-is_active", "username")
    )
    words = permission_words()
    return [_row(person, words, at) for person in people]


def permission_words() -> dict[str, str]:
    """Every permission that any role of this console gives, in words."""
    named = frozenset().union(*roles_of(connection.schema_name).values())
    rows = Permission.objects.select_related("content_type")
    words = {f"{row.content_type.app_label}.{row.codename}": _words(row) for row in rows}
    return {name: words[name] for name in named if name in words}


def _words(permission: Permission) -> str:
    """Django names its own permissions in English, "Can view bank": said with the model's name."""
    verb, _separator, model_name = permission.codename.partition("_")
    model = permission.content_type.model_class()
    own = model is not None and model_name == model._meta.model_name
    sentences = {
        "add": _("add %(what)s"), "change": _("change %(what)s"), "view": _("see %(what)s"),
        "delete": _("delete %(what)s"),
    }  # fmt: skip
    if own and model is not None and verb in sentences:
        return sentences[verb] % {"what": model._meta.verbose_name}
    declared = dict(model._meta.permissions) if model is not None else {}
    return str(declared.get(permission.codename, permission.name))


def _row(person: Operator, words: dict[str, str], at: datetime) -> ReportRow:
    given = roles_of(connection.schema_name)
    roles = sorted(group.name for group in person.groups.all())
    held = {name for role in roles for name in given.get(role, ())} if person.is_active else set()
    changed = person.password_changed_at
    return ReportRow(
        operator=person,
        status=_status(person, at),
        roles=[role_label(connection.schema_name, role) for role in roles],
        permissions=sorted(words[name] for name in held if name in words),
        password_days=(at - changed).days if changed else None,
        has_second_factor=person.has_second_factor,  # type: ignore[attr-defined]
    )


def _status(person: Operator, at: datetime) -> str:
    if not person.is_active:
        return _("disabled")
    return _("locked") if person.is_locked(at) else _("enabled")


def headers() -> list[str]:
    return [
        _("username"), _("full name"), _("staff number"), _("branch"), _("status"), _("roles"),
        _("permissions"), _("last login"), _("password age (days)"), _("second factor"),
        _("disabled at"),
    ]  # fmt: skip


def export_report(*, actor: Operator, file_format: str, at: datetime | None = None) -> IO[bytes]:
    """A file open at its start; taking it out is an event of the trail."""
    rows = report_rows(actor=actor, at=at)
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the response closes it
    WRITERS[file_format]([headers(), *_lines(rows)], file)
    with transaction.atomic():
        after = {"format": file_format, "rows": len(rows)}
        record(events.REPORT_EXPORTED, actor=actor, target_kind="operators.operator", after=after)
    file.seek(0)
    return file


def _lines(rows: Iterable[ReportRow]) -> Iterable[list[str]]:
    for row in rows:
        person = row.operator
        yield [
            person.username, person.name, person.staff_number,
            str(person.branch) if person.branch else "", row.status, "、".join(row.roles),
            "、".join(row.permissions), _moment(person.last_login),
            "" if row.password_days is None else str(row.password_days),
            _("yes") if row.has_second_factor else _("no"), _moment(person.disabled_at),
        ]  # fmt: skip


def _moment(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""
