from __future__ import annotations

from pypinyin import lazy_pinyin, load_phrases_dict

# 行 alone is read xíng; in a bank's words it is háng.
load_phrases_dict(
    {
        "总行": [["zǒng"], ["háng"]],
        "分行": [["fēn"], ["háng"]],
        "支行": [["zhī"], ["háng"]],
        "商行": [["shāng"], ["háng"]],
    }
)


def name_key(name: str) -> str:
    """By what a Chinese name is ordered: its pinyin, one blank between syllables."""
    return " ".join(lazy_pinyin(name)).lower()[:200]
