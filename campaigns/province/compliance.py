"""What the compliance check looks at in a province campaign: what it says itself. Words that are
left to the banks are looked at when these submit theirs."""

from __future__ import annotations

from typing import Any

from campaigns.designing.compliance import subject_of
from campaigns.province.choices import Field
from publishing.choices import Lock
from publishing.compliance.subjects import Subject


def describe(envelope: dict[str, Any]) -> Subject:
    fields = envelope["payload"]["fields"]
    words = {name: each.get("value") for name, each in fields.items()}
    rules = fields[Field.RULES_TEXT]
    left_to_banks = rules["lock"] in (Lock.MUST_FILL, Lock.FREE)
    text = rules.get("value") or ""
    return subject_of(words, rules=None if left_to_banks and not text else text)
