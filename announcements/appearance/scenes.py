"""The picture behind a skin's head: one drawing for each skin that we bring."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

from announcements.appearance.resolving import OWN

FOLDER = "preview/skins"


def scene_address(code: str) -> str:
    """A skin of the platform's own making wears the plain one."""
    return static(f"{FOLDER}/{code if _is_drawn(code) else OWN}.svg")


@cache
def _is_drawn(code: str) -> bool:
    return (Path(settings.BASE_DIR) / "static" / FOLDER / f"{code}.svg").is_file()
