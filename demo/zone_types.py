"""Which bank opened which product type, and the applications behind it: exact counts over the whole
province. Invented, like everything here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from django_tenants.utils import tenant_context

from demo import province
from demo.province import chance
from fuxiang_zone.catalogue.choices import ApplicationState
from fuxiang_zone.catalogue.models import (
    Activation,
    ActivationApplication,
    ApplicationStep,
    ProductType,
    RateCap,
)
from fuxiang_zone.catalogue.services import activate_type, save_rate_cap
from fuxiang_zone.choices import TermUnit
from operators.models import Operator
from tenants.models import Bank
from tenants.platform import PLATFORM

DAY = timedelta(days=1)
YEARS, MONTHS, DAYS = TermUnit.YEAR, TermUnit.MONTH, TermUnit.DAY
CAPS: Mapping[str, Sequence[tuple[int, TermUnit, str]]] = {
    "large_cd": (
        (1, MONTHS, "1.15"), (6, MONTHS, "1.35"), (1, YEARS, "1.50"), (2, YEARS, "1.60"),
        (3, YEARS, "1.95"), (5, YEARS, "2.00"),
    ),
    "smart_deposit": (
        (1, DAYS, "0.60"), (3, MONTHS, "0.95"), (6, MONTHS, "1.15"), (1, YEARS, "1.35"),
        (2, YEARS, "1.45"), (3, YEARS, "1.80"), (5, YEARS, "1.85"),
    ),
}  # fmt: skip
# One opening in so many has its application kept.
KEPT = 3
# Of the first banks, for what they have not opened: type's place among those, how far it has come.
UNDER_WAY = (
    ApplicationState.SUBMITTED, ApplicationState.RETURNED, ApplicationState.SUBMITTED,
    ApplicationState.DRAFT, ApplicationState.SUBMITTED,
)  # fmt: skip
REASONS = (
    "辖内客户多次到网点咨询，已安排专人负责产品配置和客户答疑。",
    "县域同业已开办，客户需求明确；业务部门和合规部门已完成评估。",
    "配合当地政府惠民工作，计划在县城和乡镇网点同步开展。",
)
ADVICE = "请补充业务负责人联系方式，并说明客服答疑安排。"
APPROVED = "材料齐全，同意开通。"
CHARGE = "业务负责人（演示）"
CALL = "0731-96518"


def open_types(actor: Operator, slugs: Sequence[str], at: datetime) -> int:
    """Top every type up to its number of banks; returns how many openings there are then."""
    banks = {bank.slug: bank for bank in Bank.objects.filter(slug__in=slugs)}
    entries = {entry.code: entry for entry in ProductType.objects.all()}
    total = 0
    for kind in province.product_types():
        entry = entries[kind.code]
        held = set(entry.activations.values_list("bank__slug", flat=True))
        wanted = province.banks_wanted(kind, len(slugs))
        candidates = [slug for slug in province.by_chance(kind.code, slugs) if slug not in held]
        missing = candidates[: max(0, wanted - len(held))]
        for slug in missing:
            activate_type(
                actor=actor, product_type=entry, bank=banks[slug], is_demo=True,
                at=at - chance(f"{slug}/{kind.code}/opened", 600) * DAY - DAY,
            )  # fmt: skip
        total += len(held) + len(missing)
    _set_caps(actor, entries, localdate(at))
    _keep_applications(actor, [banks[slug] for slug in slugs if slug in banks], at)
    return total


def _set_caps(actor: Operator, entries: Mapping[str, ProductType], today: date) -> None:
    if RateCap.objects.exists():
        return
    for code, caps in CAPS.items():
        for term, unit, rate in caps:
            cap = RateCap(
                product_type=entries[code], term=term, unit=unit, rate=Decimal(rate),
                from_date=today.replace(month=1, day=1),
            )  # fmt: skip
            save_rate_cap(actor=actor, cap=cap)


@transaction.atomic
def _keep_applications(actor: Operator, banks: Sequence[Bank], at: datetime) -> None:
    """In two statements; a bank that has applications is left as it is."""
    applied = set(ActivationApplication.objects.values_list("bank", flat=True))
    rows: list[ActivationApplication] = []
    for number, bank in enumerate(banks):
        if bank.pk not in applied:
            rows += _of_bank(bank, actor, at, is_first=number < len(UNDER_WAY), number=number)
    ActivationApplication.objects.bulk_create(rows)
    ApplicationStep.objects.bulk_create([step for row in rows for step in _steps(row, actor)])


def _of_bank(
    bank: Bank, actor: Operator, at: datetime, *, is_first: bool, number: int
) -> Iterator[ActivationApplication]:
    activations = Activation.objects.filter(bank=bank).select_related("product_type")
    held = {each.product_type: each.activated_at for each in activations}
    opened = {
        kind.pk: when
        for kind, when in held.items()
        if chance(f"{bank.slug}/{kind.code}/kept", KEPT) == 0
    }
    free = [each for each in ProductType.objects.all() if each not in held]
    if not opened and not is_first:
        return
    with tenant_context(bank):
        maker = Operator.objects.filter(username="maker").first()
    if maker is None:
        return
    for type_id, when in opened.items():
        yield _application(bank, type_id, maker, when, ApplicationState.APPROVED, actor)
    if is_first and free:
        kind = free[number % len(free)]
        yield _application(bank, kind.pk, maker, at - DAY, UNDER_WAY[number], actor)


def _application(
    bank: Bank, type_id: int, maker: Operator, when: datetime, state: ApplicationState,
    actor: Operator,
) -> ActivationApplication:  # fmt: skip
    is_sent = state != ApplicationState.DRAFT
    row = ActivationApplication(
        bank=bank, product_type_id=type_id, state=state, person_in_charge=CHARGE, phone=CALL,
        reason=REASONS[chance(f"{bank.slug}/{type_id}/reason", len(REASONS))],
        planned_on=localdate(when) + 14 * DAY, round=int(is_sent), created_at=when - 5 * DAY,
        submitted_at=when - 3 * DAY if is_sent else None, applicant_schema=bank.schema_name,
        applicant_id=maker.pk, applicant_name=str(maker),
    )  # fmt: skip
    if state in (ApplicationState.APPROVED, ApplicationState.RETURNED):
        row.decided_at, row.comment = when, APPROVED if state == "approved" else ADVICE
        row.decider_schema, row.decider_id = PLATFORM.schema_name, actor.pk
        row.decider_name = str(actor)
    return row


def _steps(row: ActivationApplication, actor: Operator) -> Iterator[ApplicationStep]:
    ours = {
        "person_schema": row.applicant_schema, "person_id": row.applicant_id,
        "person_name": row.applicant_name,
    }  # fmt: skip
    yield ApplicationStep(application=row, state=ApplicationState.DRAFT, at=row.created_at, **ours)
    if row.submitted_at is not None:
        yield ApplicationStep(
            application=row, state=ApplicationState.SUBMITTED, at=row.submitted_at,
            content=row.summary(), **ours,
        )  # fmt: skip
    if row.decided_at is not None:
        yield ApplicationStep(
            application=row, state=row.state, at=row.decided_at, text=row.comment,
            person_schema=PLATFORM.schema_name, person_id=actor.pk, person_name=str(actor),
        )  # fmt: skip
