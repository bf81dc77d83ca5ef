"""What banks, clients and services are called, for the rows of a page."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from openapi_gateway.access.models import Service
from openapi_gateway.credentials.models import Client
from tenants.models import Bank


def client_names(app_ids: Iterable[str], bank_id: int | None = None) -> dict[str, str]:
    """Of a bank's own clients when ``bank_id`` is given."""
    rows = Client.objects.filter(app_id__in=set(app_ids))
    if bank_id is not None:
        rows = rows.filter(bank_id=bank_id)
    return dict(rows.values_list("app_id", "name"))


def clients_of(bank_id: int) -> dict[str, str]:
    rows = Client.objects.filter(bank_id=bank_id).order_by("name")
    return dict(rows.values_list("app_id", "name"))


def owners_of(app_ids: Iterable[str]) -> dict[str, str]:
    rows = Client.objects.filter(app_id__in=set(app_ids))
    return dict(rows.values_list("app_id", "bank__short_name"))


def bank_names(bank_ids: Iterable[int]) -> dict[int, str]:
    names = dict(Bank.objects.filter(pk__in=set(bank_ids)).values_list("pk", "short_name"))
    return {0: _("nobody known"), **names}


def all_banks() -> list[tuple[int, str]]:
    return list(Bank.objects.order_by("name_key").values_list("pk", "short_name"))


def service_names() -> dict[str, str]:
    """Those without an entry of the catalogue are the gateway's own: its keys, usage, quota, and
    the conformance suite."""
    own = {"": _("gateway itself"), "account": _("usage, quota, conformance")}
    return {**own, **dict(Service.objects.values_list("code", "name"))}
