"""Applications of a bank, and the platform's people who decide on them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from openapi_gateway.access import attachments, reviews, services
from openapi_gateway.access.content import Wanted
from openapi_gateway.access.models import Application, Plan
from openapi_gateway.credentials.models import Client
from operators.choices import BankRole, PlatformRole
from operators.models import Operator
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.openapi_gateway.making import base32

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
AT = timezone.now()


@dataclass
class Cast:
    """One bank's makers and the platform's reviewers."""

    bank: Any
    maker: Operator
    technical: Operator
    compliance: Operator

    def in_bank(self) -> Any:
        return tenant_context(self.bank)

    def on_platform(self) -> Any:
        return tenant_context(PLATFORM)


def cast_of(bank: Any) -> Cast:
    with tenant_context(bank):
        maker = make_operator("apply-maker", BankRole.MAKER)
    with tenant_context(PLATFORM):
        technical = make_operator("apply-tech", PlatformRole.TECHNICAL_REVIEWER)
        compliance = make_operator("apply-compliance", PlatformRole.COMPLIANCE_REVIEWER)
    return Cast(bank, maker, technical, compliance)


def client_of(bank: Any, name: str = "") -> Client:
    return Client.objects.create(
        app_id=f"app_{base32()}", bank=bank, name=name or base32(), created_by="maker",
        created_at=AT,
    )  # fmt: skip


def plan_of(service: str, code: str = "basic") -> Plan:
    return Plan.objects.select_related("version__service").get(
        version__service__code=service, version__version="v1", code=code
    )


def fields(*wanted: Wanted, **changes: Any) -> dict[str, Any]:
    """Everything that a complete application says."""
    today = timezone.localdate()
    contact = {"name": "张三", "phone": "0731-12345678", "email": "zhang@example.cn"}
    return {
        "purpose": "Sign customers in to our village shop.",
        "scenes": ["village shop"],
        "services": wanted or [Wanted(plan_of("identity"), ("identity.login",))],
        "data_levels": ["C1", "C2", "C3"],
        "environments": ["sandbox", "production"],
        "addresses": {"production": ["203.0.113.0/24"]},
        "callback_urls": {"sandbox": ["https://shop.example.com/hook"]},
        "contacts": [{"role": "technical", **contact}, {"role": "security", **contact}],
        "starts_on": today,
        "ends_on": today + timedelta(days=365),
        **changes,
    }


def a1() -> Wanted:
    return Wanted(plan_of("products"), ("products.read",))


def begun(cast: Cast, *wanted: Wanted, at: datetime | None = None, **changes: Any) -> Application:
    with cast.in_bank():
        return services.begin_application(
            actor=cast.maker, bank=cast.bank, client=client_of(cast.bank), at=at,
            **fields(*wanted, **changes),
        )  # fmt: skip


def attach(cast: Cast, application: Application, **changes: Any) -> Any:
    given: dict[str, Any] = {
        "name": "risk.pdf", "content": PDF, "is_risk_assessment": True, **changes
    }  # fmt: skip
    content = given.pop("content")
    with cast.in_bank():
        return attachments.add_attachment(
            actor=cast.maker, application=application, file=io.BytesIO(content),
            **{"size": len(content), **given},
        )  # fmt: skip


def submitted(cast: Cast, *wanted: Wanted, **changes: Any) -> Application:
    application = begun(cast, *wanted, **changes)
    attach(cast, application)
    return submit(cast, application)


def submit(cast: Cast, application: Application, at: datetime | None = None) -> Application:
    with cast.in_bank():
        return services.submit_application(actor=cast.maker, application=application.pk, at=at)


def in_review(cast: Cast, *wanted: Wanted, **changes: Any) -> Application:
    application = submitted(cast, *wanted, **changes)
    with cast.on_platform():
        return reviews.take_up(actor=cast.technical, application=application.pk)


def decide(
    cast: Cast, application: Application, step: str, verdict: str = "approved", **given: Any
) -> Any:
    person = cast.technical if step == "technical" else cast.compliance
    with cast.on_platform():
        return reviews.decide(
            application=application.pk, step=step, verdict=verdict,
            **{"actor": person, "comment": "seen", **given},
        )  # fmt: skip


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)
