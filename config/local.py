"""Fills the environment of a local run: embedded servers, generated secrets, demo keys.

Called before the settings are read, by manage.py, the web server, Celery and the tests. With
``DATABASE_URL`` and ``REDIS_URL`` given it starts nothing, and outside DEBUG it invents nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from typing import Any

from config import env

# Printed by ``make run`` and known to everybody: the demo is never loaded on servers of others.
DEMO_PASSWORD = "Fuxiang#2026"  # noqa: S105  (of the demonstration)


def prepare_environment() -> None:
    environ = os.environ
    if not (environ.get("DATABASE_URL") and environ.get("REDIS_URL")):
        from config.embedded import prepare

        prepare(environ)
    if env.boolean("FUXIANG_EMBEDDED"):
        environ.setdefault("DEBUG", "1")
    if env.boolean("FUXIANG_EMBEDDED") or env.boolean("DEBUG"):
        _complete(environ)


def _complete(environ: MutableMapping[str, str]) -> None:
    """What production requires and never gets from here."""
    from config.embedded.environments import GENERATED
    from config.embedded.local_secrets import local_secret

    for name, make in GENERATED.items():
        if not environ.get(name):
            environ[name] = local_secret(name, make)
    if not environ.get("CHANNEL_JWT_KEYS"):
        identity = local_secret("DEMO_IDENTITY", _new_identity)
        environ["CHANNEL_JWT_KEYS"] = json.dumps({"keys": [_public_part(json.loads(identity))]})
        environ["DEMO_IDENTITY"] = identity
    if not environ.get("DEMO_PASSWORD"):
        environ["DEMO_PASSWORD"] = DEMO_PASSWORD


def _new_identity() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec
    from jwt.algorithms import ECAlgorithm

    key = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return json.dumps({**key, "kid": "demo", "alg": "ES256", "use": "sig"})


def _public_part(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in {"d", "key_ops"}}
