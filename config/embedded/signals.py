"""Signals as messages: held back while we supervise, read one by one, restored for children."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCHED = {*STOPPING, signal.SIGCHLD}
SENT_BY_KERNEL = 128  # si_code of a Ctrl-C: the terminal sends it to its whole foreground group
PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def held_signals() -> Iterator[set[signal.Signals]]:
    """Hold the watched signals back; gives the mask that children should start with."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        yield {signal.Signals(number) for number in before}
    finally:
        while signal.sigtimedwait(WATCHED, 0) is not None:
            pass  # a second Ctrl-C during the clean-up has been obeyed already
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def next_signal(seconds: float | None = None) -> tuple[signal.Signals | None, bool]:
    """The next signal, or None after that time, and whether the terminal sent it to everybody."""
    if seconds is None:
        found = signal.sigwaitinfo(WATCHED)
    else:
        maybe = signal.sigtimedwait(WATCHED, max(seconds, 0))
        if maybe is None:
            return None, False
        found = maybe
    return signal.Signals(found.si_signo), found.si_code == SENT_BY_KERNEL


def child_setup(mask: set[signal.Signals]) -> Callable[[], None]:
    """What a child does between fork and exec: take the old mask back, and die with its parent."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return prepare


def exit_code_of(returncode: int) -> int:
    """As a shell counts: 128 + signal for a process that a signal ended."""
    return 128 - returncode if returncode < 0 else returncode
