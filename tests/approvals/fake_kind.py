"""A kind of change that only notes down what is done to it; asks for two checkers when told to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from approvals.models import Request
from approvals.registry import DiffRow, Kind
from approvals.services import submit_request
from operators.models import Operator

NAME = "fake"


class FakeKind(Kind):
    name = NAME
    label = "fake"
    approve_permission = "publishing.approve_publication"

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.closed: list[str] = []
        self.digest = "base"

    def checkers_required(self, payload: dict[str, Any]) -> int:
        return payload["checkers"]

    def current_digest(self, target_id: str) -> str:
        return self.digest

    def describe(self, request: Request) -> list[DiffRow]:
        return [DiffRow("value", "", str(request.payload["value"]), changed=True)]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        self.applied.append(request.pk)

    def on_closed(self, request: Request) -> None:
        self.closed.append(request.status)


def submit_fake(maker: Operator, *, checkers: int = 1, target: str = "1", **more: Any) -> Request:
    return submit_request(
        actor=maker,
        kind=NAME,
        target_kind="tests.fake",
        target_id=target,
        title="A change",
        payload={"checkers": checkers, "value": 1},
        before=None,
        base_digest="base",
        **more,
    )
