"""Fills one bank, and the platform, through the services that operators use."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements import services as announcements
from announcements.content import Content
from announcements.models import Announcement, ReadReceipt
from audit.models import AuditEvent
from audit.services import record
from customers.models import Customer
from demo import adverts, events, faces, notices, people, visits, vouchers
from demo.approving import HOUR, Pen, take_to
from demo.notices import Notice
from demo.province import BankRow, chance
from operators.models import Branch, Operator
from publishing import services as publishing
from publishing.choices import Stage
from tenants.models import Bank
from tenants.services import provision_bank

WRITERS = ("maker", "checker", "branch")


def ensure_bank(row: BankRow) -> Bank:
    bank = Bank.objects.filter(slug=row.slug).first()
    if bank is not None:
        return bank
    return provision_bank(
        slug=row.slug, name=row.name, short_name=row.short_name, prefecture=row.prefecture,
        code=row.code, skin=row.skin,
    )  # fmt: skip


def fill_bank(row: BankRow, hashes: people.Hashes, at: datetime) -> bool:
    """False = nothing to do. After a kill the bank is full or untouched; its coupons, which need
    committed templates, are stocked when it is loaded again."""
    with tenant_context(ensure_bank(row)):
        if not _is_filled() and _is_used():
            return False
        filled = _fill(row, hashes, at)
        vouchers.stock_pools(row, _pen(row, at))
    return filled


@transaction.atomic
def _fill(row: BankRow, hashes: people.Hashes, at: datetime) -> bool:
    if _is_filled():
        return False
    outlets = people.make_branches(row)
    sub_branch = Branch.objects.get(code="D100")
    staff = people.make_operators(
        people.BANK_PEOPLE, hashes, {"": Branch.objects.get(code="D000"), "branch": sub_branch}
    )
    customers = people.make_customers(row, outlets)
    pen = _pen(row, at)
    drafts = [publish(notice, pen) for notice in _in_time(notices.of_bank(row.number))]
    _confirm_reading(row, drafts, at)
    faces.publish_face(row, pen)
    ads = [adverts.publish(advert, pen) for advert in adverts.of_bank(row)]
    visits.report(row, ads, at)
    templates = vouchers.publish_templates(pen)
    after = {
        "customers": customers, "operators": sorted(staff), "announcements": len(drafts),
        "ads": len(ads), "coupon_templates": len(templates),
    }  # fmt: skip
    record(events.BANK_FILLED, actor=None, target_label=row.name, after=after)
    return True


def _pen(row: BankRow, at: datetime) -> Pen:
    staff = {each.username: each for each in Operator.objects.filter(username__in=WRITERS)}
    names = {"bank": row.name, "short": row.short_name}
    sub_branch = Branch.objects.get(code="D100")
    return Pen(staff["maker"], staff["checker"], at, names, staff["branch"], sub_branch)


def _is_filled() -> bool:
    return AuditEvent.objects.filter(event=events.BANK_FILLED).exists()


def _is_used() -> bool:
    """A bank of that name that people work in is not the demo's to fill."""
    return Branch.objects.exists() or Operator.objects.exists()


def ensure_staff(hashes: people.Hashes) -> dict[str, Operator]:
    """The platform's; safe to repeat."""
    with transaction.atomic():
        if not Operator.objects.filter(username="operator").exists():
            staff = people.make_operators(people.PLATFORM_PEOPLE, hashes, {})
            record(events.STARTED, actor=None, after={"operators": sorted(staff)})
    return {operator.username: operator for operator in Operator.objects.all()}


def fill_platform(staff: dict[str, Operator], at: datetime) -> None:
    """What the province shows in all banks, and what it says of their settings; safe to repeat.
    Needs the catalogues."""
    with transaction.atomic():
        if Announcement.objects.exists():
            return
        names = {"bank": "", "short": ""}
        pen = Pen(staff["operator"], staff["compliance_reviewer"], at, names)
        for notice in notices.PROVINCE:
            publish(notice, pen)
        faces.publish_templates(pen)
        for advert in adverts.PROVINCE:
            adverts.publish(advert, pen)


def _in_time(chosen: list[Notice]) -> list[Notice]:
    """In the order in which they were published: a publication's time never goes back."""
    return sorted(chosen, key=lambda notice: notice.starts)


def publish(notice: Notice, pen: Pen) -> Announcement:
    """Takes the announcement as far as its stage, by the same verbs as the consoles."""
    maker = pen.branch_writer if notice.of_branch and pen.branch_writer else pen.maker
    draft = announcements.create_draft(actor=maker, content=_content(notice, pen))
    take_to(notice.stage, draft, pen, maker=maker)
    if notice.stage == Stage.WITHDRAWN:
        publishing.withdraw_now(
            actor=pen.checker, kind="announcement", target_id=draft.uid,
            reason="线路维护改期（演示）", at=pen.at - HOUR,
        )  # fmt: skip
    return draft


def _content(notice: Notice, pen: Pen) -> Content:
    return Content(
        title=notice.title,
        body=notice.body.format_map(pen.names),
        starts_at=pen.at + notice.starts,
        ends_at=pen.at + notice.ends if notice.ends is not None else None,
        is_pinned=notice.is_pinned,
        must_read=notice.must_read,
        branch=pen.branch if notice.of_branch else None,
    )


def _confirm_reading(row: BankRow, drafts: list[Announcement], at: datetime) -> None:
    """About two customers in five have confirmed the must-read announcement."""
    numbers = Customer.objects.order_by("number").values_list("number", flat=True)
    ReadReceipt.objects.bulk_create(
        ReadReceipt(
            announcement_uid=draft.uid, customer_number=number, publication_version=1,
            read_at=at - timedelta(minutes=1 + chance(f"{row.slug}/{number}", 9 * 1440)),
        )
        for draft in drafts
        if draft.must_read
        for number in numbers
        if chance(f"{row.slug}/{number}/read", 5) < 2
    )  # fmt: skip


def now() -> datetime:
    """To the minute: periods look like what people type."""
    return timezone.now().replace(second=0, microsecond=0)
