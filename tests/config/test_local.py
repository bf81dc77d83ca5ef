from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from config import local, serve
from config.embedded import EmbeddedError

GENERATED = ("SECRET_KEY", "FIELD_KEYS", "CHANNEL_JWT_KEYS", "DEMO_IDENTITY", "DEMO_PASSWORD")


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Servers are given, nothing else is."""
    for name in (*GENERATED, "DEBUG", "FUXIANG_EMBEDDED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://a:b@db/c")
    monkeypatch.setenv("REDIS_URL", "redis://db")
    monkeypatch.setenv("FUXIANG_LOCAL_DIR", str(tmp_path))
    return monkeypatch


def values() -> dict[str, str]:
    import os

    return {name: os.environ[name] for name in GENERATED if name in os.environ}


def test_production_invents_no_secret(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    local.prepare_environment()

    assert values() == {}
    assert list(tmp_path.iterdir()) == []


def test_development_keeps_what_it_invents(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DEBUG", "1")
    local.prepare_environment()
    first = values()
    for name in GENERATED:
        environ.delenv(name)
    local.prepare_environment()

    assert set(first) == set(GENERATED)
    assert values() == first


def test_what_is_given_is_left_alone(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DEBUG", "1")
    environ.setenv("CHANNEL_JWT_KEYS", '{"keys": []}')
    environ.setenv("SECRET_KEY", "given")
    local.prepare_environment()

    assert values()["CHANNEL_JWT_KEYS"] == '{"keys": []}'
    assert values()["SECRET_KEY"] == "given"
    assert "DEMO_IDENTITY" not in values()


def test_the_key_set_holds_no_private_part(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("DEBUG", "1")
    local.prepare_environment()

    [key] = json.loads(values()["CHANNEL_JWT_KEYS"])["keys"]
    assert "d" not in key
    assert json.loads(values()["DEMO_IDENTITY"])["d"]


def test_a_port_in_use_is_said_before_anything_is_started() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(EmbeddedError, match=f"make run PORT={port + 1}"):
            serve._refuse_taken_port("127.0.0.1", port)
