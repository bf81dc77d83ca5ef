"""A word with a colour; the word alone says everything."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

KINDS = frozenset({"", "success", "info", "warning", "danger"})


def badge(text: str | Promise, kind: str = "") -> SafeString:
    """``kind``: success, info, warning, danger, or empty for grey."""
    return format_html('<span class="fx-label {}">{}</span>', kind if kind in KINDS else "", text)
