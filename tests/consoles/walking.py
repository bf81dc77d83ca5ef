"""For tests that open hundreds of pages one after the other and change nothing between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest

from operators.sites import ConsoleSite
from tenants import changes
from tenants.directory import Directory, read_directory


def shorten_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of a page's cost is what every page has: the menu's numbers, the banks by host. They
    are still asked, for each person and in each test, once."""
    _count_the_menu_once(monkeypatch)
    _read_banks_when_they_change(monkeypatch)


def _count_the_menu_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each person; every page still shows the menu, and marks its own entry in a copy."""
    counted: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    count = ConsoleSite._entries

    def entries(
        site: ConsoleSite, request: HttpRequest, group: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        of = (site.name, connection.schema_name, request.user.pk, id(group))
        if of not in counted:
            counted[of] = list(count(site, request, group))
        return (dict(entry) for entry in counted[of])

    monkeypatch.setattr(ConsoleSite, "_entries", entries)


def _read_banks_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the background reader does, which tests go without: the versions at each request."""
    known: list[Directory] = []

    def read() -> Directory:
        known[:] = [read_directory(*known)]
        return known[0]

    monkeypatch.setattr(changes, "read_directory", read)
