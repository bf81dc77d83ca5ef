"""Values of settings as a person reads them: in reviews, differences and lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from announcements.appearance import reading
from announcements.appearance.contrast import contrast, figure, words_on
from announcements.appearance.resolving import OWN
from customers.choices import CustomerGroup


def show_flag(value: Any) -> str:
    return _("yes") if value else _("no")


def show_skin(value: Any) -> str:
    if value is None:
        return _("the skin the bank was opened with")
    if value == OWN:
        return _("the bank's own palette")
    skin = reading.skins_by_code().get(value)
    return skin.name if skin is not None else str(value)


def show_palette(value: Any) -> str:
    if not value:
        return _("none")
    ratio = figure(contrast(value["primary"], words_on(value["primary"])))
    return _("primary %(primary)s (contrast %(ratio)s : 1), accent %(accent)s") % {
        **value,
        "ratio": ratio,
    }


def show_age(value: Any) -> str:
    return _("not by age") if value is None else _("from %(age)s years") % {"age": value}


def show_functions(value: Any) -> str:
    """With their numbers: the order is part of the setting."""
    if value is None:
        return _("all of the catalogue, in its order")
    names = reading.function_names()
    return _numbered(names.get(code, code) for code in value) or _("none")


def show_senior_functions(value: Any) -> str:
    if value is None:
        return _("all that are made for senior mode, in the catalogue's order")
    return show_functions(value)


def show_locked_functions(value: Any) -> str:
    names = reading.function_names()
    return _(", ").join(names.get(code, code) for code in value or ()) or _("none")


def show_functions_by_group(value: Any) -> str:
    groups = dict(CustomerGroup.choices)
    lines = [
        f"{groups.get(entry['group'], entry['group'])}: {show_functions(entry['functions'])}"
        for entry in value or ()
    ]
    return "\n".join(lines) or _("the same for everybody")


def show_hosts(value: Any) -> str:
    return _(", ").join(value or ()) or _("none")


def show_number(value: Any) -> str:
    return _("as the catalogue has it") if value is None else str(value)


def _numbered(names: Iterable[str]) -> str:
    return "  ".join(f"{number}. {name}" for number, name in enumerate(names, start=1))
