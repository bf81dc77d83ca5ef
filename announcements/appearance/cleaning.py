"""Values of single settings: plain JSON in, tidied JSON out, or a sentence for the operator.

Nothing is trusted about the form of what comes in: it may be a form's, a file's or an older
release's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from announcements.appearance import reading, senior
from announcements.appearance.errors import BadSetting
from announcements.appearance.resolving import MAX_FUNCTIONS, OWN
from customers.choices import CustomerGroup

MAX_SLOTS, MAX_CAP, MAX_HOSTS = 12, 1000, 50
AGES = range(50, 101)
LABEL = re.compile(r"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def clean_flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise BadSetting(_("Please choose yes or no."))
    return raw


def clean_skin(raw: Any) -> str | None:
    """None = the skin the bank was opened with."""
    if raw in (None, "", OWN):
        return raw or None
    skin = reading.skins_by_code().get(_text(raw))
    if skin is None:
        raise BadSetting(
            _("There is no skin “%(code)s” in the catalogue. Please choose another.")
            % {"code": _text(raw)}
        )
    if skin.is_festival:
        raise BadSetting(
            _(
                "“%(name)s” is a festival skin: banks that follow festivals wear it in its period. "
                "Please choose a skin for ordinary days."
            )
            % {"name": skin.name}
        )
    return skin.code


def clean_age(raw: Any) -> int | None:
    if raw in (None, ""):
        return None
    if not _is_whole(raw) or raw not in AGES:
        raise BadSetting(
            _("The age is a whole number from %(min)s to %(max)s, or empty.")
            % {"min": AGES[0], "max": AGES[-1]}
        )
    return int(raw)


def clean_functions(raw: Any) -> list[str] | None:
    """None = all of the catalogue in its order."""
    return _codes(raw, reading.function_names(), MAX_FUNCTIONS) or None


def clean_locked_functions(raw: Any) -> list[str]:
    return _codes(raw, reading.function_names(), MAX_FUNCTIONS)


def clean_senior_functions(raw: Any) -> list[str] | None:
    """None = all that the catalogue marks for senior mode, in its order."""
    every = reading.function_names()
    codes = _codes(raw, every, senior.MAX_FUNCTIONS)
    suitable = reading.function_names(in_senior_mode=True)
    unsuitable = [every[code] for code in codes if code not in suitable]
    if unsuitable:
        raise BadSetting(
            _("Not made for senior mode: %(names)s. Please take them out.")
            % {"names": _listed(unsuitable)}
        )
    return codes or None


def clean_functions_by_group(raw: Any) -> list[dict[str, Any]]:
    if not isinstance(raw or [], list):
        raise BadSetting(_("The functions by customer group are a list."))
    names = reading.function_names()
    cleaned = [_clean_entry(entry, names) for entry in raw or []]
    _refuse_twice([entry["group"] for entry in cleaned], dict(CustomerGroup.choices))
    return cleaned


def clean_hosts(raw: Any) -> list[str]:
    if not isinstance(raw or [], list):
        raise BadSetting(_("The allowed hosts are a list."))
    hosts = [clean_host(each) for each in raw or []]
    _refuse_twice(hosts, {})
    if len(hosts) > MAX_HOSTS:
        raise BadSetting(
            _("At most %(max)s hosts; these are %(count)s.")
            % {"max": MAX_HOSTS, "count": len(hosts)}
        )
    return hosts


def clean_host(raw: Any) -> str:
    """A whole name of a host, in the form in which it stands in addresses (``xn--…``)."""
    text = unicodedata.normalize("NFKC", _text(raw)).strip().lower().removesuffix(".")
    if "://" in text or any(mark in text for mark in "/?#@:\\ "):
        raise BadSetting(
            _(
                "“%(host)s”: please write the host alone, such as www.example.com, without "
                "https://, port and path."
            )
            % {"host": text[:100]}
        )
    host = _ascii(text)
    labels = host.split(".")
    if len(labels) < 2 or not all(LABEL.match(label) for label in labels) or len(host) > 253:
        raise _bad_host(text)
    if labels[-1].isdigit():
        raise BadSetting(
            _("“%(host)s” is an IP address; links lead to names of hosts only.") % {"host": text}
        )
    return host


def clean_slots(raw: Any) -> int | None:
    """None = as the catalogue of placements has it."""
    return _number(raw, MAX_SLOTS, _("The number of slots is a whole number from 1 to %(max)s."))


def clean_cap(raw: Any) -> int | None:
    """None = as the catalogue of placements has it."""
    return _number(
        raw,
        MAX_CAP,
        _("The limit of shows is a whole number from 1 to %(max)s. Empty = no limit of one's own."),
    )


def check_appearance(values: Mapping[str, Any]) -> None:
    """What holds between the settings of the group "appearance"."""
    if values["skin"] == OWN and not values["own_palette"]:
        raise BadSetting(_("The skin is the bank's own palette: please give its two colours."))
    shown = values["functions"]
    outside = [code for code in values["locked_functions"] if code not in (shown or ())]
    if shown is not None and outside:
        names = reading.function_names()
        raise BadSetting(
            _(
                "Locked, but not on the home page: %(names)s. Please add them to the home "
                "functions or unlock them."
            )
            % {"names": _listed(names.get(code, code) for code in outside)}
        )


def _clean_entry(entry: Any, names: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(entry, dict) or set(entry) != {"group", "functions"}:
        raise BadSetting(_("Each entry names a customer group and its functions."))
    group = _text(entry["group"])
    if group not in CustomerGroup.values:
        raise BadSetting(_("There is no customer group “%(group)s”.") % {"group": group})
    codes = _codes(entry["functions"], names, MAX_FUNCTIONS)
    if not codes:
        raise BadSetting(
            _("Please choose functions for “%(group)s”, or leave the group out.")
            % {"group": CustomerGroup(group).label}
        )
    return {"group": group, "functions": codes}


def _codes(raw: Any, names: Mapping[str, str], limit: int) -> list[str]:
    if not isinstance(raw or [], list):
        raise BadSetting(_("Functions are a list of codes."))
    codes = [_text(code) for code in raw or []]
    unknown = [code for code in codes if code not in names]
    if unknown:
        raise BadSetting(
            _("Not in the catalogue of functions: %(codes)s. Please choose others.")
            % {"codes": _listed(unknown)}
        )
    _refuse_twice(codes, names)
    if len(codes) > limit:
        raise BadSetting(
            _("At most %(max)s functions; these are %(count)s. Please take some out.")
            % {"max": limit, "count": len(codes)}
        )
    return codes


def _refuse_twice(values: list[str], names: Mapping[str, Any]) -> None:
    twice = {value: names.get(value, value) for value in values if values.count(value) > 1}
    if twice:
        raise BadSetting(_("Named more than once: %(names)s.") % {"names": _listed(twice.values())})


def _number(raw: Any, limit: int, sentence: str) -> int | None:
    if raw in (None, ""):
        return None
    if not _is_whole(raw) or not 1 <= raw <= limit:
        raise BadSetting(sentence % {"max": limit})
    return int(raw)


def _is_whole(raw: Any) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool)


def _ascii(text: str) -> str:
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _bad_host(text) from error


def _bad_host(text: str) -> BadSetting:
    return BadSetting(
        _("“%(host)s” is not the name of a host. One looks like www.example.com.")
        % {"host": text[:100]}
    )


def _text(raw: Any) -> str:
    return raw.strip() if isinstance(raw, str) else str(raw)[:40]


def _listed(names: Collection[Any] | Any) -> str:
    return _(", ").join(str(name) for name in names)
