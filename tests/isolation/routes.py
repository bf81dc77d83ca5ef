"""Every address that a host answers, with its parameters filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:[a-z]+:)?\w+>")
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
    """The route with every value in each of its places (one at a time in the others)."""
    places = PARAMETER.findall(route)
    if "(?P" in route:  # Django's own catch-all at the end of an admin site
        return
    for combination in itertools.islice(itertools.product(values, repeat=len(places)), 400):
        address = route
        for place, value in zip(places, combination, strict=True):
            address = address.replace(place, value, 1)
        yield address
