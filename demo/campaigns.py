"""The demo's campaigns: the province's 话费充值满50减5 in twelve banks, three with coupon codes of
their own, and two campaigns of the first banks' own; with what customers made of them."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from campaigns import services as campaigns
from campaigns.choices import CampaignKind, EffectKind, EventKind
from campaigns.designing.content import CampaignContent
from campaigns.designing.services import create_campaign
from campaigns.errors import NotRewarded
from campaigns.models import Campaign, CampaignAccount, Participation
from campaigns.province import drafts, joining, rolling, waves
from campaigns.province.choices import WaveState
from campaigns.province.content import ProvinceContent
from campaigns.province.models import Joining, ProvinceCampaign, Wave
from coupons.choices import CouponKind, Scene
from coupons.life import actors
from coupons.models import CouponTemplate
from coupons.services import redeem_coupon, reverse_coupon
from coupons.stock.generating import generate_batch, load_generated
from coupons.stock.importing import begin_import, load_batch
from coupons.stock.reviews import submit_batch
from coupons.terms.content import TemplateContent
from coupons.terms.services import create_template
from customers.models import Customer
from demo import approving, events
from demo.approving import Pen
from demo.notices import LARGE_BANKS
from demo.processes import run_campaign
from demo.province import chance
from operators.models import Operator
from publishing import services as publishing
from publishing.choices import Lock
from tenants.models import Bank

if TYPE_CHECKING:
    from coupons.models import Batch
    from demo.processes import Crew
    from demo.province import BankRow
    from operators.models import Branch

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
YUAN = 100
TITLE = "话费充值满50减5"
SAVE, BILL = "TOPUP-SAVE", "BILL30-10"
# Its stock is empty until somebody brings a file of coupons: it takes part in nothing here.
WITHOUT_COUPONS = "ningxiang"
PILOTS, JOINED, WAITING, WITH_OWN_CAMPAIGNS = 3, 12, 3, 2
# The pilot banks bring codes of their own; those of the others are generated.
WITH_OWN_CODES = 3
CODES, GENERATED = 150, 120
BEGUN, SECOND_WAVE, RUNS = -12 * DAY, -9 * DAY, 60 * DAY
FACE, ORDER = 5 * YUAN, 50 * YUAN
BEARERS = {
    "province": 3000,
    "bank": 5000,
    "merchant": 2000,
    "merchant_name": "话费充值服务商（演示）",
}
OUR_OWN = {"province": 0, "bank": 10_000, "merchant": 0, "merchant_name": ""}
ONCE_A_MONTH = {"measure": "count", "period": "month", "per": "customer", "limit": 1}
ONCE = {**ONCE_A_MONTH, "period": "campaign"}
WRITERS = ("maker", "checker")
SYSTEM = campaigns.Source("system", "mobile-bank")

TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    SAVE: {
        "title": "话费充值满50减5立减券", "threshold_cents": ORDER, "face_cents": FACE,
        "scenes": [Scene.TOP_UP.value], "bearers": BEARERS, "code_pattern": "[0-9]{16,20}",
        "rules": "单笔话费充值满50元立减5元，每笔限用1张。\n充值失败或退款的，券退回卡包。",
    },
    BILL: {
        "title": "{short}生活缴费满30减10券", "threshold_cents": 30 * YUAN, "face_cents": 10 * YUAN,
        "scenes": [Scene.BILLS.value], "bearers": OUR_OWN,
        "rules": "水、电、燃气缴费单笔满30元立减10元，每笔限用1张。\n退款后券退回卡包。",
    },
}  # fmt: skip


# --- the whole ------------------------------------------------------------------------------------
def run_campaigns(
    staff: Mapping[str, Operator], rows: Sequence[BankRow], at: datetime, crew: Crew
) -> int:
    """Once the banks are filled; safe to repeat. Returns how many banks run the province's."""
    ours = (row for row in rows if row.slug != WITHOUT_COUPONS and _is_ours(row))
    able = list(islice(ours, JOINED + WAITING))
    joined, waiting = able[:JOINED], able[JOINED:]
    if not joined:
        return 0
    campaign = _province_campaign(staff, at)
    _open_waves(staff["operator"], campaign, [*joined, *waiting], at)
    list(crew.each(run_campaign, joined, campaign.uid, at))
    for row in waiting:
        with tenant_context(Bank.objects.get(slug=row.slug)), transaction.atomic():
            _ensure_template(SAVE, _pen(row, at))
    return len(joined)


def _is_ours(row: BankRow) -> bool:
    """A bank of that name that people work in is not the demo's to fill."""
    bank = Bank.objects.filter(slug=row.slug).first()
    if bank is None:
        return False
    with tenant_context(bank):
        return AuditEvent.objects.filter(event=events.BANK_FILLED).exists()


