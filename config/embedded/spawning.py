"""Starting a server so that it outlives us, hears no Ctrl-C and gets nothing of our environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from config.embedded.logs import open_log

_started: list[subprocess.Popen[bytes]] = []


def spawn_server(command: Sequence[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Starts it inside its data folder: that is how it is recognised, see living.belongs."""
    for earlier in _started:
        earlier.poll()  # collects those that have ended, or they stay as zombies
    with open_log(log) as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=folder,
            env=server_environment(),
        )
    _started.append(child)
    return child


def server_environment() -> dict[str, str]:
    """The caller's PG… and locale variables would change what the server does."""
    kept = {"PATH", "TMPDIR", "LD_LIBRARY_PATH"}
    chosen = {name: value for name, value in os.environ.items() if name in kept}
    return {**chosen, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
