"""What the documents say is true, as far as a machine can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import PROJECT, modules, rooms, tree

DOCUMENTS = [
    PROJECT / "README.md",
    PROJECT / "CHANGELOG.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
]
README = (PROJECT / "README.md").read_text("utf-8")
LINK = re.compile(r"\]\(([^)#\s]+)")
READERS = {"text", "boolean", "integer", "listed", "keyring", "database"}


def environment_names() -> Iterator[str]:
    """Every variable that settings or a program of ours reads through ``config.env``."""
    for path in modules("config", *rooms()):
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in READERS
                and getattr(node.func.value, "id", "") == "env"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def test_the_map_names_every_room() -> None:
    table = set(re.findall(r"^\| `([a-z_]+)/`", README, flags=re.MULTILINE))

    assert table == {"config", *rooms()}


def test_every_environment_variable_is_documented() -> None:
    documented = (PROJECT / "docs" / "configuration.md").read_text("utf-8")

    assert {name for name in environment_names() if f"`{name}`" not in documented} == set()
    assert len(set(environment_names())) > 10


def test_every_decision_is_listed_with_its_title() -> None:
    for path in sorted((PROJECT / "docs" / "adr").glob("*.md")):
        title = path.read_text("utf-8").splitlines()[0].removeprefix("# ")

        assert f"[{title}](docs/adr/{path.name})" in README


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: object) -> None:
    assert isinstance(path, type(PROJECT))
    targets = LINK.findall(path.read_text("utf-8"))
    own = [target for target in targets if not target.startswith(("http:", "https:", "mailto:"))]

    assert [target for target in own if not (path.parent / target).exists()] == []


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    named = {
        name
        for path in DOCUMENTS
        for name in re.findall(r"(?:`|^)make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE)
    }

    assert named - targets == set()
    assert {"run", "demo", "test", "lint", "bench"} <= named


def test_the_lock_names_no_index_and_pins_everything_with_hashes() -> None:
    lock = (PROJECT / "requirements.lock").read_text("utf-8")
    requirements = re.findall(r"^[a-z0-9][^\s]*", lock, re.MULTILINE)

    assert "://" not in lock
    assert all("==" in requirement for requirement in requirements)
    assert lock.count("--hash=sha256:") >= len(requirements)


def test_every_management_command_of_ours_is_documented() -> None:
    runbook = (PROJECT / "docs" / "runbook.md").read_text("utf-8")
    commands = {
        path.stem
        for path in modules(*rooms())
        if path.parent.name == "commands" and path.stem != "__init__"
    }

    assert {command for command in commands if f"`{command}" not in runbook} == set()
