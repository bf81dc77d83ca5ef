"""A word with a colour; the word alone says everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display as unfold_display

KINDS = frozenset({"", "success", "info", "warning", "danger"})


def badge(text: str | Promise, kind: str = "") -> SafeString:
    """``kind``: success, info, warning, danger, or empty for grey."""
    return format_html('<span class="fx-label {}">{}</span>', kind if kind in KINDS else "", text)


def display(*, label: Mapping[Any, str] | None = None, **options: Any) -> Callable[..., Any]:
    """Unfold's display; with ``label`` the method returns (value, text) and a badge is shown, in
    lists and on forms alike (Unfold's own shows the bare pair on a form)."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        if label is None:
            return unfold_display(**options)(method)

        @wraps(method)
        def shown(*arguments: Any) -> Any:
            given = method(*arguments)
            if given is None:
                return None
            value, text = given if isinstance(given, tuple) else (given, given)
            return badge(text, label.get(value, ""))

        return unfold_display(**options)(shown)

    return decorate
