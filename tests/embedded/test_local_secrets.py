from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from config.embedded import EmbeddedError, local_secret, prepare
from config.embedded.places import Place

from .driving import environment


def test_eight_first_callers_get_the_same_secret(place: Place) -> None:
    code = (
        "import secrets; from config.embedded import local_secret;"
        "print(local_secret('TOKEN', lambda: secrets.token_hex(8)))"
    )
    callers = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment(place), stdout=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]

    values = {caller.communicate()[0] for caller in callers}

    assert len(values) == 1
    assert values == {local_secret("TOKEN", lambda: "another", place.root) + "\n"}
    assert stat.S_IMODE((place.root / "secrets.json").stat().st_mode) == 0o600


def test_secrets_are_kept_apart_by_name(place: Place) -> None:
    assert local_secret("ONE", lambda: "1", place.root) == "1"
    assert local_secret("TWO", lambda: "2", place.root) == "2"
    assert local_secret("ONE", lambda: "3", place.root) == "1"


def test_a_damaged_file_is_not_overwritten(place: Place) -> None:
    local_secret("ONE", lambda: "1", place.root)
    (place.root / "secrets.json").write_text('{"ONE": ')

    with pytest.raises(EmbeddedError, match="is damaged"):
        local_secret("TWO", lambda: "2", place.root)

    assert (place.root / "secrets.json").read_text() == '{"ONE": '


GIVEN = {
    "DATABASE_URL": "postgres://someone@example.invalid/elsewhere",
    "REDIS_URL": "redis://example.invalid/0",
}


def test_a_given_database_without_debug_gets_no_generated_secret(place: Place) -> None:
    environ = {**GIVEN, "FUXIANG_LOCAL_DIR": str(place.root)}

    prepare(environ)

    assert set(environ) == {"DATABASE_URL", "REDIS_URL", "FUXIANG_LOCAL_DIR"}
    assert not place.root.exists()


def test_debug_generates_what_is_missing_and_keeps_what_is_set(place: Place) -> None:
    environ = {
        **GIVEN,
        "DEBUG": "1",
        "SECRET_KEY": "mine",
        "FUXIANG_LOCAL_DIR": str(place.root),
    }
    again = dict(environ)

    prepare(environ)
    prepare(again)

    assert environ["SECRET_KEY"] == "mine"
    assert environ["FIELD_KEYS"] == again["FIELD_KEYS"]
    assert "FUXIANG_EMBEDDED" not in environ
