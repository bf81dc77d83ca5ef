"""Tags and groups as people write them, in files and in forms."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from customers.choices import CustomerGroup
from customers.errors import BadTag

MAX_TAG_CHARACTERS = 30
# Between the tags of one cell; other marks inside a tag would be mistaken for it by people.
SEPARATOR = ";"
_MISTAKEN = re.compile(r"[,，、|;]")


def clean_tag(raw: str) -> str:
    """One tag as it is stored. Raises ``BadTag``."""
    tag = " ".join(unicodedata.normalize("NFKC", raw).split())
    if not tag or not tag.isprintable():
        raise BadTag(_("A tag is empty or holds characters that cannot be shown."))
    if len(tag) > MAX_TAG_CHARACTERS:
        raise BadTag(
            _("The tag “%(tag)s…” is longer than %(limit)s characters.")
            % {"tag": tag[:10], "limit": MAX_TAG_CHARACTERS}
        )
    if _MISTAKEN.search(tag):
        raise BadTag(
            _("“%(tag)s”: write a semicolon (;) between tags; a tag holds no comma.") % {"tag": tag}
        )
    return tag


def split(text: str) -> list[str]:
    """The parts between semicolons, half or full width, each once and in order."""
    parts = unicodedata.normalize("NFKC", text).split(SEPARATOR)
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def group_codes() -> list[str]:
    return list(CustomerGroup.values)
