from __future__ import annotations

import pytest

from audit import events


@pytest.mark.parametrize(
    "name", ["tests", "Tests.happened", "tests.happened now", "a." + "b" * 60, ""]
)
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no event name"):
        events.register(name, "label")


def test_a_name_keeps_its_label() -> None:
    events.register("tests.kept", "kept")
    events.register("tests.kept", "kept")

    with pytest.raises(ValueError, match="twice"):
        events.register("tests.kept", "another")

    assert events.label_of("tests.kept") == "kept"


def test_a_name_that_nobody_registers_any_more_is_its_own_label() -> None:
    assert events.label_of("tests.forgotten") == "tests.forgotten"
