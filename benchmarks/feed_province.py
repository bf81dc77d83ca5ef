"""A province for the benchmark of the feed: banks, customers, live content, tokens."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.ads import kinds as _ads  # noqa: F401  (registers the kind)
from announcements.catalogue.models import AppFunction, Placement, Skin
from approvals.models import Request
from customers.choices import CustomerGroup
from demo.province import product_types, read
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.models import Branch, Operator
from publishing import issuing
from publishing.choices import PublicationAction
from publishing.models import Publication
from tenants.models import Bank
from tenants.services import provision_bank

GROUPS, TAGS = CustomerGroup.values, [f"tag{number:02}" for number in range(40)]
SLOTS = {"splash": 1, "home_banner": 5, "popup": 1, "floating": 1, "zone_banner": 3}
KEY = ec.generate_private_key(ec.SECP256R1())


def key_set() -> str:
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
    return json.dumps({"keys": [{**public, "kid": "bench"}]})


def fill_catalogues() -> None:
    for position, row in enumerate(read("functions.csv")):
        senior = row.pop("senior") == "yes"
        AppFunction.objects.create(position=position, in_senior_mode=senior, **row)
    for row in read("skins.csv"):
        Skin.objects.create(**row)
    for kind in product_types():
        ProductType.objects.create(code=kind.code, name=kind.name, category=kind.category)
    for code, slots in SLOTS.items():
        Placement.objects.create(
            code=code, width=343, height=150, slots=slots, daily_cap=20,
            province_slots=[1] if slots > 1 else [],
        )  # fmt: skip


def make_bank(slug: str, *, customers: int, live: int) -> Bank:
    bank = provision_bank(slug=slug, name=slug)
    for kind in ProductType.objects.all():
        Activation.objects.create(product_type=kind, bank=bank, activated_at=timezone.now())
    with tenant_context(bank), transaction.atomic():
        branches = _branches()
        _add_customers(slug, customers, branches)
        publish(contents(live, branches, random.Random(slug)))
    with tenant_context(bank), connection.cursor() as cursor:
        # What autovacuum would do otherwise, in the middle of a measurement.
        cursor.execute("VACUUM (ANALYZE) customers_customer, customers_showcounter")
    return bank


def _branches() -> list[Branch]:
    root = Branch.add_root(code="D000", name="head office")
    return [root, *(root.add_child(code=f"D{n:03}", name=f"branch {n}") for n in range(1, 21))]


def _add_customers(slug: str, count: int, branches: list[Branch]) -> None:
    dice = random.Random(f"{slug}/customers")
    columns = (
        "number, masked_name, masked_phone, branch_id, phone_digest, birth_year, groups, tags,"
        " risk_level, is_trial, created_at"
    )
    now = timezone.now()
    statement = f"COPY customers_customer ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for number in range(count):
            copy.write_row((
                f"{slug}{number:06}", "", "", dice.choice(branches).pk, "",
                dice.randint(1940, 2008), dice.sample(GROUPS, dice.randint(0, 3)),
                dice.sample(TAGS, dice.randint(2, 6)), "C3", False, now,
            ))  # fmt: skip
    _add_counters(slug, count)


def _add_counters(slug: str, count: int) -> None:
    """What customers were shown yesterday: every look-up reads some rows."""
    yesterday = timezone.localdate() - timedelta(days=1)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY customers_showcounter (customer_number, subject, lifetime, day, today) FROM STDIN"
        ) as copy,
    ):
        for number in range(count):
            for code in ("home_banner", "splash", "popup"):
                row = (f"{slug}{number:06}", f"placement:{code}", 3, yesterday, 1)
                copy.write_row(row)


def contents(count: int, branches: list[Branch], dice: random.Random) -> Iterator[dict[str, Any]]:
    """Three quarters have audiences of three conditions, a third are capped, a quarter have
    windows, a tenth are of one branch."""
    places = [code for code, slots in SLOTS.items() for _slot in range(slots)]
    for number in range(count):
        is_ad = number % 3 != 0
        yield {
            "kind": "ad" if is_ad else "announcement",
            "title": f"内容 {number:04}",
            "payload": _ad(number, dice.choice(places)) if is_ad else _announcement(number),
            "audience": _audience(branches, dice) if number % 4 != 3 else {},
            "priority": dice.randint(0, 3),
            "branch_path": dice.choice(branches[1:]).path if number % 10 == 9 else "",
        }


def _audience(branches: list[Branch], dice: random.Random) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [
        {"field": "groups", "op": "any", "values": dice.sample(GROUPS, 4)},
        {"field": "tags", "op": "any", "values": dice.sample(TAGS, 15)},
        {"field": "tags", "op": "none", "values": dice.sample(TAGS, 3)},
        {"field": "age", "op": "between", "min": dice.randint(18, 30), "max": dice.randint(50, 80)},
    ]
    return {"all": dice.sample(conditions, 3)}


def _ad(number: int, placement: str) -> dict[str, Any]:
    folder = f"/media/b_bench/pictures/{uuid.UUID(int=number).hex}"
    return {
        "schema": 1, "placement": placement, "alt": f"福祥专区特色产品推荐 {number:04}",
        "image": {
            f"{n}x": {"url": f"{folder}/{n}x.webp", "width": 343 * n, "height": 150 * n}
            for n in (1, 2, 3)
        },
        "thumbnail": f"{folder}/thumbnail.webp",
        "link": {"kind": "function", "target": "wealth"},
        "windows": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "until": "24:00"}]
        if number % 4 == 1 else [],
        "weight": 1 + number % 20, "daily_cap": 3 if number % 2 else None,
        "lifetime_cap": None, "slot": None, "house": False, "for_seniors": False,
        "closable": True, "trial_starts_at": None,
    }  # fmt: skip


def _announcement(number: int) -> dict[str, Any]:
    return {
        "schema": 1, "title": f"关于服务安排的公告 {number:04}",
        "summary": "为提升服务质量，我行将对部分业务进行调整，请留意各网点公示与后续通知。",
        "body": "<p>为提升服务质量，我行将对部分业务进行调整。</p>", "pinned": number % 30 == 0,
        "must_read": number % 60 == 0, "for_seniors": False, "trial_starts_at": None,
    }  # fmt: skip


def publish(found: Iterator[dict[str, Any]]) -> None:
    """As approvals publish, but with one approval for all and one compiling at the end."""
    now = timezone.now()
    maker = Operator.objects.create(username=f"maker-{uuid.uuid4().hex[:8]}", name="maker")
    request = Request.objects.create(
        kind="publication", target_kind="benchmark", target_id=str(uuid.uuid4()), title="benchmark",
        payload={}, base_digest="", maker=maker, maker_name="maker", submitted_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    for content in found:
        publication = Publication(
            target_id=uuid.uuid4(), action=PublicationAction.PUBLISH, request=request,
            maker_name="maker", checker_name="checker", starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=30), **content,
        )  # fmt: skip
        issuing.append(publication, maker, now)
    issuing.compile_head(now)


def write_requests(path: Path, banks: list[Bank], numbers: range, address: str) -> None:
    """One line per customer, the banks by turns."""
    expires = int(time.time()) + 7200
    with path.open("w") as file:
        for number in numbers:
            for bank in banks:
                claims = {"bank": bank.slug, "sub": f"{bank.slug}{number:06}", "exp": expires}
                token = jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": "bench"})
                file.write(f"{bank.slug}.localhost\t{address}\t{token}\n")
