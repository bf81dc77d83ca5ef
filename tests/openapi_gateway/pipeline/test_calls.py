from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openapi_gateway.choices import Algorithm
from tests.openapi_gateway.making import a_ready_partner

pytestmark = pytest.mark.usefixtures("served")
ECHO = "/gw/v1/test/echo"
Serve = Callable[..., None]


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_signed_call_is_answered(alpha: Any, algorithm: Algorithm) -> None:
    partner = a_ready_partner(alpha, algorithm=algorithm)
    answer = partner.call("POST", ECHO, {"word": "hello"})
    assert (answer.status_code, answer.json()["word"]) == (200, "hello")


def test_get_without_a_body_signs_neither_digest_nor_type(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    answer = partner.get("/gw/v1/test/some/ask", query="a=1&b=%E4%BD%A0")
    assert answer.json() == {"app_id": partner.app_id, "query": {"a": "1", "b": "你"}}
