"""Addresses of rooms that are still being built."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path


def optional(module: str, prefix: str = "") -> list[URLPattern | URLResolver]:
    return [path(prefix, include(module))] if find_spec(module) else []
