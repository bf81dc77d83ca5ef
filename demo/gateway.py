"""The demo's access applications: a few in each of the first banks, taken as far as their state by
the same verbs as the consoles. Clients, addresses and files are invented, and say so."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from demo.gateway_keys import go_to_production
from openapi_gateway.access import attachments, reviews, services
from openapi_gateway.access.choices import ApplicationState, ReviewStep, Verdict
from openapi_gateway.access.content import Wanted
from openapi_gateway.access.models import Application, Plan
from openapi_gateway.credentials.models import Client
from openapi_gateway.credentials.services import register_client
from operators.models import Operator
from tenants.models import Bank
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BANKS = 5
# Of these, so many have gone on to production.
IN_PRODUCTION = 3
# A page of nothing but a line that says what it is.
RISK_ASSESSMENT = "合作应用接入风险评估（演示）.pdf"
TEXT = b"DEMO - risk assessment, invented"


@dataclass(frozen=True, slots=True)
class Story:
    """One application, and how far it has come."""

    client: str
    summary: str
    purpose: str
    scenes: Sequence[str]
    # Service, plan, scopes.
    services: Sequence[tuple[str, str, Sequence[str]]]
    levels: Sequence[str]
    state: ApplicationState
    began: timedelta
    host: str
    said: str = ""


STORIES: tuple[Story, ...] = (
    Story(
        "智慧校园缴费（演示）", "学生和家长在校园小程序缴费、查账",
        "家长在校园小程序用手机银行身份登录并缴费，"
        "免去重复注册；缴费前验证支付密码。", ("校园小程序登录", "学费和餐费缴纳"),
        (
            ("identity", "standard", ("identity.login", "identity.introspect", "identity.profile")),
            ("keyboard", "basic", ("keyboard.verify",)),
        ),
        ("C2", "C3"), ApplicationState.APPROVED, -20 * DAY, "campus",
        "用途清楚，地址与服务器清单一致，同意接入。",
    ),
    Story(
        "乡村医保服务站（演示）", "村级服务站协助村民办理医保", "村民在服务站办理医保缴费和查询，"
        "经办前用人脸确认是本人，防止冒用。", ("服务站身份核验", "医保缴费"),
        (
            ("identity", "basic", ("identity.login", "identity.phone")),
            ("liveness", "basic", ("liveness.check", "liveness.compare")),
        ),
        ("C2", "C3"), ApplicationState.IN_REVIEW, -6 * DAY, "medical",
        "接口地址、回调和密钥保管方案已核对，技术审核通过。",
    ),
    Story(
        "惠农商城（演示）", "本地农产品线上商城",
        "商城会员用手机银行身份一键登录，展示脱敏姓名和手机号。",
        ("商城登录", "收货信息预填"),
        (("identity", "basic", ("identity.login", "identity.profile", "identity.phone")),),
        ("C2",), ApplicationState.RETURNED, -9 * DAY, "mall",
        "请补充客户授权页面样张，并说明手机号保存期限。",
    ),
    Story(
        "网点产品展示屏（演示）", "营业网点的电子屏", "网点电子屏展示平台开放的服务和产品信息。",
        ("网点大屏",), (("products", "basic", ("products.read",)),),
        ("C1",), ApplicationState.SUBMITTED, -2 * DAY, "screen",
    ),
    Story(
        "数字人民币红包（演示）", "节日红包活动页", "客户领取红包前确认身份。",
        ("红包领取",), (("identity", "basic", ("identity.login",)),),
        ("C2",), ApplicationState.DRAFT, -1 * DAY, "redpacket",
    ),
)  # fmt: skip


def load_applications(slugs: Sequence[str], at: datetime) -> int:
    """Of the first banks; a bank that has clients already is left as it is."""
    made = 0
    banks = Bank.objects.filter(slug__in=list(slugs)[:BANKS]).order_by("pk")
    for number, bank in enumerate(banks):
        with tenant_context(bank):
            maker = Operator.objects.filter(username="maker").first()
        if maker is not None and not Client.objects.filter(bank=bank).exists():
            made += _load(bank, maker, at, in_production=number < IN_PRODUCTION)
    return made


@transaction.atomic
def _load(bank: Bank, maker: Operator, at: datetime, *, in_production: bool) -> int:
    for story in STORIES:
        application = _begin(bank, maker, story, at + story.began)
        _take_to(application, maker, story, at + story.began)
        if in_production and story.state == ApplicationState.APPROVED:
            with tenant_context(PLATFORM):
                technical = Operator.objects.get(username="tech_reviewer")
            application.refresh_from_db()
            go_to_production(
                application, maker=maker, technical=technical, at=at + story.began + 3 * DAY
            )
    return len(STORIES)


def _begin(bank: Bank, maker: Operator, story: Story, at: datetime) -> Application:
    with tenant_context(bank):
        client = register_client(actor=maker, bank=bank, name=story.client, summary=story.summary)
        application = services.begin_application(
            actor=maker, bank=bank, client=client, at=at, **_fields(bank, story, at)
        )
        if application.level == "A2":
            content = risk_assessment(f"{bank.slug} {story.host}")
            attachments.add_attachment(
                actor=maker, application=application, file=io.BytesIO(content), size=len(content),
                name=RISK_ASSESSMENT, is_risk_assessment=True, at=at + HOUR,
            )  # fmt: skip
        return application


def _take_to(application: Application, maker: Operator, story: Story, at: datetime) -> None:
    if story.state == ApplicationState.DRAFT:
        return
    with tenant_context(application.bank):
        services.submit_application(actor=maker, application=application, at=at + 2 * HOUR)
    if story.state == ApplicationState.SUBMITTED:
        return
    with tenant_context(PLATFORM):
        people = {each.username: each for each in Operator.objects.all()}
        technical, compliance = people["tech_reviewer"], people["compliance_reviewer"]
        reviews.take_up(actor=technical, application=application, at=at + DAY)
        if story.state == ApplicationState.RETURNED:
            reviews.decide(
                actor=compliance, application=application, step=ReviewStep.COMPLIANCE,
                verdict=Verdict.RETURNED, comment=story.said, at=at + DAY + HOUR,
            )  # fmt: skip
            return
        reviews.decide(
            actor=technical, application=application, step=ReviewStep.TECHNICAL,
            verdict=Verdict.APPROVED, comment=story.said, at=at + DAY + HOUR,
        )  # fmt: skip
        if story.state == ApplicationState.APPROVED:
            reviews.decide(
                actor=compliance, application=application, step=ReviewStep.COMPLIANCE,
                verdict=Verdict.APPROVED, comment="风险评估完整，数据级别与用途相符。",
                at=at + 2 * DAY,
            )  # fmt: skip


def _fields(bank: Bank, story: Story, at: datetime) -> Mapping[str, Any]:
    today = timezone.localdate(at)
    site = f"https://{story.host}.{bank.slug}.example.com"
    return {
        "purpose": story.purpose,
        "scenes": story.scenes,
        "services": [
            Wanted(
                Plan.objects.select_related("version__service").get(
                    version__service__code=service, version__version="v1", code=plan
                ),
                tuple(scopes),
            )
            for service, plan, scopes in story.services
        ],
        "data_levels": story.levels,
        "environments": ["sandbox", "production"],
        # Ranges that are set aside for documents.
        "addresses": {"production": ["203.0.113.16/28", "2001:db8:12::/48"]},
        "callback_urls": {
            "sandbox": [f"{site}/sandbox/callback"], "production": [f"{site}/callback"],
        },
        "contacts": [
            _contact("business", "张经办（演示）", "0731-00000001", "zhang"),
            _contact("technical", "李工（演示）", "0731-00000002", "li"),
            _contact("security", "王安全（演示）", "0731-00000003", "wang"),
        ],
        "starts_on": today,
        "ends_on": today + timedelta(days=730),
    }  # fmt: skip


def _contact(role: str, name: str, phone: str, mailbox: str) -> dict[str, str]:
    return {"role": role, "name": name, "phone": phone, "email": f"{mailbox}@example.com"}


def risk_assessment(mark: str) -> bytes:
    """A PDF of one page that says what it is; of each application another."""
    line = mark.encode()
    drawn = b"BT /F1 20 Tf 72 720 Td (" + TEXT + b") Tj 0 -30 Td (" + line + b") Tj ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        font,
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    return out + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
