"""A small browser without script: follows redirects, keeps cookies, fills the forms of a page."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit
from uuid import uuid4

TIMEOUT_SECONDS = 30
MOST_REDIRECTS = 5
REFUSAL = re.compile(r'class="(?:errorlist[^>]*>\s*<li|fx-refusal"[^>]*)>([^<]+)<')
Filling = str | Sequence[str] | None
TICKED = {"checkbox", "radio"}
IGNORED_INPUTS = {"submit", "button", "image", "reset", "file"}


@dataclass(frozen=True)
class Form:
    action: str
    method: str
    fields: dict[str, str]
    # Names and values of its submit buttons, and its boxes that are not ticked.
    buttons: tuple[tuple[str, str], ...] = ()
    boxes: frozenset[str] = frozenset()
    # What else is sent under a name that stands in ``fields``, in the order of the page.
    repeated: tuple[tuple[str, str], ...] = ()

    def filled(self, values: Mapping[str, Filling]) -> list[tuple[str, str]]:
        """What a browser would send. A list ticks several boxes of one name; None unticks."""
        unknown = set(values) - set(self.fields) - self.boxes
        if unknown:
            raise LookupError(f"The form has no field {sorted(unknown)}")
        kept = [*self.fields.items(), *self.repeated]
        sent = [(name, value) for name, value in kept if name not in values]
        for name, value in values.items():
            each = [value] if isinstance(value, str) else value or ()
            sent += [(name, one) for one in each]
        return sent


@dataclass(frozen=True)
class Page:
    status: int
    address: str
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def forms(self) -> list[Form]:
        parser = _FormParser()
        parser.feed(self.text)
        return parser.forms

    def form(self, *names: str, action: str = "") -> Form:
        """The first form that has all these fields and whose address contains ``action``."""
        for form in self.forms():
            if action in form.action and all(name in form.fields for name in names):
                return form
        raise LookupError(f"{self.address} has no form with {names} {action}: {self.status}")

    def refusal(self) -> str:
        """The first sentence that says what was wrong with the form; empty = nothing was."""
        found = REFUSAL.search(self.text)
        return unescape(found[1]).strip() if found else ""

    def links(self, part: str) -> list[str]:
        parser = _LinkParser()
        parser.feed(self.text)
        return [link for link in parser.links if part in link]


class Browser:
    """One person at one host of the server that listens on ``port`` of this machine."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.cookies: dict[str, str] = {}

    def get(self, address: str, **headers: str) -> Page:
        return self._follow("GET", address, None, headers)

    def post(
        self, address: str, fields: Mapping[str, str] | Sequence[tuple[str, str]], **headers: str
    ) -> Page:
        body = urlencode(fields).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._follow("POST", address, body, {**kind, **headers})

    def send(self, method: str, address: str, document: Any, **headers: str) -> Page:
        """A document as JSON."""
        body = json.dumps(document).encode()
        return self._follow(method, address, body, {"Content-Type": "application/json", **headers})

    def upload(
        self, address: str, fields: Mapping[str, str], name: str, data: bytes, **headers: str
    ) -> Page:
        """A file in the field ``file``, and plain fields beside it."""
        line = uuid4().hex
        parts = [
            f'--{line}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        head = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = f"{''.join(parts)}{head}".encode() + data + f"\r\n--{line}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={line}"}
        return self._follow("POST", address, body, {**kind, **headers})

    def submit(self, page: Page, form: Form, **values: Filling) -> Page:
        """Fill the form of the page as a person would, and send it."""
        address = urljoin(page.address, form.action) if form.action else page.address
        try:
            fields = form.filled(values)
        except LookupError as error:
            raise LookupError(f"{page.address}: {error}") from None
        if form.method == "get":
            return self.get(f"{address}?{urlencode(fields)}")
        return self.post(address, fields)

    def _follow(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Page:
        for _ in range(MOST_REDIRECTS):
            page = self._ask(method, address, body, headers)
            onwards = page.headers.get("location") or page.headers.get("hx-redirect")
            if not onwards:
                return page
            method, address, body, headers = "GET", urljoin(address, onwards), None, {}
        raise RuntimeError(f"{address} redirects for ever")

    def _ask(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        own = {"Host": f"{self.host}:{self.port}"}
        if self.cookies:
            own["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        target = urlsplit(address)._replace(scheme="", netloc="", fragment="").geturl()
        target = quote(target, safe="/?&=%:+,;@")
        try:
            connection.request(method, target, body, {**own, **headers})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        self._keep_cookies(answer.headers.get_all("Set-Cookie") or [])
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Page(answer.status, target, found, text)

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


class _LinkParser(HTMLParser):
    """Where a page leads: links, embedded pages, and what its buttons load."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("href", "src", "hx-get"):
            if value := given.get(name):
                self.links.append(value)


@dataclass
class _Open:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    boxes: set[str] = field(default_factory=set)
    repeated: list[tuple[str, str]] = field(default_factory=list)

    def fill(self, name: str, value: str) -> None:
        if name in self.fields:
            self.repeated.append((name, value))
        else:
            self.fields[name] = value

    def closed(self) -> Form:
        boxes, repeated = frozenset(self.boxes), tuple(self.repeated)
        buttons = tuple(self.buttons)
        return Form(self.action, self.method, self.fields, buttons, boxes, repeated)


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._open: _Open | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = _Open(given.get("action", ""), given.get("method", "get").lower())
        elif self._open is None:
            return
        elif tag == "input":
            self._input(self._open, given)
        elif tag == "button" and given.get("name"):
            self._open.buttons.append((given["name"], given.get("value", "")))
        elif tag == "textarea":
            self._textarea = given.get("name", "")
            self._open.fields[self._textarea] = ""
        elif tag == "select":
            self._select = given.get("name", "")
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or self._select not in self._open.fields)
        ):
            self._open.fields[self._select] = given.get("value", "")

    def _input(self, form: _Open, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text").lower()
        if not name:
            return
        if kind == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif kind in TICKED and "checked" not in given:
            form.boxes.add(name)
        elif kind not in IGNORED_INPUTS:
            form.fill(name, given.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._textarea:
            self._open.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form" and self._open is not None:
            self.forms.append(self._open.closed())
            self._open = None
