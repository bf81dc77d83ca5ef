from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _


def yuan(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def meant(grade: str, class_name: str) -> str:
    return " ".join(part for part in (grade, class_name) if part) or _("all students")


def plain_name(name: str) -> str:
    """However it was typed: half-width, without blanks, in one case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def masked_name(name: str) -> str:
    """张三 → 张*, 欧阳小明 → 欧**明."""
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if len(name) <= 2:
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * min(len(name) - 2, 6)}{name[-1]}"
