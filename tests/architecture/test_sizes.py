from __future__ import annotations

import ast

from tests.architecture.source import modules, name_of, rooms, tree

FUNCTION_LINES, CLASS_LINES, MODULE_LINES = 60, 300, 500
FOLDERS = ("config", "tests", "benchmarks", *rooms())


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def too_long(kind: type[ast.AST] | tuple[type[ast.AST], ...], limit: int) -> list[str]:
    return [
        f"{name_of(path)}:{node.lineno} {node.name} has {lines_of(node)} lines"
        for path in modules(*FOLDERS)
        for node in ast.walk(tree(path))
        if isinstance(node, kind)
        and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and lines_of(node) > limit
    ]


def test_no_function_is_longer_than_a_screen() -> None:
    assert too_long((ast.FunctionDef, ast.AsyncFunctionDef), FUNCTION_LINES) == []


def test_no_class_is_longer_than_three_hundred_lines() -> None:
    assert too_long(ast.ClassDef, CLASS_LINES) == []


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    counts = {
        name_of(path): len(path.read_text("utf-8").splitlines()) for path in modules(*FOLDERS)
    }

    assert {name: count for name, count in counts.items() if count > MODULE_LINES} == {}


def test_the_median_function_stays_small() -> None:
    lengths = sorted(
        lines_of(node)
        for path in modules("config", *rooms())
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )

    assert lengths[len(lengths) // 2] <= 12


def test_every_package_file_of_a_room_is_empty_of_logic() -> None:
    """One binding per name: a package's __init__ may import its own modules, and nothing else."""
    found = [
        name_of(path)
        for path in modules(*rooms())
        if path.name == "__init__.py"
        and not all(
            isinstance(node, ast.Import | ast.ImportFrom | ast.Expr | ast.Assign)
            for node in tree(path).body
        )
    ]

    assert found == []
