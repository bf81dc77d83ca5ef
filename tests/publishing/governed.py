"""A small group of governed settings, and the cast that works on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms
from django_tenants.utils import tenant_context
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from approvals.services import approve_request
from audit.errors import DomainError
from publishing import locks
from publishing import services as publishing
from publishing.governed import services
from publishing.locks import Group, Setting
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator

NAME = "looks"


def clean_colour(raw: Any) -> str:
    if raw not in ("red", "green", "blue", "gold"):
        raise DomainError("Choose red, green, blue or gold.")
    return str(raw)


def clean_count(raw: Any) -> int | None:
    if raw is not None and (not isinstance(raw, int) or raw < 0):
        raise DomainError("A number from 0.")
    return raw


def refuse_gold_without_count(values: Mapping[str, Any]) -> None:
    if values["colour"] == "gold" and values["count"] is None:
        raise DomainError("Gold needs a count.")


def _colour_field() -> forms.Field:
    return forms.CharField(widget=UnfoldAdminTextInputWidget)


def _count_field() -> forms.Field:
    return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget)


def _count_text(value: Any) -> str:
    return "no limit" if value is None else str(value)


GROUP = Group(
    NAME,
    "Looks",
    (
        Setting("colour", "Colour", "red", clean_colour, str, _colour_field, section="Paint"),
        Setting("count", "Count", 3, clean_count, _count_text, _count_field),
        Setting("motto", "Motto", "", str, str, _colour_field, "What it says", "Words"),
    ),
    refuse_gold_without_count,
)


@contextmanager
def registered() -> Iterator[Group]:
    locks.register(GROUP)
    try:
        yield GROUP
    finally:
        locks._groups.pop(NAME)


def rule(lock: str, *value: Any) -> dict[str, Any]:
    return {"lock": lock, **({"value": value[0]} if value else {})}


class Province:
    """Publishes templates, from whatever schema a test stands in."""

    def __init__(self) -> None:
        with tenant_context(PLATFORM):
            self.operator = make_operator("province.olga", "operator")
            self.reviewer = make_operator("province.rui", "compliance_reviewer")

    def edit(self, **settings: Any) -> Any:
        with tenant_context(PLATFORM):
            draft = services.begin_template(actor=self.operator, name=NAME)
            return services.edit_template(
                actor=self.operator, name=NAME, version=draft.version, settings=settings
            )

    def publish(self, **settings: Any) -> int:
        """Returns the published version."""
        draft = self.edit(**settings)
        with tenant_context(PLATFORM):
            request = publishing.submit_for_review(actor=self.operator, draft=draft)
            approve_request(actor=self.reviewer, request_id=request.pk)
            newest = publishing.live_at(at=_now(), kind=locks.TEMPLATE_KIND).get()
            return newest.version


class BankStaff:
    def __init__(self, maker: Any, checker: Any) -> None:
        self.maker, self.checker = maker, checker

    def edit(self, **values: Any) -> Any:
        draft = services.begin_settings(actor=self.maker, name=NAME)
        return services.edit_settings(
            actor=self.maker, name=NAME, version=draft.version, values=values
        )

    def submit(self, **values: Any) -> Any:
        return publishing.submit_for_review(actor=self.maker, draft=self.edit(**values))

    def publish(self, **values: Any) -> None:
        self.approve(self.submit(**values))

    def approve(self, request: Any) -> None:
        approve_request(actor=self.checker, request_id=request.pk)

    def accept(self) -> None:
        self.approve(services.accept_template(actor=self.maker, name=NAME))


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()
