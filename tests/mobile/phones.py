"""A phone: an identity that signs tokens, and a client that calls one bank's host."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

KEY = ec.generate_private_key(ec.SECP256R1())
KID = "test-1"
HOME = "/api/channel/v1/home"
LIST = "/api/channel/v1/announcements"


def public_key(key: ec.EllipticCurvePrivateKey = KEY, kid: str = KID) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": kid}


def key_set(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": list(keys) or [public_key()]})


def token(bank: str = "alpha", *, key: Any = KEY, kid: str | None = KID, **claims: Any) -> str:
    """``sub="C1"`` makes a customer; a claim of None is left out. It lasts longer than a run of all
    tests: some are made when tests are collected."""
    given = {"bank": bank, "exp": int(time.time()) + 86_400, **claims}
    given = {name: value for name, value in given.items() if value is not None}
    headers = {"kid": kid} if kid else None
    algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "HS256"
    return jwt.encode(given, key, algorithm=algorithm, headers=headers)


class Phone:
    def __init__(self, bank: str = "alpha", number: str | None = "C1", **claims: Any) -> None:
        self.client = Client(HTTP_HOST=f"{bank}.localhost", raise_request_exception=False)
        self.bearer = token(bank, sub=number, **claims)

    def get(self, path: str, **headers: Any) -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.bearer}", **headers})

    def post(self, path: str, **more: Any) -> Any:
        return self.client.post(path, headers={"Authorization": f"Bearer {self.bearer}"}, **more)

    def home(self, query: str = "") -> dict[str, Any]:
        answer = self.get(HOME + query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def titles(self, query: str = "") -> list[str]:
        return [item["title"] for item in self.home(query)["announcements"]]

    def read(self, uid: object) -> Any:
        return self.post(f"{LIST}/{uid}/read")
