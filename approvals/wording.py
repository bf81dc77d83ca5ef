"""Values as a checker reads them, and where two texts differ."""

from __future__ import annotations

import re
from datetime import datetime
from difflib import SequenceMatcher
from html import escape, unescape

from django.utils import timezone

# Chinese character by character, other scripts word by word.
_TOKEN = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|h[1-6]|li|blockquote)>|<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
# Comparing is quadratic at worst; longer texts are shown unmarked.
_MOST_TOKENS = 6000


def moment(value: datetime | None, none: object) -> str:
    if value is None:
        return str(none)
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


def text_of(html: str) -> str:
    """The words of some markup, one line per block."""
    lines = unescape(_TAG.sub("", _BLOCK_END.sub("\n", html))).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as markup, with what went marked <del> and what came marked <ins>."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) + len(new) > _MOST_TOKENS:
        return _lines(escape(before)), _lines(escape(after))
    left, right = [], []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for verdict, i1, i2, j1, j2 in matcher.get_opcodes():
        left.append(_mark("".join(old[i1:i2]), "del" if verdict != "equal" else ""))
        right.append(_mark("".join(new[j1:j2]), "ins" if verdict != "equal" else ""))
    return _lines("".join(left)), _lines("".join(right))


def _mark(text: str, tag: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if tag and text else escape(text)


def _lines(html: str) -> str:
    return html.replace("\n", "<br>")
