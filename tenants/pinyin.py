from __future__ import annotations

from collections.abc import Callable
from functools import cache


def name_key(name: str) -> str:
    """By what a Chinese name is ordered: its pinyin, one blank between syllables."""
    return " ".join(_reader()(name)).lower()[:200]


@cache
def _reader() -> Callable[[str], list[str]]:
    """Imported when first asked: its dictionaries are a third of the memory of a process, and few
    processes ever name anything."""
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
    return lazy_pinyin
