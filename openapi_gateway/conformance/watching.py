"""Calls of a run that the pipeline refuses: they tell which case the client does not master.

Nobody is identified by a refused call. The run's id, which only the partner knows, stands in its
address; whoever knows it could make this one run fail, and nothing else.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

from django.db import Error

from openapi_gateway import errors
from openapi_gateway.conformance.choices import Arrival
from openapi_gateway.conformance.evidence import Seen
from openapi_gateway.conformance.runs import write_down
from openapi_gateway.conformance.sending import ELSEWHERE
from openapi_gateway.errors import GatewayRefused

logger = logging.getLogger(__name__)

PREFIX = "/gw/v1/conformance/runs/"
_ADDRESS = re.compile(
    r"/gw/v1/conformance/runs/(?P<run>run_[A-Za-z0-9_-]{32})"
    r"(?::finish|/payload|/cases/(?P<case>[A-Za-z0-9_-]{1,64})(?::report)?)?"
)
# They say nothing of what the client does wrong.
_NOT_TELLING = frozenset({errors.ABUSE, errors.UNAVAILABLE, errors.SERVER_ERROR, errors.QUOTA})
# A call to the run itself has no body: the first case is about such calls.
_OF_THE_RUN = "get_plain"


class Planned(GatewayRefused):
    """A refusal that a case has asked for."""


def note_refusal(path: str, refusal: GatewayRefused, at: float) -> None:
    """For the pipeline, in the sandbox. Never raises: the client gets its answer in any case."""
    code = refusal.problem.code
    match = _ADDRESS.fullmatch(path)
    if match is None or isinstance(refusal, Planned) or code in _NOT_TELLING:
        return
    if code.startswith("CONF."):
        return
    name = match["case"] or _OF_THE_RUN
    detail = {ELSEWHERE: True} if name == ELSEWHERE else {}
    seen = Seen(datetime.fromtimestamp(at, UTC), Arrival.REFUSED, word=code, detail=detail)
    try:
        write_down(match["run"], "redirect" if name == ELSEWHERE else name, seen)
    except Error:
        logger.warning("gateway.conformance_refusal_not_noted", exc_info=True)