def run(row: BankRow, uid: UUID, at: datetime) -> None:
    with tenant_context(Bank.objects.get(slug=row.slug)):
        _run(row, uid, at)


def _run(row: BankRow, uid: UUID, at: datetime) -> None:
    """In the bank. Coupons are loaded through a connection of their own, which sees only what is
    committed: within a transaction (a test's) there are none."""
    pen = _pen(row, at)
    has_own = row.number <= WITH_OWN_CAMPAIGNS
    with transaction.atomic():
        templates = [_ensure_template(code, pen) for code in ((SAVE, BILL) if has_own else (SAVE,))]
    if connection.in_atomic_block:
        return
    for template in templates:
        _ensure_stock(template, row, pen)
    with transaction.atomic():
        shared = _join(row, uid, templates[0], pen)
        own = _own_campaigns(templates[1], pen) if has_own else []
    _take_part(row, shared, pen)
    for campaign in own:
        _use(row, campaign, pen)
    rolling.roll_up_bank(at)
    for campaign_id in CampaignAccount.objects.values_list("campaign", flat=True):
        campaigns.tie_out(campaign_id, at)


def _pen(row: BankRow, at: datetime) -> Pen:
    staff = {each.username: each for each in Operator.objects.filter(username__in=WRITERS)}
    names = {"bank": row.name, "short": row.short_name}
    return Pen(staff["maker"], staff["checker"], at, names)


def _publish(draft: Any, pen: Pen) -> None:
    request = publishing.submit_for_review(actor=pen.maker, draft=draft, at=pen.at)
    approving.approve(request, pen.checker, at=pen.at)


# --- the province's -------------------------------------------------------------------------------
def _province_campaign(staff: Mapping[str, Operator], at: datetime) -> ProvinceCampaign:
    found = ProvinceCampaign.objects.filter(title=TITLE).first()
    if found is not None:
        return found
    content = ProvinceContent(TITLE, at + BEGUN, at + RUNS, rules())
    pen = Pen(staff["operator"], staff["compliance_reviewer"], at, {})
    with transaction.atomic():
        draft = drafts.create_province_campaign(actor=pen.maker, content=content)
        _publish(draft, pen)
    return draft


def rules() -> dict[str, dict[str, Any]]:
    """What is locked: the offer itself. What each bank says: which coupons, and what it spends."""
    coupon = {"kind": CouponKind.SPEND_AND_SAVE, "threshold_cents": ORDER, "face_cents": FACE}
    return {
        "title": {"lock": Lock.LOCKED},
        "period": {"lock": Lock.DEFAULT},
        "kind": {"lock": Lock.LOCKED, "value": CampaignKind.SPEND_AND_SAVE},
        "summary": {"lock": Lock.DEFAULT, "value": "领券充话费，50元只付45元"},
        "button": {"lock": Lock.LOCKED, "value": "立即领券"},
        "rules_text": {
            "lock": Lock.LOCKED,
            "value": (
                "活动期间，每位客户每月可领取1张话费充值满50减5立减券。\n"
                "单笔充值满50元立减5元；充值失败或退款的，券退回卡包。\n"
                "活动预算用完即止，以活动页面展示为准。"
            ),
        },
        "events": {"lock": Lock.LOCKED, "value": [EventKind.JOINED]},
        "conditions": {"lock": Lock.FREE, "value": []},
        "effects": {
            "lock": Lock.MUST_FILL, "value": [{"kind": EffectKind.GRANT_COUPON, "coupon": coupon}],
        },
        "limits": {"lock": Lock.LOCKED, "value": [ONCE_A_MONTH]},
        "budget_cents": {"lock": Lock.MUST_FILL},
        "bearers": {"lock": Lock.LOCKED, "value": BEARERS},
        "audience": {"lock": Lock.DEFAULT, "value": {}},
    }  # fmt: skip


def _open_waves(
    actor: Operator, campaign: ProvinceCampaign, rows: Sequence[BankRow], at: datetime
) -> None:
    """Pilot banks first; banks that were loaded later make a wave of their own."""
    placed = set(Joining.objects.filter(campaign=campaign).values_list("bank__slug", flat=True))
    slugs = [row.slug for row in rows if row.slug not in placed]
    parts = [slugs] if placed else [slugs[:PILOTS], slugs[PILOTS:]]
    for part in filter(None, parts):
        waves.plan_wave(actor=actor, campaign_id=campaign.pk, name="", bank_slugs=part)
    for wave in Wave.objects.filter(campaign=campaign, state=WaveState.PLANNED).order_by("number"):
        opened = at + (BEGUN if wave.number == 1 else SECOND_WAVE)
        waves.open_wave(actor=actor, wave_id=wave.pk, at=opened)


