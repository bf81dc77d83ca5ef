"""Addresses whose calls are refused again and again wait outside before any signature is computed:
verifying SM2 costs half a millisecond. Counted per process, which is enough for that."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

WINDOW_SECONDS = 10.0
MOST_REFUSED = 100
MAX_ADDRESSES = 20_000

_refused: OrderedDict[str, tuple[float, int]] = OrderedDict()
_lock = threading.Lock()


def seconds_to_wait(address: str) -> int:
    """0: may go on."""
    began, count = _refused.get(address, (0.0, 0))
    left = began + WINDOW_SECONDS - time.monotonic()
    return max(1, round(left)) if count >= MOST_REFUSED and left > 0 else 0


def note_refused(address: str) -> None:
    now = time.monotonic()
    with _lock:
        began, count = _refused.pop(address, (now, 0))
        if began + WINDOW_SECONDS <= now:
            began, count = now, 0
        _refused[address] = (began, count + 1)
        while len(_refused) > MAX_ADDRESSES:
            _refused.popitem(last=False)


def forget_everything() -> None:
    _refused.clear()
