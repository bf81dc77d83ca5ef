from __future__ import annotations

from typing import NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()


class Tool(NamedTuple):
    # How Trix calls it: data-trix-attribute or data-trix-action.
    does: str
    name: str
    label: str | Promise
    icon: str
    key: str = ""


TOOLS = (
    (
        Tool("attribute", "bold", _("Bold"), "format_bold", "b"),
        Tool("attribute", "italic", _("Italic"), "format_italic", "i"),
        Tool("attribute", "underlined", _("Underlined"), "format_underlined", "u"),
        Tool("attribute", "strike", _("Struck through"), "format_strikethrough"),
        Tool("action", "link", _("Link"), "link", "k"),
    ),
    (
        Tool("attribute", "heading2", _("Large heading"), "format_h2"),
        Tool("attribute", "heading3", _("Small heading"), "format_h3"),
        Tool("attribute", "quote", _("Quotation"), "format_quote"),
        Tool("attribute", "bullet", _("List with dots"), "format_list_bulleted"),
        Tool("attribute", "number", _("List with numbers"), "format_list_numbered"),
    ),
    (
        Tool("action", "undo", _("Undo"), "undo", "z"),
        Tool("action", "redo", _("Redo"), "redo", "shift+z"),
    ),
)


@register.simple_tag
def editor_tools() -> tuple[tuple[Tool, ...], ...]:
    return TOOLS
