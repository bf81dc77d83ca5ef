"""The body of a call: its size, its type, its schema."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from django.http import HttpRequest

from openapi_gateway import errors
from openapi_gateway.calls import Caller, Operation
from openapi_gateway.errors import GatewayRefused

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# What may stand behind the type; a value may be quoted (RFC 9110, section 5.6.6).
_UTF_8 = frozenset({"", "charset=utf-8", 'charset="utf-8"'})
MAX_FIELDS = 20
MAX_DIGITS = 20


def read_body(request: HttpRequest, operation: Operation) -> bytes:
    """Past Django's own reading, whose limits are made for forms of people."""
    environ = request.META
    given = environ.get("CONTENT_LENGTH") or ""
    if not given:
        if not environ.get("HTTP_TRANSFER_ENCODING"):
            return b""
        length = operation.max_body + 1
    elif not (given.isascii() and given.isdigit() and len(given) < MAX_DIGITS):
        raise GatewayRefused(errors.REQ_MALFORMED)
    else:
        length = int(given)
    if given and length > operation.max_body:
        raise GatewayRefused(errors.REQ_TOO_LARGE)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    if len(body) > operation.max_body:
        raise GatewayRefused(errors.REQ_TOO_LARGE)
    return body


def require_type(content_type: str, operation: Operation, body: bytes) -> None:
    if operation.body is bytes or not body:
        return
    wanted = FORM if operation.form else JSON
    kind, _semicolon, rest = content_type.partition(";")
    if kind.strip().lower() != wanted or rest.strip().lower() not in _UTF_8:
        raise GatewayRefused(errors.REQ_MEDIA)


def decode(operation: Operation, body: bytes) -> Any:
    if operation.body is None or operation.body is bytes:
        if body and operation.body is None:
            raise GatewayRefused(errors.REQ_SCHEMA, errors=[{"pointer": "", "code": "no_body"}])
        return None
    try:
        if operation.form:
            return msgspec.convert(_fields(body), operation.body, strict=False)
        decoded = msgspec.json.decode(body, type=operation.body)
        # What only describes a request may hold anything.
        is_kept = operation.caller is Caller.SERVER
        json.loads(body, object_pairs_hook=_refuse_traps if is_kept else _refuse_twins)
        return decoded
    except msgspec.ValidationError as error:
        raise GatewayRefused(errors.REQ_SCHEMA, errors=[_pointed(str(error))]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise GatewayRefused(errors.REQ_MALFORMED) from error


def single_query(query: str) -> dict[str, str]:
    """A name that is sent twice is refused: which one would have been meant?"""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise GatewayRefused(errors.REQ_MALFORMED) from error
    return _unique(pairs)


def _fields(body: bytes) -> dict[str, str]:
    return _unique(
        parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body),
            max_num_fields=MAX_FIELDS,
        )
    )  # fmt: skip


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise GatewayRefused(errors.REQ_MALFORMED)
    return found


def _refuse_traps(pairs: list[tuple[str, Any]]) -> None:
    """What the decoder lets pass, and no column of the database takes."""
    _refuse_twins(pairs)
    for name, value in pairs:
        if isinstance(value, str) and "\0" in value:
            raise _trap(errors.REQ_SCHEMA, name, "nul")


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    """The decoder would take the last, another reader of the same body the first."""
    seen: set[str] = set()
    for name, _value in pairs:
        if name in seen:
            raise _trap(errors.REQ_MALFORMED, name, "duplicate")
        seen.add(name)


def _trap(code: str, name: str, reason: str) -> GatewayRefused:
    return GatewayRefused(code, errors=[{"pointer": f"/{name}", "code": reason}])


def _pointed(message: str) -> dict[str, str]:
    """msgspec's "Expected `int`, got `str` - at `$.a.b[0]`" as a JSON pointer and a reason."""
    reason, _separator, place = message.partition(" - at ")
    place = place.strip("`").removeprefix("$").replace("[...]", ".*")
    pointer = place.replace("[", ".").replace("]", "").replace(".", "/")
    return {"pointer": pointer, "code": "schema", "detail": reason}
