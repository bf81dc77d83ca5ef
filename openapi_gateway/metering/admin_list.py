"""The list of calls: filters that only ask, and pages that ``listing`` reads."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, cast

from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.choices import Environment
from openapi_gateway.metering import listing, names
from openapi_gateway.metering.choices import OK, UNKNOWN
from openapi_gateway.metering.listing import FAILED, REFUSED, Asked, CallPage, Place
from openapi_gateway.metering.models import CallLog
from operators.admin_base import DateRangeFilter
from operators.admin_base.keyset import AskingChangeList, AskingFilter

TERM_LENGTH = 60
# What stands in an address for calls that no base service answers.
NO_SERVICE = "-"


def own_bank(request: HttpRequest) -> int | None:
    """Whose rows this console shows; None = everybody's."""
    return getattr(request.tenant, "pk", None)  # type: ignore[attr-defined]


class Shelf:
    """What the filters offer and rows are called by, read once per request."""

    def __init__(self, request: HttpRequest) -> None:
        self.bank_id = own_bank(request)

    @cached_property
    def services(self) -> dict[str, str]:
        return names.service_names()

    @cached_property
    def clients(self) -> dict[str, str]:
        return names.clients_of(self.bank_id) if self.bank_id is not None else {}

    @cached_property
    def banks(self) -> list[tuple[int, str]]:
        return names.all_banks()


def shelf_of(request: HttpRequest) -> Shelf:
    if not hasattr(request, "call_shelf"):
        request.call_shelf = Shelf(request)  # type: ignore[attr-defined]
    return cast(Shelf, request.call_shelf)  # type: ignore[attr-defined]


class BankFilter(AskingFilter):
    title = _("bank")
    parameter_name = "bank"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        banks = [(str(pk), name) for pk, name in shelf_of(request).banks]
        return [*banks, ("0", str(_("nobody known")))]


class ClientFilter(AskingFilter):
    title = _("client")
    parameter_name = "client"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(shelf_of(request).clients.items())


class EnvironmentFilter(AskingFilter):
    title = _("environment")
    parameter_name = "environment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Environment.choices)


class ServiceFilter(AskingFilter):
    title = _("base service")
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code or NO_SERVICE, name) for code, name in shelf_of(request).services.items()]


class OutcomeFilter(AskingFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        groups = [
            (OK, _("answered")), (REFUSED, pgettext_lazy("calls", "refused")),
            (FAILED, pgettext_lazy("calls", "failed")),
            (UNKNOWN, _("end not known")),
        ]  # fmt: skip
        codes = listing.codes_of(shelf_of(request).bank_id)
        return [*groups, *((code, code) for code in codes)]


class DaysFilter(DateRangeFilter):
    """From one day to another; it only asks."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset


def asked_for(request: HttpRequest) -> Asked:
    """What the address asks for, inside the operator's own bank."""
    given, own = request.GET, own_bank(request)
    keyword = given.get(SEARCH_VAR, "").strip()[:TERM_LENGTH]
    environment = given.get("environment", "")
    return Asked(
        bank_id=own if own is not None else _number(given.get("bank", "")),
        keyword=keyword if keyword.isprintable() else "",
        app_id=_word(given.get("client", "")),
        environment=environment if environment in Environment.values else "",
        service=_service(given.get("service", "")),
        outcome=_word(given.get("outcome", "")),
        first=_day(given.get("at_from", "")),
        last=_day(given.get("at_until", "")),
    )


class CallChangeList(AskingChangeList):
    page: CallPage

    def read_rows(self, request: HttpRequest, size: int, after: str) -> tuple[list[CallLog], str]:
        self.page = listing.read_page(asked_for(request), size=size, after=Place.parse(after))
        _name_rows(self.page.rows, request)
        return self.page.rows, str(self.page.next_place or "")


def _name_rows(rows: list[CallLog], request: HttpRequest) -> None:
    shelf = shelf_of(request)
    clients = names.client_names({row.app_id for row in rows}, shelf.bank_id)
    banks = {} if shelf.bank_id is not None else names.bank_names({row.bank_id for row in rows})
    for row in rows:
        row.client_name = clients.get(row.app_id, "") if row.bank_id else ""  # type: ignore[attr-defined]
        row.bank_name = banks.get(row.bank_id, "")  # type: ignore[attr-defined]
        row.service_name = shelf.services.get(row.service, row.service)  # type: ignore[attr-defined]


def _word(text: str) -> str:
    text = text.strip()[:TERM_LENGTH]
    return text if text.isprintable() else ""


def _service(text: str) -> str | None:
    text = _word(text)
    return {"": None, NO_SERVICE: ""}.get(text, text)


def _number(text: str) -> int | None:
    """None = not asked for; what is no number names nobody."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    # What lies beyond any log is no reason to stumble.
    return found if found and 2000 <= found.year <= timezone.now().year + 1 else None
