"""The described request, read as leniently as its signature headers allow: a strict reader could
only say that it does not understand."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass, field
from urllib.parse import unquote

from openapi_gateway.base_services.debugging.bodies import Described
from openapi_gateway.signing.base import Message
from openapi_gateway.signing.profile import SHAPES, Shape
from openapi_gateway.signing.targets import authority_of, target_of

_LABELLED = re.compile(r"\s*([A-Za-z0-9_.*-]+)\s*=\s*(.*?)\s*", re.DOTALL)
_NAME = re.compile(r'"([^"]*)"((?:;[a-z]+(?:="[^"]*")?)*)')
_PARAMETER = re.compile(r';\s*([A-Za-z0-9_-]+)\s*=\s*("[^"]*"|[^;,\s]*)')


class NoBody(ValueError):
    """The Base64 of the body cannot be decoded."""


@dataclass(slots=True)
class Asked:
    """``params``: the member of Signature-Input, from its "(" on, as it was sent."""

    message: Message
    body: bytes
    label: str = ""
    params: str = ""
    components: list[str] = field(default_factory=list)
    # In the order in which they were sent, a name possibly twice; strings with their quotes.
    parameters: list[tuple[str, str]] = field(default_factory=list)
    signature_label: str = ""
    signature: str = ""

    def header(self, name: str) -> str:
        return self.message.headers.get(name, "")

    def parameter(self, name: str) -> str:
        return next((value.strip('"') for key, value in self.parameters if key == name), "")

    @property
    def required(self) -> list[str]:
        shape = Shape(
            bool(self.body), bool(self.header("idempotency-key")),
            bool(self.header("authorization")),
        )  # fmt: skip
        text = next(text for text, each in SHAPES.items() if each == shape)
        return text.replace('"', "").split(" ")


def read(described: Described, host: str) -> Asked:
    """Raises ``NoBody``. ``host``: when the description names none."""
    headers: dict[str, str] = {}
    for name, value in described.headers.items():
        known = headers.get(name.lower())
        # What comes twice reaches a server in one line.
        headers[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
    message = Message(
        headers, described.method, authority_of(headers.get("host", host)),
        target_of(unquote(described.path)), described.query.removeprefix("?"),
    )  # fmt: skip
    asked = Asked(message, _body(described))
    _read_input(asked)
    if given := _LABELLED.fullmatch(asked.header("signature")):
        asked.signature_label, asked.signature = given[1], given[2]
    return asked


def _body(described: Described) -> bytes:
    if not described.body_base64:
        return described.body.encode("utf-8", "surrogatepass")
    try:
        return b64decode(described.body_base64, validate=True)
    except (Error, ValueError) as error:
        raise NoBody from error


def _read_input(asked: Asked) -> None:
    given = _LABELLED.fullmatch(asked.header("signature-input"))
    if given is None:
        return
    asked.label, asked.params = given[1], given[2]
    listed, closing, rest = given[2].partition(")")
    if listed.startswith("(") and closing:
        asked.components = [f"{each[1]}{each[2]}" for each in _NAME.finditer(listed)]
        asked.parameters = [(each[1], each[2]) for each in _PARAMETER.finditer(rest)]