def _join(row: BankRow, uid: UUID, template: CouponTemplate, pen: Pen) -> Campaign:
    filled = {
        "effects": [{"kind": EffectKind.GRANT_COUPON, "template": template.pk}],
        "budget_cents": _budget(row),
    }  # fmt: skip
    draft = joining.join_province_campaign(actor=pen.maker, uid=uid, filled=filled, at=pen.at)
    if not CampaignAccount.objects.filter(campaign=draft.pk).exists():
        _publish(draft, pen)
    return draft


def _budget(row: BankRow) -> int:
    """Of some banks more than half is spent already."""
    least = 240 if row.number <= LARGE_BANKS else 60
    return least * (1 + chance(f"{row.slug}/{TITLE}/budget", 3)) * YUAN


# --- coupons --------------------------------------------------------------------------------------
def _ensure_template(code: str, pen: Pen) -> CouponTemplate:
    found = CouponTemplate.objects.filter(code=code).first()
    if found is not None:
        return found
    given = dict(TEMPLATES[code])
    face = given.pop("face_cents")
    content = TemplateContent(
        code=code, kind=CouponKind.SPEND_AND_SAVE, starts_at=pen.at + BEGUN,
        ends_at=pen.at + RUNS + 30 * DAY, face_min_cents=face, face_max_cents=face,
        valid_until=pen.at + RUNS + 60 * DAY, stock_limit=200_000, budget_cents=1_000_000 * YUAN,
        # Customers get them by a campaign.
        is_claimable=False,
        **{**given, "title": given["title"].format_map(pen.names)},
    )  # fmt: skip
    draft = create_template(actor=pen.maker, content=content)
    _publish(draft, pen)
    return draft


def _ensure_stock(template: CouponTemplate, row: BankRow, pen: Pen) -> None:
    if template.batches.exists():
        return
    at = pen.at + BEGUN
    is_own = template.code == SAVE and row.number <= WITH_OWN_CODES
    batch = _imported(template, row, pen, at) if is_own else _generated(template, pen, at)
    request = submit_batch(actor=pen.maker, batch_id=batch.pk, note="演示批次", at=at)
    approving.approve(request, pen.checker, at=at + 20 * MINUTE)


def _generated(template: CouponTemplate, pen: Pen, at: datetime) -> Batch:
    digits = bool(template.code_pattern)
    batch = generate_batch(
        actor=pen.maker, template=template, count=GENERATED, length=18, digits_only=digits, at=at
    )
    load_generated(batch_id=batch.pk, at=at)
    return batch


def _imported(template: CouponTemplate, row: BankRow, pen: Pen, at: datetime) -> Batch:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{row.short_name}话费券码.csv"
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(code_rows(row, CODES))
        batch = begin_import(actor=pen.maker, template=template, path=path, at=at)
        load_batch(batch_id=batch.pk, path=path, at=at)
    return batch


def code_rows(row: BankRow, count: int) -> Iterator[tuple[str, str]]:
    """As the supplier of the codes sends them. Recognisably nobody's."""
    yield "券码", "面额"
    for number in range(1, count + 1):
        yield f"9997{row.number:04d}{number:010d}", "5.00"


# --- the banks' own -------------------------------------------------------------------------------
def _own_campaigns(template: CouponTemplate, pen: Pen) -> list[Campaign]:
    return [_own(words, template, pen) for words in OWN]


OWN: tuple[Mapping[str, Any], ...] = (
    {
        "title": "水电燃气缴费券",
        "kind": CampaignKind.CLAIM_PAGE,
        "events": [EventKind.JOINED],
        "summary": "每位客户可领1张，缴费满30元减10元",
        "button": "立即领取",
        "rules_text": "每位客户限领1张满30减10缴费券。\n预算用完即止，以活动页面展示为准。",
        "budget_cents": 600 * YUAN,
    },
    {
        "title": "手机银行激活礼",
        "kind": CampaignKind.ACTIVATION_GIFT,
        "events": [EventKind.ACTIVATION],
        "summary": "激活手机银行，得10元缴费券",
        "rules_text": "活动期间首次激活手机银行的客户可得满30减10缴费券1张，每人限1次。",
        "budget_cents": 500 * YUAN,
    },
)  # fmt: skip


def _own(words: Mapping[str, Any], template: CouponTemplate, pen: Pen) -> Campaign:
    found = Campaign.objects.filter(title=words["title"]).first()
    if found is not None:
        return found
    content = CampaignContent(
        starts_at=pen.at + BEGUN, ends_at=pen.at + RUNS, bearers=OUR_OWN, limits=[ONCE],
        effects=[{"kind": EffectKind.GRANT_COUPON, "template": template.pk}], **words,
    )  # fmt: skip
    draft = create_campaign(actor=pen.maker, content=content)
    _publish(draft, pen)
    return draft


