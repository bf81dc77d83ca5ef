from __future__ import annotations

from tenants.models import Bank


def test_smoke(alpha: Bank, beta: Bank) -> None:
    assert alpha.schema_name == "b_alpha"
