from __future__ import annotations

from html.parser import HTMLParser


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attrs = dict(given)
        name = attrs.get("name")
        if not name:
            return
        if tag == "textarea":
            self._textarea = name
            self.found.append((name, ""))
        if tag == "input" and (
            attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs
        ):
            usual = "on" if attrs.get("type") == "checkbox" else ""
            self.found.append((name, attrs.get("value", usual) or ""))

    def handle_data(self, data: str) -> None:
        if self._textarea:
            name, text = self.found.pop()
            self.found.append((name, text + data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None


def successful_controls(html: str) -> list[tuple[str, str]]:
    """Names and values that a browser would send of a form, as it stands."""
    parser = _Controls()
    parser.feed(html)
    return parser.found
