"""What holds, for every lock, own value and accepted template; from payloads alone."""

from __future__ import annotations

from typing import Any

import pytest

from publishing.choices import Lock
from publishing.locks import binding_lock, effective, lock_of
from tests.publishing.governed import GROUP, rule

NONE: Any = object()


def template(*given: Any) -> dict[str, Any]:
    return {"schema": 1, "name": GROUP.name, "settings": {"colour": rule(*given)}}


def own(value: Any = NONE, accepted: dict[str, Any] | None = None) -> dict[str, Any]:
    values = {} if value is NONE else {"colour": value}
    taken = {"version": 1, "settings": accepted["settings"]} if accepted else {}
    return {"schema": 1, "name": GROUP.name, "values": values, "accepted": taken}


LOCKED, DEFAULT = template("locked", "blue"), template("default", "blue")
FREE, OFFERED = template("free"), template("free", "blue")
MUST, EARLIER = template("must_fill"), template("default", "green")
EARLIER_LOCK = template("locked", "green")


@pytest.mark.parametrize(
    ("newest", "bank", "holds"),
    [
        # nobody says anything
        (None, None, "red"),
        (None, own(), "red"),
        (None, own("green"), "green"),
        # locked: at once, whatever the bank says or has accepted
        (LOCKED, None, "blue"),
        (LOCKED, own("green"), "blue"),
        (LOCKED, own("gold", EARLIER), "blue"),
        (LOCKED, own(NONE, EARLIER), "blue"),
        # default, free with a suggestion: own, accepted, newest
        (DEFAULT, None, "blue"),
        (DEFAULT, own(), "blue"),
        (DEFAULT, own("gold"), "gold"),
        (DEFAULT, own(NONE, EARLIER), "green"),
        (DEFAULT, own("gold", EARLIER), "gold"),
        (OFFERED, None, "blue"),
        (OFFERED, own(NONE, EARLIER), "green"),
        # nothing offered: what is built in
        (FREE, None, "red"),
        (FREE, own("gold"), "gold"),
        (MUST, None, "red"),
        (MUST, own("gold"), "gold"),
        (DEFAULT, own(NONE, FREE), "red"),
        # unlocked: the accepted lock's value stays as an offer, an own value counts again
        (FREE, own(NONE, EARLIER_LOCK), "green"),
        (FREE, own("gold", EARLIER_LOCK), "gold"),
        # the province has withdrawn its template: what was accepted stays
        (None, own(NONE, EARLIER), "green"),
        (None, own(NONE, EARLIER_LOCK), "green"),
    ],
)
def test_what_holds_follows_from_lock_own_value_and_accepted_template(
    newest: Any, bank: Any, holds: str
) -> None:
    assert effective(GROUP, newest, bank)["colour"] == holds


def test_no_limit_is_a_value_like_any_other() -> None:
    settings = {"count": rule("default", None)}
    payload = {"schema": 1, "name": GROUP.name, "settings": settings}

    assert effective(GROUP, payload, None)["count"] is None
    assert effective(GROUP, None, None)["count"] == 3


def test_what_holds_shares_nothing_with_what_was_published() -> None:
    held = {"schema": 1, "name": GROUP.name, "settings": {"motto": rule("locked", ["a"])}}

    effective(GROUP, held, None)["motto"].append("b")

    assert held["settings"]["motto"]["value"] == ["a"]


@pytest.mark.parametrize(
    ("newest", "accepted", "lock"),
    [
        (None, None, Lock.FREE),
        (MUST, None, Lock.MUST_FILL),
        (MUST, {}, Lock.MUST_FILL),
        (LOCKED, DEFAULT, Lock.LOCKED),
        (MUST, DEFAULT, Lock.DEFAULT),
        (FREE, MUST, Lock.MUST_FILL),
        (FREE, EARLIER_LOCK, Lock.DEFAULT),
    ],
)
def test_a_lock_binds_at_once_and_the_rest_as_accepted(
    newest: Any, accepted: Any, lock: Lock
) -> None:
    assert binding_lock(newest, accepted, "colour") == lock
    assert lock_of(newest, "colour") == (
        Lock(newest["settings"]["colour"]["lock"]) if newest else Lock.FREE
    )
