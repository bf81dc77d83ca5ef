"""Taking calls and usage out of the console, which is itself an event."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import WRITERS
from openapi_gateway.choices import Environment
from openapi_gateway.metering import events, listing, names, usage
from openapi_gateway.metering.errors import TooMuch
from openapi_gateway.metering.listing import Asked
from openapi_gateway.metering.masking import mask_address, mask_subject
from openapi_gateway.metering.models import CallLog, Usage
from openapi_gateway.metering.usage import Wanted
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

EXPORT_LOG, EXPORT_USAGE = "gateway_metering.export_calllog", "gateway_metering.export_usage"
LIMIT = 100_000
IN_MEMORY = 2_000_000


def export_log(
    *, actor: Operator, asked: Asked, file_format: str, told: dict[str, Any]
) -> IO[bytes]:
    """A file of the calls asked for, open at its start; ``told`` is the filter, for the trail."""
    require(actor, EXPORT_LOG)
    calls = list(listing.read_all(asked, limit=LIMIT + 1))
    if len(calls) > LIMIT:
        raise TooMuch(
            _("More than %(limit)s calls: narrow the filter, for example to a shorter period.")
            % {"limit": f"{LIMIT:,}"}
        )
    file = _written(itertools.chain([_log_header()], _log_rows(calls)), file_format)
    what = {"format": file_format, "rows": len(calls), **told}
    _record(events.LOG_EXPORTED, actor, CallLog, what)
    return file


def export_usage(*, actor: Operator, wanted: Wanted, file_format: str) -> IO[bytes]:
    require(actor, EXPORT_USAGE)
    lines = usage.lines_of(wanted)
    file = _written(itertools.chain([_usage_header()], _usage_rows(wanted, lines)), file_format)
    told = {
        "format": file_format, "rows": len(lines), "month": f"{wanted.month:%Y-%m}",
        "bank": wanted.bank_id, "environment": wanted.environment, "client": wanted.app_id,
    }  # fmt: skip
    _record(events.USAGE_EXPORTED, actor, Usage, told)
    return file


def _written(rows: Iterable[Iterable[object]], file_format: str) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    WRITERS[file_format](rows, file)
    file.seek(0)
    return file


@transaction.atomic
def _record(event: str, actor: Operator, model: Any, told: dict[str, Any]) -> None:
    record(event, actor=actor, target_kind=model._meta.label_lower, after=told)


def _log_header() -> list[str]:
    return [
        _("Time"), _("Request id"), _("Bank"), _("Client id"), _("Client"), _("Key"),
        _("Environment"), _("Base service"), _("Operation"), _("HTTP status"), _("Outcome"),
        _("Latency (ms)"), _("Billable"), _("Address"), _("Subject"),
    ]  # fmt: skip


def _log_rows(calls: list[CallLog]) -> Iterator[list[object]]:
    banks = names.bank_names({call.bank_id for call in calls})
    clients = names.client_names({call.app_id for call in calls})
    services = names.service_names()
    for call in calls:
        yield [
            f"{localtime(call.at):%Y-%m-%d %H:%M:%S.%f}"[:-3], call.request_id,
            banks.get(call.bank_id, call.bank_id), call.app_id,
            clients.get(call.app_id, "") if call.bank_id else "", call.key_id,
            _environment(call.environment), services.get(call.service, call.service),
            call.operation, call.status or "", call.code, f"{call.latency_us / 1000:.1f}",
            _yes_or_no(call.billable), mask_address(call.address), mask_subject(call.subject),
        ]  # fmt: skip


def _usage_header() -> list[str]:
    return [
        _("Month"), _("Bank"), _("Client id"), _("Client"), _("Environment"), _("Base service"),
        _("Operation"), _("Calls"), _("Answered"), _("Refused"), _("Failed"), _("Billable"),
    ]  # fmt: skip


def _usage_rows(wanted: Wanted, lines: dict[usage.Line, usage.Calls]) -> Iterator[list[object]]:
    banks = names.bank_names({line.bank_id for line in lines})
    clients = names.client_names({line.app_id for line in lines})
    services = names.service_names()
    for line, calls in lines.items():
        yield [
            f"{wanted.month:%Y-%m}", banks.get(line.bank_id, line.bank_id), line.app_id,
            clients.get(line.app_id, ""), _environment(line.environment),
            services.get(line.service, line.service), line.operation, calls.total, calls.answered,
            calls.refused, calls.failed, calls.billable,
        ]  # fmt: skip


def _environment(value: str) -> str:
    return str(Environment(value).label) if value in Environment.values else value


def _yes_or_no(value: bool) -> str:
    return _("yes") if value else _("no")
