"""Loads the demo into the tests' database, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import override_settings

PASSWORD = "Demo#Password1"


@contextmanager
def allowed() -> Iterator[None]:
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(
        DEMO=True, EMBEDDED=False, DEMO_PASSWORD=PASSWORD, PASSWORD_HASHERS=hashers
    ):
        yield


def load(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("load_demo", "--jobs", "1", "--json", *words, stdout=out, stderr=StringIO())
    result: dict[str, Any] = json.loads(out.getvalue())
    return result
