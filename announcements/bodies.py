"""Rich text of announcements: what is allowed, what is refused, what is quietly tidied.

A text with anything active in it (script, event handler, embedded page) is refused as a whole:
stripping it silently would publish something else than what the maker saw. Foreign styling, as a
paste from Word brings it, is dropped.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import nh3
from django.utils.translation import gettext_lazy as _

from announcements.errors import BadContent


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS = _words("p br strong em u s h2 h3 h4 ul ol li blockquote a")
MAX_RAW_CHARACTERS = 100_000
MAX_TEXT_CHARACTERS = 10_000

_ACTIVE = _words(
    "script style iframe frame frameset object embed applet form input button textarea select "
    "link meta base svg math template noscript"
)
_PICTURES = _words("img picture figure video audio source canvas")
# What the editor writes for what we store.
_TO_STORED = {"div": "p", "h1": "h2", "h5": "h4", "h6": "h4", "del": "s", "strike": "s",
              "b": "strong", "i": "em", "pre": "p"}  # fmt: skip
_TO_EDITOR = {"p": "div", "s": "del"}
_URL_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b([^>]*)>")
_EMPTY_END = re.compile(r"(?:<p>(?:\s|<br>|&nbsp;)*</p>\s*|<br>\s*)+\Z")
_BREAK_AT_END = re.compile(r"(?:<br>)+(?=</(?:blockquote|li)>)")
_MARKUP = re.compile(r"<[^>]*>")

_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"a": {"href"}},
    url_schemes={"https"},
    url_relative="deny",
    link_rel="noopener noreferrer",
    clean_content_tags={"script", "style"},
    strip_comments=True,
)


class _Inspector(HTMLParser):
    """Raises at the first thing that must not be in a text. Entities arrive resolved."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ACTIVE:
            raise _refusal(f"<{tag}>")
        if tag in _PICTURES:
            raise BadContent(
                _("Pictures cannot be placed in the text of an announcement. Please remove them."),
                field="body",
                code="body_picture",
            )
        for name, value in attrs:
            self._inspect_attribute(name, value or "")

    def _inspect_attribute(self, name: str, value: str) -> None:
        if name.startswith("on") or name in {"srcdoc", "formaction"}:
            raise _refusal(name)
        if name in {"href", "src", "action", "xlink:href"}:
            address = _URL_BLANKS.sub("", value).lower()
            if address.startswith(("javascript:", "vbscript:", "data:")):
                raise _refusal(address.partition(":")[0] + ":")
            if name == "href" and not address.startswith("https://"):
                raise BadContent(
                    _("Links must begin with https://. Please correct: %(link)s")
                    % {"link": value[:80]},
                    field="body",
                    code="body_link",
                )


def _refusal(found: str) -> BadContent:
    return BadContent(
        _(
            "The text contains program code (%(found)s), which customers' phones must never run. "
            "Please remove it and save again; nothing was saved."
        )
        % {"found": found},
        field="body",
        code="body_script",
    )


def _rename(html: str, names: dict[str, str]) -> str:
    return _TAG.sub(lambda tag: f"<{tag[1]}{names.get(tag[2].lower(), tag[2])}{tag[3]}>", html)


def clean_body(raw: str) -> str:
    """The body as it is stored. Raises ``BadContent`` with a sentence for the maker."""
    if len(raw) > MAX_RAW_CHARACTERS:
        raise _too_long()
    raw = raw.replace("\x00", "")
    inspector = _Inspector(convert_charrefs=True)
    inspector.feed(raw)
    inspector.close()
    body = _EMPTY_END.sub("", sanitise(_rename(raw, _TO_STORED)).strip())
    text = plain_text(body)
    if not text:
        raise BadContent(
            _("Please write the text of the announcement."), field="body", code="body_empty"
        )
    if len(text) > MAX_TEXT_CHARACTERS:
        raise _too_long()
    return body


def _too_long() -> BadContent:
    return BadContent(
        _("The text is too long: at most %(limit)s characters.") % {"limit": MAX_TEXT_CHARACTERS},
        field="body",
        code="body_too_long",
    )


def sanitise(html: str) -> str:
    """Only the allowed tags, whatever comes in; applied again to everything that goes out."""
    return _CLEANER.clean(html)


def editor_html(body: str) -> str:
    """A stored body in the words of the editor, so that opening and saving changes nothing.

    The editor runs paragraphs together: it knows ``div`` between blocks, and breaks inside one.
    """
    depth = 0

    def swapped(tag: re.Match[str]) -> str:
        nonlocal depth
        closing, name = tag[1], tag[2].lower()
        if name in {"blockquote", "li"}:
            depth += -1 if closing else 1
        if name == "p" and depth:
            return "<br>" if closing else ""
        return f"<{closing}{_TO_EDITOR.get(name, name)}{tag[3]}>"

    return _BREAK_AT_END.sub("", _TAG.sub(swapped, body))


def plain_text(body: str) -> str:
    return " ".join(unescape(_MARKUP.sub(" ", body)).replace("\xa0", " ").split())


def excerpt(body: str, length: int = 60) -> str:
    text = plain_text(body)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
