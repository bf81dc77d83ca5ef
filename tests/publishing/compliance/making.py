"""Words of the province and of a bank, without the forms."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import tenant_context

from publishing.compliance.matching import bare_word
from publishing.models import ForbiddenWord
from tenants.platform import PLATFORM


def forbid(word: str, severity: str = "block", **fields: Any) -> ForbiddenWord:
    """In the current schema."""
    return ForbiddenWord.objects.create(
        word=word, bare=bare_word(word), severity=severity, **fields
    )


def province_forbids(word: str, severity: str = "block", **fields: Any) -> ForbiddenWord:
    with tenant_context(PLATFORM):
        ForbiddenWord.objects.filter(bare=bare_word(word)).delete()
        return forbid(word, severity, **fields)
