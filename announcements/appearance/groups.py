"""The two groups of settings that the province governs field by field: how a bank's app looks, and
what its placements do. ``resolving`` says what their values mean for a customer.

A built-in value of None means "as the catalogue has it" where the catalogue has something to say:
nothing here asks the database before an operator does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from announcements.appearance import cleaning, fields, showing
from announcements.appearance.palettes import clean_palette
from announcements.choices import PlacementCode
from publishing.locks import Group, Setting, register

if TYPE_CHECKING:
    from django.forms import Field

APPEARANCE, PLACEMENTS = "appearance", "placements"
LOOK, HOME, SENIOR = _("Look"), _("Home functions"), _("Senior mode")


def _setting(
    key: str,
    label: str | Promise,
    builtin: Any,
    clean: Callable[[Any], Any],
    show: Callable[[Any], str],
    field: Callable[..., Field],
    **more: Any,
) -> Setting:
    form_field = partial(field, label=label, help_text=more.get("help_text", ""), required=False)
    return Setting(key, label, builtin, clean, show, form_field, **more)


def _flag(key: str, label: str | Promise, builtin: bool, **more: Any) -> Setting:
    return _setting(
        key, label, builtin, cleaning.clean_flag, showing.show_flag, fields.flag_field, **more
    )


def _look() -> Iterator[Setting]:
    yield _setting(
        "skin", _("skin"), None, cleaning.clean_skin, showing.show_skin, fields.SkinField,
        section=LOOK,
        help_text=_("What customers see on ordinary days, unless they choose another."),
    )  # fmt: skip
    yield _setting(
        "own_palette", _("own palette"), None, clean_palette, showing.show_palette,
        fields.PaletteField, section=LOOK,
        help_text=_("White words stand on the primary colour: their contrast is at least 4.5 : 1."),
    )  # fmt: skip
    yield _flag(
        "follow_festivals", _("follow festivals"), False, section=LOOK,
        help_text=_("Customers see the province's festival skins in their periods."),
    )  # fmt: skip
    yield _flag(
        "customer_skin", _("customers choose their skin"), True, section=LOOK,
        help_text=_("A customer's own choice also stands during festivals."),
    )  # fmt: skip


def _home_functions() -> Iterator[Setting]:
    yield _setting(
        "functions", _("functions and their order"), None, cleaning.clean_functions,
        showing.show_functions, fields.functions_field, section=HOME,
        help_text=_("At most 12. Nothing chosen = all of the catalogue, in its order."),
    )  # fmt: skip
    yield _setting(
        "locked_functions", _("locked functions"), [], cleaning.clean_locked_functions,
        showing.show_locked_functions, fields.locked_functions_field, section=HOME,
        help_text=_("Customers cannot remove these; each is one of the home functions."),
    )  # fmt: skip
    yield _setting(
        "functions_by_group", _("functions by customer group"), [],
        cleaning.clean_functions_by_group, showing.show_functions_by_group,
        fields.FunctionsByGroupField, section=HOME,
        help_text=_("A customer of several groups gets the functions of the first of them."),
    )  # fmt: skip
    yield _flag(
        "customer_functions", _("customers arrange their functions"), True, section=HOME,
        help_text=_("Locked functions stay, in front of what the customer has chosen."),
    )  # fmt: skip


def _senior_mode() -> Iterator[Setting]:
    yield _setting(
        "senior_functions", _("functions in senior mode"), None, cleaning.clean_senior_functions,
        showing.show_senior_functions, fields.senior_functions_field, section=SENIOR,
        help_text=_(
            "At most 8, of those made for senior mode. Nothing chosen = all of these, in the "
            "catalogue's order."
        ),
    )  # fmt: skip
    yield _setting(
        "senior_from_age", _("senior mode from the age of"), None, cleaning.clean_age,
        showing.show_age, fields.age_field, section=SENIOR,
        help_text=_(
            "Customers of this age begin in senior mode; they can leave it at any time. "
            "Empty = only who switches to it."
        ),
    )  # fmt: skip


def _placements() -> Iterator[Setting]:
    yield _setting(
        "link_hosts", _("hosts that links may lead to"), [], cleaning.clean_hosts,
        showing.show_hosts, fields.HostsField, section=_("Links"),
        help_text=_(
            "One to a line, such as www.example.com, each exactly as it stands in the address. "
            "Empty = no links to outside addresses."
        ),
    )  # fmt: skip
    for code, name in PlacementCode.choices:
        yield from _placement(code, name)


def _placement(code: str, name: str | Promise) -> Iterator[Setting]:
    yield _flag(f"{code}.enabled", _("in use"), True, section=name)
    yield _setting(
        f"{code}.slots", _("slots"), None, cleaning.clean_slots, showing.show_number,
        fields.slots_field, section=name,
        help_text=_(
            "From 1 to 12. Empty = as the catalogue has it. The province's slots always stay."
        ),
    )  # fmt: skip
    yield _setting(
        f"{code}.daily_cap", _("shows per customer a day"), None, cleaning.clean_cap,
        showing.show_number, fields.cap_field, section=name,
        help_text=_("Over all ads here. Empty = as the catalogue has it."),
    )  # fmt: skip


APPEARANCE_GROUP = Group(
    APPEARANCE,
    _("appearance"),
    (*_look(), *_home_functions(), *_senior_mode()),
    check=cleaning.check_appearance,
)
PLACEMENTS_GROUP = Group(PLACEMENTS, _("placements"), tuple(_placements()))


def register_groups() -> None:
    register(APPEARANCE_GROUP)
    register(PLACEMENTS_GROUP)
