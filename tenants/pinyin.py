from __future__ import annotations

from pypinyin import lazy_pinyin


def name_key(name: str) -> str:
    """By what a Chinese name is ordered: its pinyin, one blank between syllables."""
    return " ".join(lazy_pinyin(name)).lower()[:200]
