"""``PUT preferences``: the skin, the mode and the home functions that a customer chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from announcements.appearance import reading
from announcements.appearance.resolving import MAX_FUNCTIONS, OWN, is_offered
from announcements.choices import Mode
from customers.errors import CustomersOnly
from customers.preferences import CHOICES, preference_of, save_preferences
from mobile.api.home import ENCODER
from mobile.api.schema import answers
from mobile.api.serializers import PreferenceChange, PreferencesChosen
from mobile.api.views import ChannelView
from mobile.editions import current_feed
from mobile.errors import BadBody, NotOffered

if TYPE_CHECKING:
    from customers.models import Preference
    from tenants.models import Bank

MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is, and what of it this bank lets its customers choose."""

    skins: frozenset[str]
    offered_skins: frozenset[str]
    functions: frozenset[str]
    may_choose_skin: bool
    may_choose_functions: bool
    # Cannot be left out.
    locked_functions: tuple[str, ...]


def allowed_choices(bank: Bank, at: datetime) -> Choices:
    values = current_feed(bank).appearance
    skins, functions = reading.skins_by_code(), frozenset(reading.function_names())
    known = frozenset({*skins, OWN})
    return Choices(
        skins=known,
        offered_skins=frozenset(code for code in known if is_offered(code, values, skins, at)),
        functions=functions,
        may_choose_skin=bool(values["customer_skin"]),
        may_choose_functions=bool(values["customer_functions"]),
        locked_functions=tuple(c for c in values["locked_functions"] if c in functions),
    )


class PreferencesView(ChannelView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.caller.is_customer:
            raise CustomersOnly(_("Only signed-in customers have preferences."))

    @extend_schema(operation_id="getPreferences", responses=answers(PreferencesChosen))
    def get(self, request: Request) -> HttpResponse:
        """What the customer has chosen; empty and null: as the bank has it."""
        return _respond(preference_of(self.caller.customer_number))

    @extend_schema(
        operation_id="setPreferences",
        request=PreferenceChange,
        responses=answers(PreferencesChosen, 400, 409),
    )
    def put(self, request: Request) -> HttpResponse:
        """Keys that are left out keep their value; an empty text or null goes back to the bank's
        own. Senior mode can always be chosen."""
        wanted = _read(request._request.body)
        bank = request._request.tenant  # type: ignore[attr-defined]
        _check(wanted, allowed_choices(bank, self.at))
        number = self.caller.customer_number
        return _respond(save_preferences(customer_number=number, choices=wanted, at=self.at))


def _respond(preference: Preference) -> HttpResponse:
    body = ENCODER.encode({name: getattr(preference, name) for name in CHOICES})
    return HttpResponse(
        body, content_type="application/json", headers={"Cache-Control": "private, no-store"}
    )


def _read(body: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadBody(_("The body is not JSON.")) from error
    if not isinstance(document, dict):
        raise BadBody(_('The body must be a JSON object like {"mode": "senior"}.'))
    for name in document:
        if name not in CHOICES:
            raise BadBody(
                _("There is no “%(name)s”; you may send skin, mode and functions.")
                % {"name": name[:MAX_SHOWN]}
            )
    return document


def _check(wanted: Mapping[str, Any], choices: Choices) -> None:
    """First what is nonsense, then what the bank does not allow."""
    if "mode" in wanted:
        _check_mode(wanted["mode"])
    if "skin" in wanted:
        _check_skin(wanted["skin"], choices)
    if wanted.get("functions") is not None:
        _check_functions(wanted["functions"], choices)
    if wanted.get("skin"):
        _check_skin_is_offered(wanted["skin"], choices)
    if wanted.get("functions") is not None:
        _check_functions_are_offered(wanted["functions"], choices)


def _check_mode(mode: Any) -> None:
    if mode != "" and mode not in Mode.values:
        raise BadBody(_("mode: choose standard or senior, or an empty text for the bank's own."))


def _check_skin(skin: Any, choices: Choices) -> None:
    if not isinstance(skin, str):
        raise BadBody(_("skin: give the code of a skin, or an empty text for the bank's own."))
    if skin and skin not in choices.skins:
        raise BadBody(_("skin: there is no skin “%(code)s”.") % {"code": skin[:MAX_SHOWN]})


def _check_functions(functions: Any, choices: Choices) -> None:
    if not isinstance(functions, list) or not all(isinstance(code, str) for code in functions):
        raise BadBody(_("functions: give a list of codes, or null for the bank's own."))
    if len(functions) > MAX_FUNCTIONS:
        raise BadBody(
            _("functions: choose at most %(limit)s, not %(count)s.")
            % {"limit": MAX_FUNCTIONS, "count": len(functions)}
        )
    for position, code in enumerate(functions):
        if code not in choices.functions:
            raise BadBody(
                _("functions: there is no function “%(code)s”.") % {"code": code[:MAX_SHOWN]}
            )
        if code in functions[:position]:
            raise BadBody(_("functions: “%(code)s” stands there twice.") % {"code": code})


def _check_skin_is_offered(skin: str, choices: Choices) -> None:
    if not choices.may_choose_skin:
        raise NotOffered(
            _("skin: this bank does not let customers choose the skin."), code="skin_not_allowed"
        )
    if skin not in choices.offered_skins:
        raise NotOffered(
            _("skin: “%(code)s” cannot be chosen at this time.") % {"code": skin},
            code="skin_not_offered",
        )


def _check_functions_are_offered(functions: list[str], choices: Choices) -> None:
    if not choices.may_choose_functions:
        raise NotOffered(
            _("functions: this bank does not let customers arrange their functions."),
            code="functions_not_allowed",
        )
    missing = [code for code in choices.locked_functions if code not in functions]
    if missing:
        raise NotOffered(
            _("functions: these cannot be removed: %(codes)s.") % {"codes": ", ".join(missing)},
            code="locked_functions_missing",
        )
