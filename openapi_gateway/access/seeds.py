"""The base services that every installation offers. What is there already is never touched: the
platform's people may have changed it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import connections, transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from audit.services import record
from openapi_gateway.access import events
from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.guides import GUIDES
from openapi_gateway.choices import DataLevel, Level

VERSION = "v1"
SERVICES: tuple[dict[str, Any], ...] = (
    {
        "code": "identity", "name": "身份认证", "level": Level.A2, "icon": "fingerprint",
        "api_id": "FX-GW-A2-IDN-001",
        "summary": "客户在手机银行登录后，凭一次性票据向合作应用证明身份；姓名、手机号脱敏提供。",
    },
    {
        "code": "liveness", "name": "活体检测", "level": Level.A2, "icon": "face",
        "api_id": "FX-GW-A2-LIV-001",
        "summary": "判断镜头前是否真人、是否本人，给出通过、不通过、待定三种结论和一次性结果凭证。",
    },
    {
        "code": "keyboard", "name": "安全键盘", "level": Level.A2, "icon": "dialpad",
        "api_id": "FX-GW-A2-KBD-001",
        "summary": "键位随机、端到端加密的密码键盘；服务端转换为密码块或直接验密，明文不落地。",
    },
    {
        "code": "products", "name": "产品信息", "level": Level.A1, "icon": "storefront",
        "api_id": "FX-GW-A1-PRD-001",
        "summary": "查询平台开放的服务、版本与公告信息，只读，不涉及资金和客户信息。",
    },
)  # fmt: skip
# code, name, data level, summary
SCOPES: tuple[tuple[str, str, str, str], ...] = (
    ("identity.login", "登录认证", DataLevel.C2, "用一次性票据换取客户标识（openid）和访问令牌"),
    ("identity.introspect", "令牌核验", DataLevel.C2, "核验访问令牌是否有效、属于谁、认证强度如何"),
    ("identity.profile", "姓名（脱敏）", DataLevel.C2, "读取客户姓名，仅显示最后一个字"),
    ("identity.phone", "手机号（脱敏）", DataLevel.C2, "读取客户手机号，中间四位隐藏"),
    ("identity.unionid", "行内统一标识", DataLevel.C2, "同一银行多个应用之间识别同一客户"),
    ("identity.step_up", "增强认证", DataLevel.C3, "敏感操作前要求客户再做活体检测或密码验证"),
    ("liveness.check", "活体检测", DataLevel.C3, "判断镜头前是否真人"),
    ("liveness.compare", "人脸比对", DataLevel.C3, "与行内留存照片比对是否同一人"),
    ("keyboard.translate", "密码块转换", DataLevel.C3, "把键盘密文转换为区域密钥加密的密码块"),
    ("keyboard.verify", "密码验证", DataLevel.C3, "由银行核心系统验证密码，只返回是否一致"),
    ("products.read", "产品信息查询", DataLevel.C1, "读取公开的服务与产品目录"),
)  # fmt: skip
# code, name, per second, at once, per day, per month, summary
PLANS: tuple[tuple[str, str, int, int, int, int, str], ...] = (
    ("basic", "基础版", 10, 20, 20_000, 300_000, "适合试点和单一场景"),
    ("standard", "标准版", 50, 100, 200_000, 4_000_000, "适合县域银行的日常业务"),
    ("large", "扩展版", 300, 600, 2_000_000, 40_000_000, "适合客户量大的银行和活动高峰"),
)


def seed_digest() -> str:
    document = [SERVICES, SCOPES, PLANS, GUIDES]
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def seed_after_migrate(
    sender: AppConfig, using: str, apps: Any = installed, **_signal: object
) -> None:
    """Once the tables of all rooms are there; banks' schemas have no catalogue."""
    is_public = connections[using].schema_name == get_public_schema_name()
    if not is_public or sender is not _last_app():
        return
    try:
        models = {
            name: apps.get_model("gateway_access", name)
            for name in ("Service", "ServiceVersion", "Scope", "Plan")
        }
    except LookupError:  # migrated back to before there was a catalogue
        return
    with transaction.atomic(using=using):
        added = [_seed(models, entry, position) for position, entry in enumerate(SERVICES, 1)]
        if any(added):
            record(events.SEEDED, actor=None, after=[code for each in added for code in each])


def _seed(models: dict[str, Any], entry: dict[str, Any], position: int) -> list[str]:
    """What is missing of one service; the codes of what was added."""
    fields = {name: value for name, value in entry.items() if name != "api_id"}
    service, is_new = models["Service"].objects.get_or_create(
        code=entry["code"], defaults={**fields, "position": position}
    )
    added = [entry["code"]] if is_new else []
    version, is_new = models["ServiceVersion"].objects.get_or_create(
        service=service, version=VERSION,
        defaults={
            "api_id": entry["api_id"], "documentation": GUIDES[entry["code"]],
            "state": CatalogueState.PUBLISHED, "published_at": timezone.now(),
        },
    )  # fmt: skip
    for code, name, level, summary in SCOPES:
        if code.partition(".")[0] == entry["code"]:
            _scope, was_added = models["Scope"].objects.get_or_create(
                code=code,
                defaults={
                    "service": service, "name": name, "data_level": level, "summary": summary
                },
            )  # fmt: skip
            added += [code] if was_added else []
    # Plans come with their version: one that the platform has taken away is not made again.
    return [*added, *(_seed_plans(models, version) if is_new else [])]


def _seed_plans(models: dict[str, Any], version: Any) -> list[str]:
    for code, name, rate, burst, day, month, summary in PLANS:
        models["Plan"].objects.create(
            version=version, code=code, name=name, rate_per_second=rate, burst=burst,
            day_quota=day, month_quota=month, summary=summary, state=CatalogueState.PUBLISHED,
        )  # fmt: skip
    return [f"{version.api_id}/{plan[0]}" for plan in PLANS]


def _last_app() -> AppConfig:
    return [config for config in installed.get_app_configs() if config.models_module][-1]
