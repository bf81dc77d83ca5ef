from __future__ import annotations

from openapi_gateway.base_services.liveness.models.counting import (
    AttemptCount,
    FacePerson,
    PurgeProof,
)
from openapi_gateway.base_services.liveness.models.sessions import (
    ATTEMPTS,
    MAX_SECONDS,
    Capture,
    LivenessSession,
)

__all__ = [
    "ATTEMPTS",
    "MAX_SECONDS",
    "AttemptCount",
    "Capture",
    "FacePerson",
    "LivenessSession",
    "PurgeProof",
]
