"""Which new PINs are refused because everybody would guess them first."""

from __future__ import annotations

from django.views.decorators.debug import sensitive_variables

REPEATS, RUN, PATTERN, ACCOUNT = "repeats", "run", "pattern", "account"


@sensitive_variables()
def weakness_of(pin: bytearray, account: str = "") -> str:
    """The name of the rule that it breaks; empty = none. ``account``: digits it must not repeat."""
    with memoryview(pin) as digits:
        if all(digit == digits[0] for digit in digits):
            return REPEATS
        if _is_run(digits, 1) or _is_run(digits, 9):
            return RUN
        if _is_pattern(digits):
            return PATTERN
        return ACCOUNT if _is_within(digits, account) else ""


@sensitive_variables()
def _is_run(digits: memoryview, step: int) -> bool:
    """Up by one or down by one, over the end of the digits too: 7890, 2109."""
    pairs = range(1, len(digits))
    return all((digits[at] - digits[at - 1]) % 10 == step for at in pairs)


@sensitive_variables()
def _is_pattern(digits: memoryview) -> bool:
    """A short group over and over (1212, 123123), or each digit twice in a row (112233)."""
    size = len(digits)
    for group in range(2, size // 2 + 1):
        if size % group == 0 and all(digits[at] == digits[at % group] for at in range(size)):
            return True
    halves = range(0, size - 1, 2)
    is_doubled = size % 2 == 0 and all(digits[at] == digits[at + 1] for at in halves)
    steps = {(digits[at] - digits[at - 2]) % 10 for at in range(2, size, 2)}
    return is_doubled and steps <= {1, 9} and len(steps) == 1


@sensitive_variables()
def _is_within(digits: memoryview, account: str) -> bool:
    known = account.encode("ascii", "ignore")
    return any(
        all(known[start + at] == digits[at] + 48 for at in range(len(digits)))
        for start in range(len(known) - len(digits) + 1)
    )
