"""The signature base of RFC 9421, section 2.5, for any components that partners may name: what the
sandbox shows them, and what the profile's own builder is tested against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

_COMPONENTS = re.compile(r'\(((?:"[^"]*"(?:;[a-z]+(?:="[^"]*")?)*(?: |(?=\))))*)\)')
_COMPONENT = re.compile(r'"([^"]*)"((?:;[a-z]+(?:="[^"]*")?)*)')
_PARAMETER = re.compile(r';([a-z]+)(?:="([^"]*)")?')


class CannotBuild(ValueError):
    """A component that is not there, or that is not understood."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or an answer when ``status`` is above 0. ``headers``: names in lower case, values
    as they are sent, of a name sent twice joined by ", "; ``query`` without its question mark."""

    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    authority: str = ""
    path: str = "/"
    query: str = ""
    scheme: str = "https"
    status: int = 0


def signature_base(params: str, message: Message, request: Message | None = None) -> str:
    """``params``: the member of Signature-Input, from its "(" on. Raises ``CannotBuild``."""
    found = _COMPONENTS.match(params)
    if found is None:
        raise CannotBuild("The list of components cannot be read.")
    lines, seen = [], set()
    for match in _COMPONENT.finditer(found[1]):
        identifier = match[0]
        if identifier in seen:
            raise CannotBuild(f"{identifier} is named twice.")
        seen.add(identifier)
        lines.append(f"{identifier}: {_value(match[1], match[2], message, request)}")
    return "\n".join([*lines, f'"@signature-params": {params}'])


def _value(name: str, rest: str, message: Message, request: Message | None) -> str:
    parameters = {each[1]: each[2] for each in _PARAMETER.finditer(rest)}
    if "req" in parameters:
        if request is None:
            raise CannotBuild("Only an answer's signature covers its request.")
        message = request
    if name == "@query-param":
        return _query_parameter(parameters.get("name") or "", message)
    if name.startswith("@"):
        return _derived(name, message)
    value = message.headers.get(name)
    if value is None:
        raise CannotBuild(f"There is no {name} header.")
    return _member(value, parameters["key"] or "") if "key" in parameters else value.strip()


def _derived(name: str, message: Message) -> str:
    target = message.path + (f"?{message.query}" if message.query else "")
    values = {
        "@method": message.method, "@authority": message.authority.lower(),
        "@path": message.path, "@query": f"?{message.query}", "@scheme": message.scheme,
        "@request-target": target, "@target-uri": f"{message.scheme}://{message.authority}{target}",
        "@status": str(message.status) if message.status else "",
    }  # fmt: skip
    if not values.get(name):
        raise CannotBuild(f"{name} is not understood here.")
    return values[name]


def _query_parameter(name: str, message: Message) -> str:
    values = [value for key, value in parse_qsl(message.query, True) if quote(key, "") == name]
    if len(values) != 1:
        raise CannotBuild(f"The query does not have {name} exactly once.")
    return quote(values[0], "")


def _member(value: str, label: str) -> str:
    """Of a dictionary of byte sequences, such as Signature."""
    for part in value.split(","):
        key, _equals, member = part.strip().partition("=")
        if key == label:
            return member
    raise CannotBuild(f"The header has no member {label}.")
