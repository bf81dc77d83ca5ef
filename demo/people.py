"""Branches, operators and customers of a demo bank. All invented, and recognisably so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group
from django.utils import timezone

from customers.models import Customer
from demo.notices import LARGE_BANKS
from demo.province import PLACES, BankRow, chance
from operators.choices import BankRole, BranchKind, PlatformRole
from operators.models import Branch, Operator
from tenants.pinyin import name_key

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
LAST_CHARACTERS = "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚"
NUMERALS = "一二三四五六七八"
CUSTOMERS, CUSTOMERS_OF_LARGE_BANKS = 40, 600
TRIAL_CUSTOMERS = 3
# Percent of the customers; in the order of the catalogue.
GROUPS = {"loan": 25, "card": 30, "payroll": 35, "social": 45, "wealth": 15}
TAGS = {"演示·房贷": 8, "演示·高贡献": 6, "演示·常缴费": 22, "演示·久未登录": 12, "演示·种植户": 10}

BANK_PEOPLE = {
    "admin": (BankRole.ADMINISTRATOR, "演示管理员"),
    "maker": (BankRole.MAKER, "演示经办"),
    "checker": (BankRole.CHECKER, "演示复核"),
    "viewer": (BankRole.VIEWER, "演示查询员"),
    "branch": (BankRole.BRANCH, "演示支行员"),
}
PLATFORM_PEOPLE = {
    "admin": (PlatformRole.ADMINISTRATOR, "平台管理员（演示）"),
    "operator": (PlatformRole.OPERATOR, "平台运营（演示）"),
    "tech_reviewer": (PlatformRole.TECHNICAL_REVIEWER, "科技审核（演示）"),
    "compliance_reviewer": (PlatformRole.COMPLIANCE_REVIEWER, "合规审核（演示）"),
    "auditor": (PlatformRole.AUDITOR, "审计（演示）"),
}
# A role's password hash. Every bank's operator of that role shares it: hashing five hundred
# passwords takes minutes, and this one is printed on the screen anyway.
Hashes = dict[str, str]


def make_branches(row: BankRow) -> list[Branch]:
    """Head office, sub-branches, outlets; returns the outlets."""
    root = _branch(row, "D000", f"{row.short_name}总行", BranchKind.HEAD_OFFICE)
    Branch.add_root(instance=root)
    hall = _branch(row, "D001", f"{row.short_name}总行营业部", BranchKind.OUTLET)
    root.add_child(instance=hall)
    outlets = [hall]
    for number in range(1, (6 if row.number <= LARGE_BANKS else 4)):
        name = f"{row.short_name}演示支行{NUMERALS[number - 1]}"
        sub_branch = _branch(row, f"D{number}00", name, BranchKind.SUB_BRANCH)
        root.add_child(instance=sub_branch)
        for place in (1, 2):
            outlet = _branch(
                row, f"D{number}0{place}", f"{name}第{NUMERALS[place - 1]}网点", BranchKind.OUTLET
            )
            sub_branch.add_child(instance=outlet)
            outlets.append(outlet)
    return outlets


def _branch(row: BankRow, code: str, name: str, kind: BranchKind) -> Branch:
    latitude, longitude = PLACES[row.prefecture]
    return Branch(
        code=code, name=name, name_key=name_key(name), kind=kind,
        address=f"{row.prefecture}{row.short_name}演示路 {chance(f'{row.slug}{code}', 300) + 1} 号",
        latitude=_nearby(latitude, f"{row.slug}{code}/lat", row.slug),
        longitude=_nearby(longitude, f"{row.slug}{code}/lon", row.slug),
    )  # fmt: skip


def _nearby(degrees: float, topic: str, bank: str) -> Decimal:
    """Within some 25 km of the prefecture's seat for the bank, within 4 km of that for a branch."""
    micro = chance(f"{bank}{topic[-4:]}", 500_000) - 250_000 + chance(topic, 80_000) - 40_000
    return Decimal(str(degrees)) + Decimal(micro).scaleb(-6)


def make_operators(
    people: Mapping[str, tuple[str, str]], hashes: Hashes, branches: Mapping[str, Branch]
) -> dict[str, Operator]:
    groups = {group.name: group for group in Group.objects.all()}
    made = {}
    for username, (role, name) in people.items():
        found = Operator.objects.filter(username=username).first()
        if found is not None:  # on a given database somebody may have that name already
            made[username] = found
            continue
        made[username] = Operator.objects.create(
            username=username, name=name, staff_number=f"DEMO-{username}",
            password=hashes[username], password_changed_at=timezone.now(),
            branch=branches.get(username, branches.get("")),
        )  # fmt: skip
        made[username].groups.add(groups[role])
    return made


def make_customers(row: BankRow, outlets: list[Branch]) -> int:
    count = CUSTOMERS_OF_LARGE_BANKS if row.number <= LARGE_BANKS else CUSTOMERS
    Customer.objects.bulk_create(
        [_customer(row, number, outlets) for number in range(1, count + 1)]
    )
    return count


def _customer(row: BankRow, number: int, outlets: list[Branch]) -> Customer:
    topic = f"{row.slug}/D{number:07d}"
    prefix, end = 130 + chance(f"{topic}/phone", 60), chance(f"{topic}/end", 10_000)
    level = chance(f"{topic}/level", 7)  # two in seven were never assessed
    return Customer(
        number=f"D{number:07d}",
        masked_name=f"{SURNAMES[chance(topic, 20)]}*{LAST_CHARACTERS[chance(f'{topic}/name', 20)]}",
        masked_phone=f"{prefix}****{end:04d}",
        branch=outlets[chance(f"{topic}/outlet", len(outlets))],
        opened_on=date(2012, 1, 1) + timedelta(days=chance(f"{topic}/opened", 4500)),
        birth_year=_birth_year(topic),
        groups=_groups(topic),
        tags=[tag for tag, percent in TAGS.items() if chance(f"{topic}/{tag}", 100) < percent],
        risk_level=f"C{level + 1}" if level < 5 else "",
        risk_assessed_on=_assessed(topic) if level < 5 else None,
        # The first few are the bank's own staff.
        is_trial=number <= TRIAL_CUSTOMERS,
    )


def _birth_year(topic: str) -> int | None:
    """From grown-up to very old; of one in twenty unknown."""
    return 1940 + chance(f"{topic}/born", 68) if chance(f"{topic}/known", 20) else None


def _groups(topic: str) -> list[str]:
    born = _birth_year(topic)
    found = [code for code in GROUPS if chance(f"{topic}/{code}", 100) < GROUPS[code]]
    found += ["senior"] if born is not None and born <= 1966 else []
    return found + (["campus"] if born is not None and born >= 2004 else [])


def _assessed(topic: str) -> date:
    return timezone.localdate() - timedelta(days=chance(f"{topic}/assessed", 500))
