"""Who calls whom, read from the source: plain functions, by the names that a module imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.architecture.source import modules, name_of, rooms, tree

WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create", "add_root", "add_child", "execute", "remove",
}  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def functions() -> dict[str, Function]:
    """Every function at the top of a module, as ``room.module.function``."""
    found = {}
    for path in modules(*rooms()):
        for node in tree(path).body:
            if isinstance(node, Function):
                found[f"{name_of(path)}.{node.name}"] = node
    return found


@cache
def names_in(module: str) -> dict[str, str]:
    """What the names of a module stand for: its own functions and what it imports from rooms."""
    found = {
        name.rpartition(".")[2]: name for name in functions() if name.rpartition(".")[0] == module
    }
    for path in modules(module.split(".")[0]):
        if name_of(path) != module:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def called(name: str) -> Iterator[str]:
    known = names_in(name.rpartition(".")[0])
    for node in ast.walk(functions()[name]):
        if isinstance(node, ast.Name) and node.id in known:
            yield known[node.id]
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in known
        ):
            yield f"{known[node.value.id]}.{node.attr}"


@cache
def reach(name: str) -> frozenset[str]:
    """The function itself and all it may call, at any depth."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            if current in functions():
                waiting.extend(called(current))
    return frozenset(seen)


def writes(name: str) -> bool:
    nodes = (functions()[each] for each in reach(name) if each in functions())
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITES
        for node in nodes
        for call in ast.walk(node)
    )
