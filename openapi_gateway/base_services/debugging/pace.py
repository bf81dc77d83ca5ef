"""How often an address may ask: each question can cost one verification. Counted per process, as
``limits.abuse`` counts."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

WINDOW_SECONDS = 60.0
MOST_QUESTIONS = 60
MAX_ADDRESSES = 20_000

_asked: OrderedDict[str, tuple[float, int]] = OrderedDict()
_lock = threading.Lock()


def seconds_to_wait(address: str) -> int:
    """Counts the question; 0: it may be answered."""
    now = time.monotonic()
    with _lock:
        began, count = _asked.pop(address, (now, 0))
        if began + WINDOW_SECONDS <= now:
            began, count = now, 0
        _asked[address] = (began, count + 1)
        while len(_asked) > MAX_ADDRESSES:
            _asked.popitem(last=False)
    return max(1, round(began + WINDOW_SECONDS - now)) if count >= MOST_QUESTIONS else 0


def forget_everything() -> None:
    _asked.clear()
