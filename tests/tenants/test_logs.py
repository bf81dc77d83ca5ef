from __future__ import annotations

import logging
from typing import Any

from django.db import connection

from tenants.logs import BankFilter


def test_a_line_about_a_request_names_the_request_s_bank(alpha: Any, rf: Any) -> None:
    record = logging.makeLogRecord({"msg": "Forbidden"})
    record.request = rf.get("/")
    record.request.tenant = alpha
    connection.set_schema_to_public()

    assert BankFilter().filter(record)
    assert record.schema_name == alpha.schema_name
