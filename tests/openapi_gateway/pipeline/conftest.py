from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec
import pytest

from openapi_gateway import middleware
from openapi_gateway.calls import Call, Caller, Operation, Reply
from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse
from openapi_gateway.matching import Router
from openapi_gateway.routes import OPERATIONS

Word = Annotated[str, msgspec.Meta(max_length=20)]


class Said(msgspec.Struct, forbid_unknown_fields=True):
    word: Word
    times: int = 1


class Counter:
    calls = 0


def _echo(call: Call) -> Reply:
    Counter.calls += 1
    call.subject = "subject"
    return Reply({"word": call.body.word, "count": Counter.calls})


def _ask(call: Call) -> Reply:
    return Reply({"app_id": call.client.app_id, "query": dict(call.query)})


ECHO = Operation(
    "test.echo", "POST", "/gw/v1/test/echo", _echo, "says it again", service="identity",
    scope="identity.login", body=Said,
)  # fmt: skip
ONCE = Operation(
    "test.once", "POST", "/gw/v1/test/once", _echo, "says it once", service="identity", body=Said,
    is_idempotent=True,
)  # fmt: skip
FORM = Operation(
    "test.form", "POST", "/gw/v1/test/form", _echo, "says it", service="identity", body=Said,
    form=True,
)  # fmt: skip
ASK = Operation("test.ask", "GET", "/gw/v1/test/{id}/ask", _ask, "asks", service="identity")
OPEN = Operation(
    "test.open", "GET", "/gw/v1/test/open", lambda _call: Reply({"open": True}), "for anybody",
    caller=Caller.ANYBODY,
)  # fmt: skip
NOTHING = Operation(
    "test.nothing", "DELETE", "/gw/v1/test/{id}", lambda _call: Reply(None, 204), "removes",
    service="products",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    directory.forget_everything()
    abuse.forget_everything()
    yield
    directory.forget_everything()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the gateway serve these operations beside its own."""

    def serve(*operations: Operation) -> None:
        router = Router([*OPERATIONS, *operations])
        monkeypatch.setattr(
            middleware.GatewayMiddleware, "__init__",
            lambda self, get_response: self.__dict__.update(
                get_response=get_response, _router=router
            ),
        )  # fmt: skip

    serve(ECHO, ONCE, FORM, ASK, OPEN, NOTHING)
    return serve
