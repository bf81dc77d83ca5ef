"""Generated passwords and keys of local runs, in one file that only its owner may read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.leases import exclusive
from config.embedded.places import Place, find_place

FILE = "secrets.json"


def local_secret(name: str, make: Callable[[], str], local_dir: Path | str | None = None) -> str:
    """The secret of that name; the first caller makes it, all others get the same value."""
    return secret_of(find_place(local_dir), name, make)


def secret_of(place: Place, name: str, make: Callable[[], str]) -> str:
    path = place.root / FILE
    known = _read(path)
    if name in known:
        return known[name]
    with exclusive(place.root / f"{FILE}.lock"):
        known = _read(path)
        if name not in known:
            known[name] = make()
            _write(path, known)
        return known[name]


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise EmbeddedError(
            f"{path} is damaged; put back a copy, or remove the folder {path.parent} "
            "with all its local data."
        )
    return found


def _write(path: Path, values: dict[str, str]) -> None:
    """Replace the file as a whole and make it last: a lost key is lost data."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
