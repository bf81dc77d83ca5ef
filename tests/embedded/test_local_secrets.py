from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from config.embedded import EmbeddedError, local_secret, prepare
from config.embedded.places import Place

from .driving import GIVEN_DATABASE, environment


def test_four_first_callers_get_the_same_secret(empty_place: Place) -> None:
    code = (
        "import secrets; from config.embedded import local_secret;"
        "print(local_secret('TOKEN', lambda: secrets.token_hex(8)))"
    )
    callers = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment(empty_place),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]

    values = {caller.communicate()[0] for caller in callers}

    assert len(values) == 1
    assert values == {local_secret("TOKEN", lambda: "another", empty_place.root) + "\n"}
    assert stat.S_IMODE((empty_place.root / "secrets.json").stat().st_mode) == 0o600


def test_secrets_are_kept_apart_by_name(empty_place: Place) -> None:
    assert local_secret("ONE", lambda: "1", empty_place.root) == "1"
    assert local_secret("TWO", lambda: "2", empty_place.root) == "2"
    assert local_secret("ONE", lambda: "3", empty_place.root) == "1"


def test_a_damaged_file_is_not_overwritten(empty_place: Place) -> None:
    local_secret("ONE", lambda: "1", empty_place.root)
    (empty_place.root / "secrets.json").write_text('{"ONE": ')

    with pytest.raises(EmbeddedError, match="is damaged"):
        local_secret("TWO", lambda: "2", empty_place.root)

    assert (empty_place.root / "secrets.json").read_text() == '{"ONE": '


GIVEN = {
    "DATABASE_URL": GIVEN_DATABASE,
    "REDIS_URL": "redis://example.invalid/0",
}


def test_a_given_database_without_debug_gets_no_generated_secret(empty_place: Place) -> None:
    environ = {**GIVEN, "FUXIANG_LOCAL_DIR": str(empty_place.root)}

    prepare(environ)

    assert set(environ) == {"DATABASE_URL", "REDIS_URL", "FUXIANG_LOCAL_DIR"}
    assert not empty_place.root.exists()


def test_debug_generates_what_is_missing_and_keeps_what_is_set(empty_place: Place) -> None:
    environ = {
        **GIVEN,
        "DEBUG": "1",
        "SECRET_KEY": "mine",
        "FUXIANG_LOCAL_DIR": str(empty_place.root),
    }
    again = dict(environ)

    prepare(environ)
    prepare(again)

    assert environ["SECRET_KEY"] == "mine"
    assert environ["FIELD_KEYS"] == again["FIELD_KEYS"]
    assert "FUXIANG_EMBEDDED" not in environ
