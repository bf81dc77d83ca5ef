"""What a production installation must not be connected to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from openapi_gateway.upstream.errors import UpstreamFailed
from openapi_gateway.upstream.exchange import Destination
from openapi_gateway.upstream.routing import about

CONFIGURATION = "configuration"
NAMES = ("LIVENESS", "CORE")


@register(CONFIGURATION)
def check_upstream_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Faces and PIN blocks travel there."""
    if settings.LOCAL:
        return []
    found: list[CheckMessage] = []
    for name in NAMES:
        url = getattr(settings, f"{name}_URL")
        if url and not url.startswith("https://"):
            hint = f"Set {name}_URL to an address that begins with https://."
            found.append(Error(f"{name}_URL is not encrypted.", hint=hint, id="upstream.E001"))
        if url and len(getattr(settings, f"{name}_SECRET")) < 32:
            hint = f"Set {name}_SECRET to at least 32 random characters, the same on both sides."
            found.append(Error(f"{name}_SECRET is too short.", hint=hint, id="upstream.E002"))
    return found


@register(CONFIGURATION, deploy=True)
def check_no_simulator(**_kwargs: Any) -> list[CheckMessage]:
    """Asks the systems themselves, so only ``check --deploy`` does; every process asks again before
    its first call of production."""
    if settings.LOCAL:
        return []
    return [message for name in NAMES for message in _look_at(name)]


def _look_at(name: str) -> list[CheckMessage]:
    url = getattr(settings, f"{name}_URL").rstrip("/")
    if not url:
        return []
    secret = getattr(settings, f"{name}_SECRET").encode()
    try:
        is_simulator = about(Destination(name.lower(), url, 2, 4, secret)).simulator
    except UpstreamFailed as failure:
        said = f"What {name}_URL names does not answer ({failure.problem.code})."
        return [Warning(said, hint="Production calls to it are refused.", id="upstream.W001")]
    if not is_simulator:
        return []
    hint = f"Set {name}_URL to the real system; a simulator may only serve the sandbox."
    return [Error(f"{name}_URL names a simulator.", hint=hint, id="upstream.E003")]
