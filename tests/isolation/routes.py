"""Every address that a host answers, with its parameters filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:([a-z]+):)?(\w+)>")
# A page of one row of an admin's list.
ROW = re.compile(r"/admin/(\w+)/(\w+)/<path:object_id>/")
# What a place of this kind can hold; anything else would not reach a view.
FITTING: dict[str, Callable[[str], object]] = {
    "int": str.isdecimal,
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch,
}
# Words beside the ids: with any other, the view ends before it looks for the row.
WORDS = {"environment": ("sandbox", "production"), "schema": ("b_alpha", "b_beta", "public")}
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


def model_of(route: str) -> type[Model] | None:
    found = ROW.match(route)
    return apps.get_model(found[1], found[2]) if found else None


def addresses_of(route: str, values: Iterable[str]) -> Iterator[str]:
    """The route with every value that fits in each of its places."""
    places = list(PARAMETER.finditer(route))
    if "(?P" in route:  # Django's own catch-all at the end of an admin site
        return
    fitting = [
        WORDS.get(place[2]) or [each for each in values if FITTING.get(place[1], bool)(each)]
        for place in places
    ]
    for combination in itertools.islice(itertools.product(*fitting), 400):
        address = route
        for place, value in zip(places, combination, strict=True):
            address = address.replace(place[0], value, 1)
        yield address
