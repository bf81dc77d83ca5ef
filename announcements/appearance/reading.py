"""What the catalogue holds for appearance: the only queries of this package."""

from __future__ import annotations

from announcements.catalogue.models import AppFunction, Skin


def skins_by_code() -> dict[str, Skin]:
    """In the catalogue's order; the rows are what ``resolving`` asks for."""
    return {skin.code: skin for skin in Skin.objects.all()}


def function_names(*, in_senior_mode: bool = False) -> dict[str, str]:
    functions = AppFunction.objects.all()
    if in_senior_mode:
        functions = functions.filter(in_senior_mode=True)
    return dict(functions.values_list("code", "name"))