# --- what customers do ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Guest:
    number: str
    branch: Branch | None

    @property
    def path(self) -> str:
        return self.branch.path if self.branch is not None else ""


def _guests(row: BankRow, first: int, share: int) -> list[Guest]:
    """One in ``share`` of the customers; the first ones are left to those who try things out."""
    people = Customer.objects.select_related("branch").order_by("number")[first:]
    most = 130 if row.number <= LARGE_BANKS else 40
    return [Guest(each.number, each.branch) for each in people[:most:share]]


def _take_part(row: BankRow, campaign: Campaign, pen: Pen) -> None:
    """They look, most of them take the coupon, and half of these have used it."""
    begun = BEGUN if row.number <= PILOTS else SECOND_WAVE
    guests = _guests(row, 5, 4 if row.number <= LARGE_BANKS else 3)
    for place, guest in enumerate(guests):
        at = pen.at + begun + HOUR + (place * (-begun - 12 * HOUR)) / len(guests)
        dice = chance(f"{row.slug}/{guest.number}/{TITLE}", 10)
        campaigns.count_visit(campaign_id=campaign.pk, branch_path=guest.path, at=at)
        if dice < 7:
            coupon = _joined(campaign, guest, at)
            if coupon is not None and dice < 4:
                _pay(guest, coupon, Scene.TOP_UP, ORDER, at + HOUR, is_refunded=dice == 0)


def _joined(campaign: Campaign, guest: Guest, at: datetime) -> int | None:
    try:
        joined = campaigns.join_campaign(
            customer_number=guest.number, campaign_uid=campaign.uid,
            key=f"demo-{campaign.pk}", at=at,
        )  # fmt: skip
    except NotRewarded:
        return None
    return next((each["coupon"] for each in joined.body["rewards"] if each["coupon"]), None)


def _pay(
    guest: Guest, coupon: int, scene: Scene, cents: int, at: datetime, *, is_refunded: bool
) -> None:
    actor = actors.customer(guest.number)
    redeem_coupon(
        actor=actor, coupon_id=coupon, customer_number=guest.number, order_cents=cents,
        scene=scene.value, reference=f"YS{coupon:010d}", key=f"demo-pay-{coupon}", at=at,
    )  # fmt: skip
    if is_refunded:
        reverse_coupon(
            actor=actor, coupon_id=coupon, customer_number=guest.number,
            key=f"demo-refund-{coupon}", at=at + HOUR,
        )  # fmt: skip


def _use(row: BankRow, campaign: Campaign, pen: Pen) -> None:
    if campaign.kind == CampaignKind.ACTIVATION_GIFT:
        _activate(row, campaign, pen)
        return
    guests = _guests(row, 40, 6)
    for place, guest in enumerate(guests):
        at = pen.at + BEGUN + HOUR + (place * 11 * DAY) / len(guests)
        campaigns.count_visit(campaign_id=campaign.pk, branch_path=guest.path, at=at)
        coupon = _joined(campaign, guest, at)
        if coupon is not None and place % 3 == 0:
            _pay(guest, coupon, Scene.BILLS, 68 * YUAN, at + HOUR, is_refunded=False)


def _activate(row: BankRow, campaign: Campaign, pen: Pen) -> None:
    """A day's events at a time; one customer in seven is reported twice, one in nine is undone."""
    guests = _guests(row, 180, 3)
    for day in range(11):
        at = pen.at + BEGUN + day * DAY + 2 * HOUR
        happened = [
            found
            for place, guest in enumerate(guests)
            if place % 11 == day
            for found in _activations(guest, place, at)
        ]
        campaigns.take_events(source=SYSTEM, events=happened, at=at + HOUR)
        campaigns.apply_due(at=at + HOUR)
    paid = Participation.objects.filter(campaign=campaign, refusal="", reversed_at=None)
    for place, part in enumerate(paid.order_by("at", "id").prefetch_related("effects")):
        coupon = next((each.coupon_id for each in part.effects.all()), None)
        if coupon is not None and place % 4 == 0:
            guest = Guest(part.customer_number, None)
            _pay(guest, coupon, Scene.BILLS, 45 * YUAN, part.at + HOUR, is_refunded=False)


def _activations(guest: Guest, place: int, at: datetime) -> Iterator[campaigns.GivenEvent]:
    def event(name: str, minutes: int, reverses: str = "") -> campaigns.GivenEvent:
        moment = at + (place + minutes) * MINUTE / 2
        return campaigns.GivenEvent(
            f"KH-{guest.number}-{name}", EventKind.ACTIVATION, guest.number, moment,
            reverses=reverses,
        )  # fmt: skip

    first = event("1", 0)
    yield first
    if place % 7 == 3:
        yield event("2", 10)
    if place % 9 == 5:
        yield event("3", 20, reverses=first.event_id)
