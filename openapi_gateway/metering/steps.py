"""What a call went through, and where it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from openapi_gateway.errors import CATALOGUE, Problem
from openapi_gateway.metering.choices import OK, UNKNOWN
from openapi_gateway.metering.masking import mask_address
from openapi_gateway.metering.models import CallLog

PASSED, STOPPED, SKIPPED, LOST = "success", "danger", "", "warning"
AROUND = 5
WITHIN = timedelta(minutes=10)
# In the order of the pipeline: at which step a refusal stops a call, by the beginning of its code.
_STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("signature", ("GW.SIG.", "GW.KEY.")),
    ("address", ("GW.IP.",)),
    ("grant", ("GW.GRANT.", "GW.SCOPE.", "GW.LEVEL.")),
    ("limits", ("GW.LIMIT.", "GW.DEP.")),
    ("content", ("GW.REQ.", "GW.IDEM.")),
)
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    # Of its badge: passed, stopped here, not reached, nobody knows.
    kind: str
    word: str
    note: str = ""


def problem_of(code: str) -> Problem | None:
    """What the error catalogue says."""
    return CATALOGUE.get(code)


def stage_of(code: str) -> str:
    """Where a call with this outcome ended."""
    if code.startswith("GW.SIG.NONCE"):
        return "limits"
    return next((name for name, heads in _STAGES if code.startswith(heads)), SERVICE)


def steps_of(call: CallLog) -> list[Step]:
    is_stopped = call.status >= 400 and call.code not in (OK, UNKNOWN)
    return [
        Step(_("Received"), PASSED, _("received"), _received(call)),
        *_checks(call, stage_of(call.code) if is_stopped else ""),
        _answer(call),
    ]


def around(call: CallLog) -> list[CallLog]:
    """Calls of the same client shortly before and after, the newest first, this one included."""
    if not call.app_id:
        return [call]
    rows = CallLog.objects.filter(bank_id=call.bank_id, app_id=call.app_id)
    later = rows.filter(at__gte=call.at, at__lt=call.at + WITHIN)
    earlier = rows.filter(at__lte=call.at, at__gt=call.at - WITHIN)
    after = list(later.exclude(pk=call.pk).order_by("at", "request_id")[:AROUND])
    before = list(earlier.exclude(pk__in=[call.pk, *(each.pk for each in after)])[:AROUND])
    return [*reversed(after), call, *before]


def _received(call: CallLog) -> str:
    return _("from %(address)s") % {"address": mask_address(call.address) or "—"}


def _checks(call: CallLog, stopped_at: str) -> Iterator[Step]:
    titles = {
        "signature": _("Signature and key"), "address": _("Allowed address"),
        "grant": _("Grant and scope"), "limits": _("Replay, rate and quota"),
        "content": _("Content of the request"), SERVICE: _("Base service"),
    }  # fmt: skip
    notes = {"signature": call.key_id, SERVICE: call.operation}
    is_over = False
    for name, title in titles.items():
        note = notes.get(name, "")
        if is_over:
            yield Step(title, SKIPPED, _("not reached"))
        elif name == stopped_at:
            is_over = True
            yield Step(title, STOPPED, pgettext("calls", "refused"), call.code)
        elif call.code == UNKNOWN and name in ("content", SERVICE):
            yield Step(title, LOST, _("not known"), note)
        else:
            yield Step(title, PASSED, _("passed"), note)


def _answer(call: CallLog) -> Step:
    if call.code == UNKNOWN:
        return Step(
            _("Answer"), LOST, _("not known"),
            _("The process ended before it could tell what it answered."),
        )  # fmt: skip
    kind = PASSED if call.status < 400 else STOPPED
    took = _("after %(time)s ms") % {"time": f"{call.latency_us / 1000:,.1f}"}
    return Step(_("Answer"), kind, f"HTTP {call.status}", took)
