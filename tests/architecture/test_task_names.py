from __future__ import annotations

import ast
from collections.abc import Iterator

from config.celery import app
from tests.architecture.source import modules, name_of, rooms, tree

TAKES_A_TASK = {"enqueue_on_commit", "for_each_bank", "register_periodic"}


def asked_for() -> Iterator[tuple[str, str]]:
    """Where a task is asked for by name, and the name."""
    for path in modules(*rooms()):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and _called(node) in TAKES_A_TASK:
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    if isinstance(argument, ast.Constant) and ".tasks." in str(argument.value):
                        yield f"{name_of(path)}:{node.lineno}", str(argument.value)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_task_asked_for_by_name_is_registered() -> None:
    app.loader.import_default_modules()

    unknown = {place: name for place, name in asked_for() if name not in app.tasks}

    assert unknown == {}
    assert list(asked_for())  # the walk sees them


def test_every_task_of_ours_is_named_after_its_module() -> None:
    """Names are explicit: a moved module must not rename what waits in the queue."""
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if name.split(".")[0] in rooms()}

    assert ours
    assert {
        name for name, task in ours.items() if name.rpartition(".")[0] != task.__module__
    } == set()


def test_nothing_is_queued_past_enqueue_on_commit() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules(*rooms())
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and _called(node) in {"delay", "delay_on_commit", "send_task"}
    ]

    assert found == []
