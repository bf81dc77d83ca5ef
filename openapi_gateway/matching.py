"""From method and path to an operation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from openapi_gateway import errors
from openapi_gateway.calls import Operation
from openapi_gateway.errors import GatewayRefused

_PART = r"(?P<\1>[A-Za-z0-9_-]{1,64})"
_NO_PARTS: dict[str, str] = {}


class Router:
    """Paths without parts are found at once; the others are tried in their order."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            methods = by_path.setdefault(operation.path, {})
            if operation.method in methods:
                raise ValueError(f"{operation.key} is served twice.")
            methods[operation.method] = operation
        for path, methods in by_path.items():
            if "{" in path:
                self._patterns.append((_pattern(path), methods))
            else:
                self._fixed[path] = methods

    def find(self, method: str, path: str, environment: str) -> tuple[Operation, dict[str, str]]:
        """Raises ``GatewayRefused``: 404, or 405 with what the address understands."""
        methods, parts = self._methods(path)
        methods = {
            verb: each
            for verb, each in methods.items()
            if not each.only_sandbox or environment == "sandbox"
        }
        if not methods:
            raise GatewayRefused(errors.NOT_FOUND)
        operation = methods.get(method)
        if operation is None:
            allowed = ", ".join(sorted(methods))
            raise GatewayRefused(errors.REQ_METHOD, headers={"Allow": allowed})
        return operation, parts

    def _methods(self, path: str) -> tuple[dict[str, Operation], dict[str, str]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, _NO_PARTS
        for pattern, methods in self._patterns:
            if match := pattern.fullmatch(path):
                return methods, match.groupdict()
        return {}, _NO_PARTS


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\{(\w+)\}", _PART, escaped))
