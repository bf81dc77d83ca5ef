"""The suite's calls; in the sandbox only."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openapi_gateway import errors
from openapi_gateway.calls import Call, Operation, Reply
from openapi_gateway.conformance import answering, material, runs
from openapi_gateway.conformance import errors as own
from openapi_gateway.conformance.choices import Arrival, RunState
from openapi_gateway.conformance.evidence import Seen
from openapi_gateway.conformance.models import Run
from openapi_gateway.conformance.sending import ELSEWHERE
from openapi_gateway.conformance.suite import BY_NAME, SENDING, Case
from openapi_gateway.conformance.watching import PREFIX, Planned
from openapi_gateway.errors import GatewayRefused

MAX_JSON = 64 * 1024
hold: Callable[[float], None] = time.sleep


class TaskAnswer(msgspec.Struct):
    case: str
    title: str
    asked: str
    method: str
    path: str
    given: dict[str, Any]


class VerdictAnswer(msgspec.Struct):
    case: str
    title: str
    verdict: Annotated[str, msgspec.Meta(examples=["passed"])]
    reason: str


class RunAnswer(msgspec.Struct):
    run_id: str
    state: str
    started_at: str
    expires_at: str
    # What to do, until the run is over.
    tasks: list[TaskAnswer]
    # Case by case, once it is over.
    verdicts: list[VerdictAnswer]


class PayloadAnswer(msgspec.Struct):
    payload: str
    sha256: str


class ArrivedAnswer(msgspec.Struct):
    case: str
    arrived: bool = True


# --- The run -------------------------------------------------------------------------------------
def start(call: Call) -> Reply:
    assert call.client is not None
    assert call.key is not None
    run = runs.start_run_by_call(
        client_id=call.client.client_id, key_id=call.key.key_id, at=call.at
    )
    return Reply(_told(run, call), 201, headers={"Location": f"{PREFIX}{run.run_id}"})


def show(call: Call) -> Reply:
    return Reply(_told(_run(call), call))


def finish(call: Call) -> Reply:
    run = _run(call)
    if runs.state_at(run, call.at) != RunState.RUNNING:
        return Reply(_told(run, call))
    if wait := runs.quiet_seconds_left(run, call.at):
        raise GatewayRefused(own.TOO_EARLY, headers={"Retry-After": str(wait)})
    closed = runs.close_run(run.pk, at=call.at)
    return Reply(_told(closed or _run(call), call))


def payload(call: Call) -> Reply:
    body = material.exact_bytes(_run(call).run_id)
    return Reply(PayloadAnswer(b64encode(body).decode(), sha256(body).hexdigest()))


def _run(call: Call) -> Run:
    assert call.client is not None
    run = Run.objects.filter(run_id=call.path["id"], client_id=call.client.client_id).first()
    if run is None:
        raise GatewayRefused(errors.NOT_FOUND)
    return run


def _told(run: Run, call: Call) -> RunAnswer:
    state = runs.state_at(run, call.at)
    is_over = state != RunState.RUNNING
    judged = runs.verdicts(run, call.at) if is_over else []
    return RunAnswer(
        run_id=run.run_id, state=state.value, started_at=run.started_at.isoformat(),
        expires_at=run.expires_at.isoformat(), tasks=[] if is_over else _tasks(run),
        verdicts=[
            VerdictAnswer(case.name, str(case.title), outcome.verdict.value, outcome.told())
            for case, outcome in judged
        ],
    )  # fmt: skip


def _tasks(run: Run) -> list[TaskAnswer]:
    """Of the answers only their names: which one is wrong the client must find out."""
    place = f"{PREFIX}{run.run_id}/cases/"
    tasks = [
        TaskAnswer(
            case.name, str(case.title), str(case.asked), case.method, place + case.name,
            dict(case.given(run.run_id)),
        )
        for case in SENDING
    ]  # fmt: skip
    asked = str(BY_NAME[answering.RIGHT].asked)
    title = _("Verifies an answer")
    return [
        *tasks, *(TaskAnswer(name, title, asked, "GET", place + name, {}) for name in run.answers)
    ]  # fmt: skip


# --- The cases -----------------------------------------------------------------------------------
def take(call: Call) -> Reply:
    """A call of a case has arrived, rightly signed: written down before it is answered."""
    name = call.path["case"]
    run = _run(call)
    if name in run.answers:
        _write_down(run, call, name)
        return _answer(name, run.answers[name].partition(":")[2])
    if name == ELSEWHERE:
        _write_down(run, call, "redirect", {ELSEWHERE: True})
        return Reply(ArrivedAnswer(name))
    case = BY_NAME.get(name)
    if case is None or case not in SENDING:
        raise GatewayRefused(errors.NOT_FOUND)
    if case.method != call.operation.method:
        raise GatewayRefused(errors.REQ_METHOD, headers={"Allow": case.method})
    earlier = _write_down(run, call, name, _detail(call, name))
    return _planned(case, call, [each for each in earlier if each.kind == Arrival.CALL])


def report(call: Call) -> Reply:
    """What the client made of an answer. It has no body, so that a client that cannot sign bodies
    is judged on the rest."""
    name, run = call.path["case"], _run(call)
    if name not in run.answers and name != "problem":
        raise GatewayRefused(errors.NOT_FOUND)
    word = call.query.get("read" if name == "problem" else "answer", "")
    if name in run.answers and word not in (answering.ACCEPTED, answering.REFUSED):
        raise GatewayRefused(errors.REQ_SCHEMA, errors=[{"pointer": "/answer", "code": "enum"}])
    if not 0 < len(word) <= 100:
        raise GatewayRefused(errors.REQ_SCHEMA, errors=[{"pointer": "/read", "code": "length"}])
    _write_down(run, call, name, kind=Arrival.REPORT, word=word)
    return Reply(None, 204)


def _write_down(
    run: Run, call: Call, name: str, detail: dict[str, Any] | None = None,
    *, kind: Arrival = Arrival.CALL, word: str = "",
) -> list[Seen]:  # fmt: skip
    assert call.client is not None
    assert call.key is not None
    seen = Seen(
        call.at, kind, call.key.key_id, call.idempotency_key,
        sha256(call.raw).hexdigest() if call.raw else "", word, detail or {},
    )  # fmt: skip
    earlier = runs.write_down(run.run_id, name, seen, client_id=call.client.client_id)
    if earlier is None:
        is_full = runs.state_at(_run(call), call.at) == RunState.RUNNING
        raise GatewayRefused(own.TOO_MANY_CALLS if is_full else own.RUN_OVER)
    return earlier


def _detail(call: Call, name: str) -> dict[str, Any]:
    """What the judge of this case looks at, and no more."""
    if name == "clock":
        return {"created": call.created, "expires": call.expires}
    if name == "query":
        try:
            pairs = parse_qsl(call.raw_query, keep_blank_values=True, max_num_fields=20)
        except ValueError:
            pairs = []
        return {"pairs": [[key[:40], value[:60]] for key, value in pairs]}
    if name == "problem":
        return {"request_id": call.request_id}
    if name in ("post_body", "unicode"):
        return {"json": _json(call.raw)}
    return {}


def _json(raw: bytes) -> Any:
    try:
        decoded = msgspec.json.decode(raw[:MAX_JSON], type=dict[str, str])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        return None
    # PostgreSQL keeps no NUL in JSON.
    return {key[:40]: value[:400].replace("\0", "␀") for key, value in list(decoded.items())[:5]}


def _planned(case: Case, call: Call, earlier: list[Seen]) -> Reply:
    arrived = Reply(ArrivedAnswer(case.name))
    if case.name == "retry_503" and not earlier:
        raise Planned(own.PLANNED_OUTAGE, headers={"Retry-After": str(material.RETRY_503)})
    if case.name == "retry_429" and not earlier:
        raise Planned(own.PLANNED_LIMIT, headers={"Retry-After": str(material.RETRY_429)})
    if case.name == "slow_answer" and not earlier:
        hold(material.SLOW_ANSWER)
    if case.name == "no_retry_422":
        raise Planned(own.PLANNED_REFUSAL)
    if case.name == "problem":
        raise Planned(own.PLANNED_PROBLEM, surprise={"new_in": "v9", "list": [1, None]}, hint="—")
    if case.name == "redirect":
        place = call.path["id"]
        return Reply(None, 307, headers={"Location": f"{PREFIX}{place}/cases/{ELSEWHERE}"})
    if case.name == "revoked_key":
        raise Planned(errors.KEY_REVOKED)
    return arrived


def _answer(name: str, kind: str) -> Reply:
    if kind == "problem":
        raise Planned(errors.NOT_FOUND)
    body: dict[str, Any] = {"case": name, "amount": "128.00"}
    if kind == "unknown_member":
        body["new_in_a_later_version"] = {"list": [1, None]}
    is_right = kind in answering.KINDS[answering.RIGHT]
    return Reply(body, spoil="" if is_right else kind)


def _operation(
    name: str, method: str, path: str, handler: Callable[[Call], Reply], summary: Any, **more: Any
) -> Operation:
    return Operation(
        name=f"conformance.{name}", method=method, path=f"/gw/v1/conformance/runs{path}",
        handler=handler, summary=summary, only_sandbox=True, **more,
    )  # fmt: skip


_CASE = "/{id}/cases/{case}"
OPERATIONS: list[Operation] = [
    _operation(
        "start", "POST", "", start, gettext_lazy("Starts a run of the conformance suite"),
        answer=RunAnswer,
    ),
    _operation(
        "show", "GET", "/{id}", show, gettext_lazy("Tells the tasks of a run, or its verdicts"),
        answer=RunAnswer,
    ),
    _operation(
        "finish", "POST", "/{id}:finish", finish, gettext_lazy("Closes a run and judges it"),
        answer=RunAnswer, refusals=(own.TOO_EARLY,),
    ),
    _operation(
        "payload", "GET", "/{id}/payload", payload,
        gettext_lazy("Gives the bytes that a case wants to have back"), answer=PayloadAnswer,
    ),
    _operation(
        "call", "GET", _CASE, take, gettext_lazy("A call of a case without a body"),
        reads_raw_query=True, answer=ArrivedAnswer, refusals=(own.RUN_OVER, own.TOO_MANY_CALLS),
    ),
    _operation(
        "send", "POST", _CASE, take, gettext_lazy("A call of a case with a body"),
        body=bytes, answer=ArrivedAnswer, refusals=(own.RUN_OVER, own.TOO_MANY_CALLS),
    ),
    _operation(
        "report", "POST", f"{_CASE}:report", report,
        gettext_lazy("Reports what the client made of an answer"),
        refusals=(own.RUN_OVER, own.TOO_MANY_CALLS),
    ),
]  # fmt: skip
