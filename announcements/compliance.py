"""What the compliance check looks at in an announcement."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from announcements.bodies import sanitise
from publishing.compliance.subjects import Link, Subject, only

if TYPE_CHECKING:
    from publishing.envelopes import Envelope

# Between two blocks no word goes on; inside one, marks of emphasis part nothing.
_BLOCK_ENDS = re.compile(r"</(?:p|h2|h3|h4|li|blockquote)>|<br\s*/?>")
_MARKUP = re.compile(r"<[^>]*>")
_ADDRESSES = re.compile(r'<a\b[^>]*\bhref="([^"]*)"')


def describe(envelope: Envelope) -> Subject:
    payload = envelope["payload"]
    body = sanitise(payload["body"])
    addresses = dict.fromkeys(unescape(each) for each in _ADDRESSES.findall(body))
    return Subject(
        texts=only([(_("Text"), words_of(body))]),
        links=tuple(Link("url", each) for each in addresses),
        must_end=False,
        for_seniors=bool(payload.get("for_seniors", False)),
    )


def words_of(body: str) -> str:
    return unescape(_MARKUP.sub("", _BLOCK_ENDS.sub("\n", body))).strip()
