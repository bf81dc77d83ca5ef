"""Ends process groups whose supervisor was killed. Run by path, with the standard library only.

Reads one process group per line from its supervisor; the end of that stream without ``done`` means
the supervisor is dead. Signals that ask to stop are ignored: the supervisor decides.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    grace, groups = float(sys.argv[1]), []
    for line in sys.stdin:
        if line.strip() == "done":
            return
        groups.append(int(line))
    # The kernel has told the programs themselves to stop; their helpers depend on them.
    deadline = time.monotonic() + grace
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = [group for group in groups if _exists(group)]
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
