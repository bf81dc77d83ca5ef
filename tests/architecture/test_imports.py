from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PROJECT, modules, name_of, pyproject, rooms

EDGES = {"admin", "api", "tasks", "management"}
# Rooms of the design, whether they exist yet or not.
DESIGN = {
    "config", "demo", "mobile", "openapi_gateway", "insights", "growth", "campaigns", "coupons",
    "announcements", "fuxiang_zone", "customers", "publishing", "intake", "approvals",
    "operators", "tenants", "audit",
}  # fmt: skip


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def copy_rooms(to: Path) -> Path:
    """The rooms' Python files and the contracts, as a project of their own."""
    for path in modules("config", *rooms()):
        target = to / path.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(PROJECT / "pyproject.toml", to / "pyproject.toml")
    return to


def test_every_import_keeps_the_contracts() -> None:
    result = lint_imports(PROJECT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("audit/errors.py", "import tenants.models", "The rooms form one acyclic stack"),
        ("tenants/choices.py", "import demo.apps", "The rooms form one acyclic stack"),
        ("approvals/choices.py", "import approvals.models", "Inside a room"),
        ("publishing/choices.py", "import approvals.tasks", "The edges of approvals are its own"),
    ],
)
def test_a_planted_import_upwards_is_reported(
    tmp_path: Path, module: str, line: str, broken: str
) -> None:
    project = copy_rooms(tmp_path)
    planted = project / module
    planted.write_text(f"{planted.read_text('utf-8')}\n{line}\n", "utf-8")

    result = lint_imports(project)

    assert result.returncode == 1
    broken_lines = [text for text in result.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(text.startswith(broken) for text in broken_lines), result.stdout


def test_the_stack_names_every_room_of_the_design() -> None:
    stack = pyproject()["tool"]["importlinter"]["contracts"][0]["layers"]

    named = {room.strip(" ()") for layer in stack for room in layer.split("|")}

    assert named == DESIGN


def test_every_edge_of_every_room_is_private() -> None:
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    private = {
        module
        for contract in contracts
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
    }

    edges = set()
    for path in modules(*(room for room in rooms() if room != "demo")):
        parts = name_of(path).split(".")
        first = next((index for index, part in enumerate(parts) if part in EDGES), None)
        if first is not None:
            edges.add(".".join(parts[: first + 1]))

    assert edges == private
