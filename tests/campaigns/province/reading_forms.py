"""What a browser would post of a page's form as it was opened."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name:
            ticks = given.get("type") in ("checkbox", "radio")
            if (not ticks or "checked" in given) and given.get("type") != "submit":
                self.found.setdefault(name, []).append(given.get("value", "on" if ticks else ""))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.found.setdefault(self.select, []).append(given.get("value", ""))
        elif tag == "textarea":
            self.area = name
            self.found[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area][0] += data


def posted(html: str) -> dict[str, Any]:
    parser = _Controls()
    parser.feed(html)
    drop = ("csrfmiddlewaretoken", "next", "language", "_save", "_continue")
    return {
        name: values if len(values) > 1 else values[0].lstrip("\n")
        for name, values in parser.found.items()
        if name not in drop
    }
