"""Key pairs of a partner, and what they sign and upload."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import possession, services
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.signing.algorithms import Sign
from tests.openapi_gateway.making import a_key_pair

FAMILIES = (Algorithm.P256, Algorithm.ED25519, Algorithm.SM2)


def openssl(folder: Path, *arguments: str) -> str:
    run = subprocess.run(
        ["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout


def shell(folder: Path, lines: str) -> str:
    run = subprocess.run(
        ["sh", "-ec", lines], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout


def proven(
    actor: Any, client: Client, environment: str = "sandbox",
    algorithm: Algorithm = Algorithm.P256, **terms: Any,
) -> tuple[Key, Sign]:  # fmt: skip
    """An active key pair, brought in as a partner would."""
    sign, pem = a_key_pair(algorithm)
    proof = {name: terms.pop(name) for name in ("overlap_days", "at") if name in terms}
    if "at" in proof:
        terms["at"] = proof["at"]
    key = services.upload_key(actor=actor, client=client, environment=environment, pem=pem, **terms)
    signature = sign(possession.message_of(key).encode())
    return services.prove_possession(actor=actor, key=key, signature=signature, **proof), sign
