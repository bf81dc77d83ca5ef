"""Compiled catalogues: made from the .po files when missing or older, never committed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def compile_stale(folders: Iterable[Path]) -> list[Path]:
    """Compile what changed; returns the files written. Cheap when nothing did: two stats a file."""
    return [_compile(source) for source in sources(folders) if _is_stale(source)]


def sources(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))]


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns


def _compile(source: Path) -> Path:
    """By rename: another process that starts at the same time reads the old file or the new one."""
    import polib  # only here: it is needed once after each change

    compiled = source.with_suffix(".mo")
    handle, name = tempfile.mkstemp(dir=source.parent, suffix=".tmp")
    os.close(handle)
    polib.pofile(str(source)).save_as_mofile(name)
    Path(name).chmod(0o644)
    Path(name).replace(compiled)
    return compiled
