"""Only the tenants room moves a connection between banks; all others say ``tenant_context``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import modules, name_of, rooms, tree

FORBIDDEN_CALLS = {"schema_context", "set_tenant", "set_schema", "set_schema_to_public", "activate"}
ALLOWED_OWNERS = {"translation", "timezone"}  # they have an ``activate`` too
BANK_NAMES = {"bank", "tenant", "alpha", "beta", "some_bank"}


def offences(source: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and _name(node.func) in FORBIDDEN_CALLS:
            owner = getattr(node.func, "value", None)
            if _name(owner) not in ALLOWED_OWNERS:
                yield node.lineno, _name(node.func)
        if isinstance(node, ast.ImportFrom) and node.module == "django_tenants.utils":
            for alias in node.names:
                if alias.name == "schema_context":
                    yield node.lineno, alias.name
        if isinstance(node, ast.With):
            for item in node.items:
                if _name(item.context_expr) in BANK_NAMES:
                    yield node.lineno, f"with {_name(item.context_expr)}:"
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _name(decorator.func) == "tenant_context":
                    yield node.lineno, "@tenant_context"


def _name(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def everywhere_else() -> list[Path]:
    others = [room for room in rooms() if room != "tenants"]
    return list(modules(*others, "config"))


def test_no_other_room_moves_a_connection_by_itself() -> None:
    found = {
        f"{name_of(path)}:{line}": what
        for path in everywhere_else()
        for line, what in offences(tree(path))
    }

    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        "with schema_context('b_x'): pass",
        "from django_tenants.utils import schema_context",
        "connection.set_tenant(bank)",
        "connections['default'].set_schema('b_x')",
        "connection.set_schema_to_public()",
        "with bank: pass",
        "with request.tenant: pass",
        "bank.activate()",
        "@tenant_context(bank)\ndef work(): pass",
    ],
)
def test_the_walk_sees_what_is_forbidden(planted: str) -> None:
    assert list(offences(ast.parse(planted)))


@pytest.mark.parametrize(
    "fine", ["with tenant_context(bank): pass", "translation.activate('en')", "bank.save()"]
)
def test_the_walk_lets_pass_what_is_not(fine: str) -> None:
    assert not list(offences(ast.parse(fine)))
