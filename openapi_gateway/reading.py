"""The body of a call: its size, its type, its schema."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from django.http import HttpRequest

from openapi_gateway import errors
from openapi_gateway.calls import Operation
from openapi_gateway.errors import GatewayRefused

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MAX_FIELDS = 20


def read_body(request: HttpRequest, operation: Operation) -> bytes:
    """Past Django's own reading, whose limits are made for forms of people."""
    environ = request.META
    given = environ.get("CONTENT_LENGTH") or ""
    if not given:
        if not environ.get("HTTP_TRANSFER_ENCODING"):
            return b""
        length = operation.max_body + 1
    elif not given.isdigit():
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
    if kind.strip().lower() != wanted or rest.strip().lower() not in ("", "charset=utf-8"):
        raise GatewayRefused(errors.REQ_MEDIA)


def decode(operation: Operation, body: bytes) -> Any:
    if operation.body is None or operation.body is bytes:
        if body and operation.body is None:
            raise GatewayRefused(errors.REQ_SCHEMA, errors=[{"pointer": "", "code": "no_body"}])
        return None
    try:
        if operation.form:
            return msgspec.convert(_fields(body), operation.body, strict=False)
        return msgspec.json.decode(body, type=operation.body)
    except msgspec.ValidationError as error:
        raise GatewayRefused(errors.REQ_SCHEMA, errors=[_pointed(str(error))]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise GatewayRefused(errors.REQ_MALFORMED) from error


def single_query(query: str) -> dict[str, str]:
    """A name that is sent twice is refused: which one would have been signed?"""
    return _unique(parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS))


def _fields(body: bytes) -> dict[str, str]:
    return _unique(
        parse_qsl(body.decode("ascii"), strict_parsing=bool(body), max_num_fields=MAX_FIELDS)
    )


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise GatewayRefused(errors.REQ_MALFORMED)
    return found


def _pointed(message: str) -> dict[str, str]:
    """msgspec's "Expected `int`, got `str` - at `$.a.b[0]`" as a JSON pointer and a reason."""
    reason, _separator, place = message.partition(" - at ")
    place = place.strip("`").removeprefix("$").replace("[...]", ".*")
    pointer = place.replace("[", ".").replace("]", "").replace(".", "/")
    return {"pointer": pointer, "code": "schema", "detail": reason}
