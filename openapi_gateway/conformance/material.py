"""What each run gives the client to send: different in every run, and never stored, because it
follows from the run's id."""

from __future__ import annotations

import json
from hashlib import sha256
from urllib.parse import quote

NONCE_CALLS = 5
# Seconds.
RETRY_503, RETRY_429 = 1, 2
SLOW_ANSWER, SLOW_GIVE_UP = 6.0, 4
QUIET = 3
CLOCK_SLACK = 60
EXACT_LINES = 1500

# Beyond the basic plane, composed and decomposed forms that no one may normalise, quotes.
UNICODE = '福祥运营台 𠮷野家 é e\u0301 “引号” \\ " \t\u2028 😀 ﬁ １'
QUERY_PAIRS = [
    ["tag", "存款"], ["tag", "贷款 A/B"], ["tag", "存款"], ["sum", "1+1=2&3"], ["empty", ""],
]  # fmt: skip


def word(run_id: str, case: str) -> str:
    """A short word that only this run's case contains."""
    return sha256(f"{run_id}\n{case}".encode()).hexdigest()[:16]


def query_pairs(run_id: str) -> list[list[str]]:
    return [*QUERY_PAIRS, ["run", word(run_id, "query")]]


def query_example(run_id: str) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query_pairs(run_id))


def unicode_text(run_id: str) -> str:
    return f"{UNICODE} {word(run_id, 'unicode')}"


def exact_bytes(run_id: str) -> bytes:
    """JSON that no library would write again the same way: odd blanks, numbers, escapes, order."""
    seed = word(run_id, "exact_bytes")
    lines = (
        f'  {{ "n" :{number}.0e0 , "amount":{number}.10,"b":"\\u0061\\/{seed}" ,"a" : null}}'
        for number in range(1, EXACT_LINES)
    )
    head = '{"seed":' + json.dumps(seed) + ',\r\n "rows":[\n'
    return (head + ",\n".join(lines) + "\n ] }\n").encode()
