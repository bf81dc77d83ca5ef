"""Every address that a host answers, with its parameters filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:([a-z]+):)?\w+>")
# What a place of this kind can hold; anything else would not reach a view.
FITTING: dict[str, Callable[[str], object]] = {
    "int": str.isdecimal,
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch,
}
# Signs the crawler out, or answers with another language from then on.
LEFT_OUT = ("logout", "i18n/")


def routes_of(urlconf: str) -> list[str]:
    return sorted(set(_walk(get_resolver(urlconf).url_patterns, "")))


def _walk(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for entry in patterns:
        route = prefix + str(entry.pattern).lstrip("^").rstrip("$").replace(r"\Z", "")
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, route)
        elif not any(word in route for word in LEFT_OUT):
            yield "/" + route


def addresses_of(route: str, values: Iterable[str]) -> Iterator[str]:
    """The route with every value that fits in each of its places."""
    places = list(PARAMETER.finditer(route))
    if "(?P" in route:  # Django's own catch-all at the end of an admin site
        return
    fitting = [[each for each in values if FITTING.get(place[1], bool)(each)] for place in places]
    for combination in itertools.islice(itertools.product(*fitting), 400):
        address = route
        for place, value in zip(places, combination, strict=True):
            address = address.replace(place[0], value, 1)
        yield address
