"""Refusals that the suite plans, to see what the client makes of them, and its own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.errors import DomainError
from openapi_gateway.errors import define

PLANNED_OUTAGE = define(
    "CONF.PLANNED_OUTAGE", 503, "conformance-outage", _("A planned outage of the suite."),
    _("Send the call again after Retry-After: the same Idempotency-Key, signed anew."),
    retryable=True,
)  # fmt: skip
PLANNED_LIMIT = define(
    "CONF.PLANNED_LIMIT", 429, "conformance-limit", _("A planned limit of the suite."),
    _("Wait for as long as Retry-After says."), retryable=True,
)  # fmt: skip
PLANNED_REFUSAL = define(
    "CONF.PLANNED_REFUSAL", 422, "conformance-refusal", _("A planned refusal of the suite."),
    _("Do not send this call again: it would be refused again."),
)  # fmt: skip
PLANNED_PROBLEM = define(
    "CONF.PLANNED_PROBLEM", 409, "conformance-problem", _("A planned problem of the suite."),
    _("Report its request_id; pass over the members that you do not know."),
)  # fmt: skip
RUN_OVER = define(
    "CONF.RUN_OVER", 410, "conformance-over", _("The run is over."),
    _("Start a new run."),
)  # fmt: skip
TOO_EARLY = define(
    "CONF.TOO_EARLY", 409, "conformance-too-early", _("The suite still watches for retries."),
    _("Finish the run again after Retry-After."), retryable=True,
)  # fmt: skip
TOO_MANY_CALLS = define(
    "CONF.TOO_MANY_CALLS", 429, "conformance-too-many", _("Too many calls in one run."),
    _("Mend what repeats the calls, and start a new run."),
)  # fmt: skip


class RunRefused(DomainError):
    code = "gateway.run_refused"


class UnknownRun(DomainError):
    """There is none, or it is another bank's."""

    code = "gateway.unknown_run"
    http_status = 404
