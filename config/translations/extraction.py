"""Which sentences the code and the templates ask to translate, found without GNU gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

# Position of (context, sentence, plural) among the arguments of each function.
SHAPES: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"\b(n?p?gettext|_)\(({_LITERAL}(?:\s*,\s*{_LITERAL})*)")


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    plural: str = ""
    context: str = ""
    where: str = ""


def sentences_in(root: Path, folders: list[str]) -> Iterator[Sentence]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if "migrations" in path.parts:
                continue
            where = str(path.relative_to(root))
            if path.suffix == ".py":
                yield from in_python(path.read_text(encoding="utf-8"), where)
            elif path.suffix == ".html":
                yield from in_template(path.read_text(encoding="utf-8"), where)


def in_python(source: str, where: str) -> Iterator[Sentence]:
    tree = ast.parse(source)
    names = _imported_names(tree)
    for node in ast.walk(tree):
        shape = _shape_of(node, names)
        if shape is not None and isinstance(node, ast.Call):
            yield from _sentence(
                [_text(each) for each in node.args], shape, f"{where}:{node.lineno}"
            )


def in_template(source: str, where: str) -> Iterator[Sentence]:
    """Django's own rewriting for xgettext; each call in it holds literals only."""
    for found in _CALL.finditer(templatize(source)):
        arguments = ast.literal_eval(f"[{found.group(2)}]")
        name = "gettext" if found.group(1) == "_" else found.group(1)
        yield from _sentence(arguments, SHAPES[name], where)


def _imported_names(tree: ast.AST) -> dict[str, str]:
    """Local name → function of django.utils.translation, lazy or not."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for alias in node.names:
                names[alias.asname or alias.name] = alias.name
    return names


def _shape_of(node: ast.AST, names: dict[str, str]) -> tuple[int | None, int, int | None] | None:
    if not isinstance(node, ast.Call):
        return None
    function = ""
    if isinstance(node.func, ast.Name):
        function = names.get(node.func.id, "")
    elif isinstance(node.func, ast.Attribute):
        function = node.func.attr
    return SHAPES.get(function.removesuffix("_lazy").removesuffix("_noop"))


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _sentence(
    arguments: list[str | None], shape: tuple[int | None, int, int | None], where: str
) -> Iterator[Sentence]:
    def at(position: int | None) -> str:
        given = position is not None and position < len(arguments)
        return (arguments[position] or "") if given else ""  # type: ignore[index]

    context, text, plural = shape
    if at(text):
        yield Sentence(at(text), at(plural), at(context), where)
