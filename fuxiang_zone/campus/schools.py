"""The verbs of schools, and who sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from fuxiang_zone.campus import events, sight
from fuxiang_zone.campus.errors import BadSchool
from fuxiang_zone.campus.import_jobs import take_files_from
from fuxiang_zone.campus.models import School, SchoolOperator
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from operators.models import Operator
from operators.permissions import require
from tenants.locks import take_for_transaction
from tenants.pinyin import name_key

if TYPE_CHECKING:
    from datetime import datetime

FIELDS = ("name", "kind", "branch", "contact", "contact_phone", "top_up_cents")
MOST_TOP_UPS = 8
LEAST_TOP_UP, MOST_TOP_UP = 100, 500_000


def add_school(*, actor: Operator, code: str, at: datetime | None = None, **details: Any) -> School:
    """Who adds a school is its first operator."""
    require(actor, sight.ADD_SCHOOL)
    at = at or timezone.now()
    school = School(code=code.strip(), created_at=at)
    _fill(school, details)
    with transaction.atomic():
        _lock_codes()
        _refuse_bad(school)
        school.save(force_insert=True)
        SchoolOperator.objects.create(
            school=school, operator=actor, given_at=at, given_by_name=str(actor)
        )
        record(
            events.SCHOOL_ADDED, actor=actor, target=school, at=at,
            after={"code": school.code, **_told(school)},
        )  # fmt: skip
    return school


def change_school(
    *, actor: Operator, school_id: int, at: datetime | None = None, **details: Any
) -> School:
    sight.require_school(actor, sight.CHANGE_SCHOOL, school_id)
    with transaction.atomic():
        _lock_codes()
        school = School.objects.select_for_update().get(pk=school_id)
        before = _told(school)
        _fill(school, details)
        _refuse_bad(school)
        after = _told(school)
        if after != before:
            school.save()
            record(
                events.SCHOOL_CHANGED, actor=actor, target=school, at=at, before=before, after=after
            )
    return school


def close_school(
    *, actor: Operator, school_id: int, reason: str, at: datetime | None = None
) -> None:
    """Parents no longer find it and no bill of it is shown; notices of money are still taken."""
    _switch(actor, school_id, False, reason, at)


def reopen_school(
    *, actor: Operator, school_id: int, reason: str, at: datetime | None = None
) -> None:
    _switch(actor, school_id, True, reason, at)


def _switch(
    actor: Operator, school_id: int, is_open: bool, reason: str, at: datetime | None
) -> None:
    school = sight.require_school(actor, sight.CHANGE_SCHOOL, school_id)
    with transaction.atomic():
        if not School.objects.filter(pk=school_id, is_open=not is_open).update(is_open=is_open):
            raise BadSchool(_("The school is open.") if is_open else _("The school is closed."))
        event = events.SCHOOL_REOPENED if is_open else events.SCHOOL_CLOSED
        record(event, actor=actor, target=school, reason=reason, at=at)


def set_operators(
    *, actor: Operator, school_id: int, operators: Iterable[int], at: datetime | None = None
) -> list[Operator]:
    """Who sees the school from now on. Only who sees every school says so."""
    require(actor, SEE_EVERY_SCHOOL)
    school = sight.require_school(actor, sight.CHANGE_SCHOOL, school_id)
    at, wanted = at or timezone.now(), set(operators)
    people = list(Operator.objects.enabled().filter(pk__in=wanted))
    if len(people) != len(wanted):
        raise BadSchool(_("Choose operators of this bank who are enabled."), field="operators")
    with transaction.atomic():
        School.objects.select_for_update().get(pk=school_id)
        given = SchoolOperator.objects.filter(school=school)
        held = set(given.values_list("operator_id", flat=True))
        given.filter(operator_id__in=held - wanted).delete()
        take_files_from(held - wanted, school_id)
        SchoolOperator.objects.bulk_create(
            SchoolOperator(school=school, operator_id=pk, given_at=at, given_by_name=str(actor))
            for pk in sorted(wanted - held)
        )
        if held != wanted:
            record(
                events.PEOPLE_CHANGED, actor=actor, target=school, at=at,
                before={"operators": sorted(held)}, after={"operators": sorted(wanted)},
            )  # fmt: skip
    return people


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """A school as customers see it in a list."""

    code: str
    name: str
    kind: str
    top_up_cents: Sequence[int]


def open_schools() -> list[SchoolLine]:
    """For the pages of smart-campus products and the phone."""
    found = School.objects.open().order_by("name_key", "pk")
    return [
        SchoolLine(each.code, each.name, str(each.get_kind_display()), tuple(each.top_up_cents))
        for each in found
    ]


def _fill(school: School, details: dict[str, Any]) -> None:
    for name in FIELDS:
        if name in details:
            setattr(school, name, details[name])
    school.name = school.name.strip()
    school.name_key = name_key(school.name)
    school.top_up_cents = sorted(set(school.top_up_cents))


def _lock_codes() -> None:
    """One at a time, so that a code that is free stays free until the commit."""
    take_for_transaction(f"{current_schema()}:campus school codes")


def _refuse_bad(school: School) -> None:
    if len(school.top_up_cents) > MOST_TOP_UPS:
        raise BadSchool(
            _("At most %(most)s amounts of a top-up.") % {"most": MOST_TOP_UPS},
            field="top_up_cents",
        )
    for cents in school.top_up_cents:
        if not LEAST_TOP_UP <= cents <= MOST_TOP_UP:
            raise BadSchool(_("A top-up is between 1 and 5,000 yuan."), field="top_up_cents")
    try:
        school.full_clean(exclude=["name_key"], validate_constraints=False)
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise BadSchool(" ".join(sentences), field=name) from error


def _told(school: School) -> dict[str, Any]:
    return {
        "name": school.name,
        "kind": school.kind,
        "branch": school.branch.name if school.branch is not None else "",
        "contact": school.contact,
        "contact_phone": school.contact_phone,
        "top_up_cents": list(school.top_up_cents),
    }
