"""The reference of the calls: each with its fields, limits and an example, from its Structs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openapi_gateway import errors
from openapi_gateway.calls import Caller, Operation
from openapi_gateway.developers.document import OF_ALL, OF_SERVERS, schemas, status_of
from openapi_gateway.developers.examples import value_of
from openapi_gateway.developers.offered import Offered
from openapi_gateway.developers.wording import FIELDS, TAGS
from openapi_gateway.errors import Problem
from openapi_gateway.routes import OPERATIONS

CALLERS: Mapping[Caller, str | Promise] = {
    Caller.SERVER: gettext_lazy("Your server, signed"),
    Caller.PHONE: gettext_lazy("The phone, with the session's token"),
    Caller.ANYBODY: gettext_lazy("Anybody"),
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    depth: int
    kind: str
    is_required: bool
    limits: str
    help: str


@dataclass(frozen=True, slots=True)
class Shown:
    operation: Operation
    anchor: str
    caller: str | Promise
    offered: Offered | None
    status: int
    fields: list[Field]
    answer: list[Field]
    request_example: str
    answer_example: str
    own_problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    about: str | Promise
    calls: list[Shown]


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Any]:
    return schemas(OPERATIONS)


def groups(offered: Mapping[str, Offered]) -> list[Group]:
    found: dict[str, list[Shown]] = {name: [] for name in TAGS}
    for operation in OPERATIONS:
        shown = _shown(operation, offered.get(operation.service))
        found[operation.name.partition(".")[0]].append(shown)
    return [Group(name, TAGS[name], calls) for name, calls in found.items()]


def _shown(operation: Operation, offered: Offered | None) -> Shown:
    body, answer = _name(operation.body), _name(operation.answer)
    common = {*OF_ALL, *OF_SERVERS}
    return Shown(
        operation, anchor_of(operation), CALLERS[operation.caller], offered,
        status_of(operation), list(_fields(body)), list(_fields(answer)),
        _request_example(operation, body), _json(value_of(answer, _schemas())) if answer else "",
        [errors.CATALOGUE[code] for code in operation.refusals if code not in common],
    )  # fmt: skip


def anchor_of(operation: Operation) -> str:
    return operation.name.replace(".", "-")


def _name(kind: Any) -> str:
    return "" if kind is None or kind is bytes else str(kind.__name__)


def _request_example(operation: Operation, body: str) -> str:
    if not body:
        return ""
    value = value_of(body, _schemas())
    return urlencode(value) if operation.form else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


# --- Fields --------------------------------------------------------------------------------------
def _fields(name: str, depth: int = 0) -> Iterator[Field]:
    schema = _schemas().get(name, {})
    required = schema.get("required", ())
    for member, about in schema.get("properties", {}).items():
        inner, is_list = _inner(about)
        told = FIELDS.get(f"{name}.{member}") or FIELDS.get(member, "")
        kind = _kind(about, inner, is_list=is_list)
        yield Field(member, depth, kind, member in required, _limits(about), str(told))
        if inner and depth < 3:
            yield from _fields(inner, depth + 1)


def _variants(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in about.get("anyOf", [about]) if each.get("type") != "null"]


def _inner(about: Mapping[str, Any]) -> tuple[str, bool]:
    """The Struct of a member, or of its items."""
    for each in _variants(about):
        of = each.get("items") or each
        if isinstance(of, dict) and "$ref" in of:
            return of["$ref"].rpartition("/")[2], "items" in each
    return "", any(each.get("type") == "array" for each in _variants(about))


def _kind(about: Mapping[str, Any], inner: str, *, is_list: bool) -> str:
    first = _variants(about)[0]
    if is_list:
        item = _("object") if inner else first.get("items", {}).get("type", "")
        return _("list of %(item)s") % {"item": item}
    if inner:
        return _("object")
    kind = first.get("type") or type(first.get("enum", [""])[0]).__name__.replace("str", "string")
    text = {"date-time": _("time"), "date": _("date")}.get(first.get("format", ""), kind)
    return text.replace("int", "integer") if text == "int" else text


def _limits(about: Mapping[str, Any]) -> str:
    return " · ".join(_limit(about))


def _limit(about: Mapping[str, Any]) -> Iterator[str]:
    first = _variants(about)[0]
    if "enum" in first:
        yield " | ".join(str(each) for each in first["enum"])
    low, high = first.get("minLength"), first.get("maxLength")
    if low is not None or high is not None:
        yield _("%(span)s characters") % {"span": _span(low, high)}
    low, high = first.get("minimum"), first.get("maximum")
    if low is not None or high is not None:
        yield _span(low, high)
    if pattern := first.get("pattern"):
        yield pattern
    if about.get("default") not in (None, "", [], {}):
        yield _("default %(value)s") % {"value": about["default"]}


def _span(low: int | None, high: int | None) -> str:
    if high is None:
        return f"≥ {low}"
    return f"≤ {high}" if not low else f"{low}–{high}"
