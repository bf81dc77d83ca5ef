"""The life of a run: started, watched, closed. What arrives is written down as it comes; the
verdicts are read off it."""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.grants import OPEN, pass_conformance
from openapi_gateway.conformance import answering, events, material
from openapi_gateway.conformance.choices import Arrival, CaseVerdict, RunState
from openapi_gateway.conformance.errors import RunRefused, UnknownRun
from openapi_gateway.conformance.evidence import Outcome, Seen
from openapi_gateway.conformance.models import CaseResult, Observation, Run
from openapi_gateway.conformance.suite import BY_NAME, Case, judge_run
from openapi_gateway.credentials.models import Client
from operators.permissions import require
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from operators.models import Operator

LASTS = timedelta(minutes=30)
MOST_ARRIVALS = 500
MOST_RUNS_AN_HOUR = 20
START_PERMISSION = "gateway_conformance.start_run"
# Detailed observations are for mending a client; the verdicts stay.
OBSERVATIONS_KEPT = timedelta(days=90)


@transaction.atomic
def start_run(*, actor: Operator, client: Client | int, at: datetime | None = None) -> Run:
    """From the bank's console; ends the run that is under way."""
    require(actor, START_PERMISSION)
    row = _clients_here().filter(pk=client.pk if isinstance(client, Client) else client).first()
    if row is None:
        raise UnknownRun(_("There is no such client."))
    return _start(row, actor=actor, started_by=str(actor), at=at or timezone.now())


@transaction.atomic
def start_run_by_call(*, client_id: int, key_id: str, at: datetime) -> Run:
    client = Client.objects.select_for_update().get(pk=client_id)
    return _start(client, actor=None, started_by=key_id, at=at)


def _clients_here() -> Any:
    rows = Client.objects.select_for_update()
    if current_schema() != PLATFORM.schema_name:
        rows = rows.filter(bank__schema_name=current_schema())
    return rows


def _start(client: Client, *, actor: Any, started_by: str, at: datetime) -> Run:
    """The client's row is locked: of two at once the second replaces the first."""
    if not client.grants.filter(state__in=OPEN).exists():  # type: ignore[attr-defined]
        raise RunRefused(_("The client has no open grant: apply for access first."))
    recent = Run.objects.filter(client=client, started_at__gt=at - timedelta(hours=1))
    if recent.count() >= MOST_RUNS_AN_HOUR:
        raise RunRefused(_("Too many runs in an hour. Mend the client, and start again later."))
    Run.objects.filter(client=client, state=RunState.RUNNING).update(
        state=RunState.REPLACED, finished_at=at
    )
    run = Run.objects.create(
        run_id=f"run_{secrets.token_urlsafe(24)}", bank_id=client.bank_id, client=client,
        started_by=started_by[:150], started_at=at, expires_at=at + LASTS,
        answers=answering.draw(),
    )  # fmt: skip
    record(events.STARTED, actor=actor, target=run, after={"client": client.app_id}, at=at)
    return run


# --- What arrives --------------------------------------------------------------------------------
@transaction.atomic
def write_down(run_id: str, name: str, seen: Seen, *, client_id: int = 0) -> list[Seen] | None:
    """What had arrived at this case before. None when the run is over or full.

    The counter's row lock puts arrivals at the same case in an order.
    """
    open_runs = Run.objects.filter(
        run_id=run_id, state=RunState.RUNNING, expires_at__gt=seen.at,
        arrivals_seen__lt=MOST_ARRIVALS,
    )  # fmt: skip
    if client_id:
        open_runs = open_runs.filter(client_id=client_id)
    if not open_runs.update(arrivals_seen=F("arrivals_seen") + 1):
        return None
    run = Run.objects.get(run_id=run_id)
    case, detail = _case_of(run, name)
    before = [_seen(each) for each in Observation.objects.filter(run=run, case=case)]
    Observation.objects.create(
        run=run, case=case, at=seen.at, kind=seen.kind, key_id=seen.key_id[:24],
        idempotency_key=seen.idempotency_key[:100], sha256=seen.sha256, word=seen.word[:100],
        detail={**seen.detail, **detail},
    )  # fmt: skip
    return before


def _case_of(run: Run, name: str) -> tuple[str, dict[str, str]]:
    """Behind "answer-3" stands a case that the client is not told."""
    if name in run.answers:
        return run.answers[name].partition(":")[0], {"answer": name}
    return name, {}


def _seen(row: Observation) -> Seen:
    return Seen(row.at, row.kind, row.key_id, row.idempotency_key, row.sha256, row.word, row.detail)


