"""Markdown of the catalogue as HTML: headings, lists, paragraphs, bold and code. Everything else is
shown as it was typed."""

from __future__ import annotations

import re
from itertools import groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_HEADING = re.compile(r"\A(#{1,4})\s+(.*)")
_ITEM = re.compile(r"\A(?:[-*]|(\d+)[.)])\s+(.*)")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
)


def rendered(text: str) -> SafeString:
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return mark_safe("\n".join(_block(block) for block in blocks if block))  # noqa: S308 - escaped


def _block(block: str) -> str:
    parts = []
    for kind, lines in groupby(block.split("\n"), _kind):
        parts.append(_WAYS[kind](list(lines)))
    return "".join(parts)


def _kind(line: str) -> str:
    if _HEADING.match(line):
        return "heading"
    item = _ITEM.match(line)
    if item is None:
        return "text"
    return "numbered" if item[1] else "listed"


def _headings(lines: list[str]) -> str:
    # The page has a heading of its own above.
    found = [match for line in lines if (match := _HEADING.match(line))]
    return "".join(f"<h4>{_inline(match[2])}</h4>" for match in found)


def _listed(lines: list[str]) -> str:
    return "".join(
        f"<li>{_inline(match[2])}</li>" for line in lines if (match := _ITEM.match(line))
    )


_WAYS = {
    "heading": _headings,
    "text": lambda lines: f"<p>{'<br>'.join(_inline(line) for line in lines)}</p>",
    "listed": lambda lines: f"<ul>{_listed(lines)}</ul>",
    "numbered": lambda lines: f"<ol>{_listed(lines)}</ol>",
}


def _inline(text: str) -> str:
    found = str(escape(text.strip()))
    for pattern, shown in _INLINE:
        found = pattern.sub(shown, found)
    return found
