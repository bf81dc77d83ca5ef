"""What the tour stands on: the running product, people at their consoles, customers' phones."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from demo.browsing import Browser, Filling, Form, Page
from demo.tokens import customer_token

READY_SECONDS, STOP_SECONDS = 90, 40
STEADY = 6
# The product stands behind one proxy, and a partner's callbacks may go to this machine.
AROUND = {"PROXY_COUNT": "1", "WEBHOOK_LOCAL": "1"}


class TourFailed(Exception):
    """The first thing that is not as it should be; the tour ends here."""


def check(condition: object, sentence: str) -> None:
    if not condition:
        raise TourFailed(sentence)


def wait_for(condition: Callable[[], object], seconds: float, sentence: str) -> float:
    """Seconds until the condition held several times in a row: several processes answer."""
    began = time.monotonic()
    while not all(condition() for _ in range(STEADY)):
        check(time.monotonic() - began < seconds, f"{sentence} (waited {seconds:.0f} s)")
        time.sleep(0.1)
    return time.monotonic() - began


def command(*words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """A management command as a person runs it; its progress stays visible unless ``quiet``."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if quiet else None, text=True, check=False,
    )  # fmt: skip


def command_json(*words: str) -> dict[str, Any]:
    done = command(*words, "--json")
    check(done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}: {done.stdout}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


class Product:
    """Web server, worker and beat, started as ``make run`` does."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        os.environ["PORT"] = str(self.port)  # commands print addresses
        folder = Path(os.environ.get("FUXIANG_LOCAL_DIR", "."))
        self.log = folder / "tour.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "config.serve"],
                env={**os.environ, "DEMO": "0", **AROUND},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        return wait_for(self._is_ready, READY_SECONDS, "the product does not get ready")

    def _is_ready(self) -> bool:
        check(self._process and self._process.poll() is None, f"it ended at once: {self.tail()}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> int:
        """As Ctrl-C does; returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def tail(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-25:])


@dataclass
class Phone:
    """The mobile app's server side, calling for one customer (none: a visitor)."""

    port: int
    bank: str
    customer: str = ""
    # Whose token it shows; another bank's when something is amiss.
    token_of: str = ""
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = customer_token(self.token_of or self.bank, self.customer)

    def get(self, path: str, **headers: str) -> Page:
        return self._browser().get(self._address(path), **self._headers(headers))

    def post(self, path: str) -> Page:
        return self._browser().post(self._address(path), {}, **self._headers({}))

    def send(self, method: str, path: str, document: Any, **headers: str) -> Page:
        """A document as JSON."""
        own = self._headers(headers)
        return self._browser().send(method, self._address(path), document, **own)

    def home(self, mode: str = "") -> dict[str, Any]:
        page = self.get(f"home?mode={mode}" if mode else "home")
        check(page.status == 200, f"home of {self.bank} answers {page.status}: {page.text[:200]}")
        document: dict[str, Any] = page.json
        return document

    def ad(self, alt: str) -> dict[str, Any] | None:
        """The ad with this description on the home page, as it came."""
        shown = chain.from_iterable(self.home()["placements"].values())
        return next((ad for ad in shown if ad["alt"] == alt), None)

    def at_host(self, address: str) -> Page:
        """Any address of the bank's host, such as a picture's."""
        return self._browser().get(address)

    def _browser(self) -> Browser:
        return Browser(f"{self.bank}.{settings.BASE_DOMAIN}", self.port)

    def _address(self, path: str) -> str:
        return f"/api/channel/v1/{path}"

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **more}

    def sees(self, title: str) -> bool:
        return title in self.titles()

    def titles(self) -> dict[str, str]:
        """Ids of the announcements on the home page, by title."""
        return {item["title"]: item["id"] for item in self.home()["announcements"]}


class Console:
    """One operator in front of a console."""

    def __init__(self, host: str, port: int, username: str, password: str = "") -> None:
        self.browser = Browser(f"{host}.{settings.BASE_DOMAIN}", port)
        self.username = username
        password = password or settings.DEMO_PASSWORD
        page = self.open("/admin/login/")
        form = page.form("username", "password")
        page = self.browser.submit(page, form, username=username, password=password)
        check(page.status == 200, f"{username}@{host} signs in: {page.status}")
        check("/login" not in page.address, f"{username}@{host} cannot sign in")

    def open(self, address: str) -> Page:
        return self.browser.get(address)

    def find(self, room: str, title: str, tab: str = "all") -> Page:
        """The page of the row with this title, by way of its list's search."""
        listed = self.open(f"/admin/{room}/?q={title}&tab={tab}")
        check(listed.status == 200, f"the list {room} answers {listed.status} to {self.username}")
        links = [link for link in listed.links("/change/") if f"/admin/{room}/" in link]
        check(links, f"{self.username} does not find “{title}” in {room}")
        return self.open(links[0])

    def press(self, page: Page, button: str, **values: Filling) -> Page:
        """A button of the page that asks in a dialog; fills the dialog and confirms."""
        links = page.links(f"/{button}/")
        check(links, f"{self.username} is offered no “{button}” on {page.address}")
        dialog = self.browser.get(links[0], **{"HX-Request": "true"})
        check(dialog.status == 200, f"the dialog {links[0]} answers {dialog.status}")
        return self._confirm(dialog, dialog.form("csrfmiddlewaretoken"), values)

    def answer(self, review: Page, verb: str, *, status: int = 200, **values: Filling) -> Page:
        """A verb of a review page: approve, send-back, withdraw, rebase."""
        return self._confirm(review, review.form(action=f"/{verb}/"), values, status)

    def _confirm(
        self, page: Page, form: Form, values: Mapping[str, Filling], status: int = 200
    ) -> Page:
        done = self.browser.submit(page, form, **values)
        told = f"{self.username} at {page.address}: {done.status} {done.refusal()}"
        check(done.status == status, told)
        return done

    def draft(self, title: str, body: str, *boxes: str) -> Page:
        """A new announcement, live from now on; the page that answers."""
        page = self.open("/admin/announcements/announcement/add/")
        ticks = dict.fromkeys(boxes, "on")
        starts = local(timezone.now()).strftime("%Y-%m-%dT%H:%M")
        form = page.form("title", "body")
        return self.browser.submit(
            page, form, title=title, body=body, starts_at=starts, ends_at="", **ticks
        )

    def propose(self, title: str, body: str, *boxes: str) -> None:
        """Draft it, and submit it for review."""
        saved = self.draft(title, body, *boxes)
        check("/add/" not in saved.address, f"the draft “{title}” was not saved")
        self.press(self.find("announcements/announcement", title), "submit")

    def review(self, title: str, tab: str = "all") -> Page:
        return self.find("approvals/request", title, tab)


def local(moment: datetime) -> datetime:
    return timezone.localtime(moment)