# --- Verdicts ------------------------------------------------------------------------------------
def state_at(run: Run, at: datetime) -> RunState:
    if run.state == RunState.RUNNING and run.expires_at <= at:
        return RunState.EXPIRED
    return RunState(run.state)


def verdicts(run: Run, at: datetime) -> list[tuple[Case, Outcome]]:
    """As they were written when the run was closed, else as they stand."""
    if run.state not in (RunState.RUNNING, RunState.REPLACED):
        kept = {row.name: row for row in run.cases.all()}  # type: ignore[attr-defined]
        return [
            (BY_NAME[name], Outcome(CaseVerdict(row.verdict), row.reason, row.facts))
            for name, row in kept.items()
            if name in BY_NAME
        ]
    return _judged(run, closed=run.state != RunState.RUNNING or run.expires_at <= at)


def _judged(run: Run, *, closed: bool) -> list[tuple[Case, Outcome]]:
    arrivals: dict[str, list[Seen]] = defaultdict(list)
    for row in Observation.objects.filter(run=run):
        arrivals[row.case].append(_seen(row))
    return judge_run(run.run_id, arrivals, closed=closed)


def quiet_seconds_left(run: Run, at: datetime) -> int:
    """Until it is known that a client does not send again what it must not."""
    watched = [case.name for case in BY_NAME.values() if case.is_watched]
    last = (
        Observation.objects.filter(run=run, case__in=watched, kind=Arrival.CALL)
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    if last is None:
        return 0
    left = material.QUIET - (at - last).total_seconds()
    return int(left) + 1 if left > 0 else 0


@transaction.atomic
def finish_run(*, actor: Operator, run: Run | int, at: datetime | None = None) -> Run:
    """From the bank's console."""
    require(actor, START_PERMISSION)
    at = at or timezone.now()
    rows = Run.objects.filter(pk=run.pk if isinstance(run, Run) else run)
    if current_schema() != PLATFORM.schema_name:
        rows = rows.filter(bank__schema_name=current_schema())
    row = rows.first()
    if row is None:
        raise UnknownRun(_("There is no such run."))
    if wait := quiet_seconds_left(row, at):
        raise RunRefused(
            _("The suite watches for retries. Finish in %(wait)s seconds.") % {"wait": wait}
        )
    closed = close_run(row.pk, at=at, actor=actor)
    if closed is None:
        raise RunRefused(_("The run is over."))
    return closed


@transaction.atomic
def close_run(run_pk: int, *, at: datetime, actor: Any = None) -> Run | None:
    """None when somebody has closed it before. A passed run takes the client's grants a step on."""
    run = Run.objects.select_for_update().select_related("client", "bank").get(pk=run_pk)
    if run.state != RunState.RUNNING:
        return None
    judged = _judged(run, closed=True)
    is_passed = all(outcome.verdict == CaseVerdict.PASSED for _case, outcome in judged)
    run.state = RunState.PASSED if is_passed else RunState.FAILED
    if run.expires_at <= at:
        run.state = RunState.EXPIRED
    run.finished_at = min(at, run.expires_at)
    run.save(update_fields=["state", "finished_at"])
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, name=case.name, position=position, verdict=outcome.verdict,
            reason=outcome.reason, facts=dict(outcome.facts),
        )
        for position, (case, outcome) in enumerate(judged, start=1)
    )  # fmt: skip
    _record_end(run, judged, actor, at)
    if run.state == RunState.PASSED:
        _take_grants_on(run.client_id, at)
    return run


def _record_end(run: Run, judged: list[tuple[Case, Outcome]], actor: Any, at: datetime) -> None:
    wrong = [case.name for case, outcome in judged if outcome.verdict != CaseVerdict.PASSED]
    after = {"state": str(run.state), "not_passed": wrong}
    record(events.FINISHED, actor=actor, target=run, after=after, at=at)


def _take_grants_on(client_id: int, at: datetime) -> None:
    client = Client.objects.get(pk=client_id)
    waiting = client.grants.filter(state=GrantState.SANDBOX_ACTIVE).order_by("pk")  # type: ignore[attr-defined]
    for grant_id in waiting.values_list("pk", flat=True):
        pass_conformance(grant_id=grant_id, at=at)


def close_expired_runs(at: datetime) -> int:
    ended = Run.objects.filter(state=RunState.RUNNING, expires_at__lte=at).order_by("pk")
    return sum(close_run(pk, at=at) is not None for pk in ended.values_list("pk", flat=True))


def purge_observations(at: datetime) -> int:
    old = Observation.objects.filter(run__started_at__lt=at - OBSERVATIONS_KEPT)
    return old.exclude(run__state=RunState.RUNNING).delete()[0]
