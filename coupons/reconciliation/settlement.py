"""The files of a day's settlement. They are a contract with those who settle by them: the same day
gives the same bytes, whoever asks in whichever language, so headings are not translated."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection

from audit.spreadsheets import CONTROL, FORMULA_STARTS
from coupons.choices import Bearer
from coupons.models import Coupon, DayTotal, LedgerEntry, TemplateTerms
from coupons.reconciliation import liability
from coupons.reconciliation.days import SHANGHAI, end_of, start_of
from coupons.reconciliation.liability import Owed
from coupons.stock.codes import Vault, masked
from coupons.stock.ledgers import run
from operators.models import Branch
from tenants.encryption import CannotDecrypt

SLICE = 2_000
MANIFEST = ".sha256"
BEARERS = {Bearer.PROVINCE: "省联社", Bearer.BANK: "银行", Bearer.MERCHANT: "商户"}
_ACTIONS = {"redeem": "核销", "reverse": "冲正"}
_CHANNELS = {
    "app": "手机银行", "counter": "柜面", "console": "管理端", "system": "系统", "job": "后台任务",
}  # fmt: skip
_EXPIRIES = {"ended": "已过期未关闭", "3": "3天内到期", "7": "7天内到期", "30": "30天内到期",
             "90": "90天内到期", "later": "90天后到期"}  # fmt: skip
LINES = (
    "台账序号", "时间", "类型", "券编号", "券码", "券模板代码", "券模板名称", "批次号",
    "面额（元）", "订单金额（元）", "金额（元）", "省联社承担（元）", "银行承担（元）",
    "商户承担（元）", "机构号", "机构名称", "渠道", "场景", "业务凭证号", "客户经理", "操作人",
)  # fmt: skip
SUMMARY = (
    "券模板代码", "券模板名称", "机构号", "机构名称", "承担方", "核销笔数", "核销金额（元）",
    "冲正笔数", "冲正金额（元）", "净额（元）",
)  # fmt: skip
LIABILITY = (
    "券模板代码", "券模板名称", "到期分段", "未使用张数", "面额合计（元）", "省联社预计承担（元）",
    "银行预计承担（元）", "商户预计承担（元）",
)  # fmt: skip

_LINES = """
    SELECT entry.id, entry.at, entry.action, entry.coupon_id, coupon.code_key, coupon.secret,
        entry.template_id, entry.terms_version, entry.batch_id, entry.face_cents,
        entry.order_cents, entry.spent_cents, entry.province_cents, entry.bank_cents,
        entry.merchant_cents, entry.branch_path, entry.channel, entry.scene, entry.reference,
        entry.manager, entry.actor_kind, entry.actor_name
    FROM {ledger} AS entry LEFT JOIN {coupons} AS coupon ON coupon.id = entry.coupon_id
    WHERE entry.at >= %(start)s AND entry.at < %(end)s
        AND entry.action IN ('redeem', 'reverse') AND (entry.at, entry.id) > (%(at)s, %(id)s)
    ORDER BY entry.at, entry.id LIMIT %(slice)s
"""
_SUMMARY = """
    SELECT template_id, branch_path,
        sum(count) FILTER (WHERE action = 'redeem'), sum(count) FILTER (WHERE action = 'reverse'),
        sum(province_cents) FILTER (WHERE action = 'redeem'),
        sum(bank_cents) FILTER (WHERE action = 'redeem'),
        sum(merchant_cents) FILTER (WHERE action = 'redeem'),
        sum(province_cents) FILTER (WHERE action = 'reverse'),
        sum(bank_cents) FILTER (WHERE action = 'reverse'),
        sum(merchant_cents) FILTER (WHERE action = 'reverse')
    FROM {totals} WHERE day = %(day)s AND action IN ('redeem', 'reverse')
    GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Written:
    name: str
    path: Path
    rows: int
    sha256: str


class Money(int):
    """Cents; a number of ours is never a formula."""

    def __str__(self) -> str:
        sign = "-" if self < 0 else ""
        return f"{sign}{abs(int(self)) // 100}.{abs(int(self)) % 100:02d}"


class Names:
    """Of templates as published by the end of the day, of branches as they were called when the
    day was first reconciled: a branch that is renamed changes no settlement."""

    def __init__(self, day: date, branches: Mapping[str, Sequence[str]]) -> None:
        self.branches = branches
        self._by_version: dict[tuple[int, int], tuple[str, str]] = {}
        self._latest: dict[int, tuple[str, str]] = {}
        rows = TemplateTerms.objects.order_by("template_id", "version").values_list(
            "template_id", "version", "terms__code", "terms__title", "published_at"
        )
        for template, version, code, title, published_at in rows:
            self._by_version[template, version] = (code, title)
            if published_at < end_of(day) or template not in self._latest:
                self._latest[template] = (code, title)

    def template(self, template_id: int, version: int = 0) -> tuple[str, str]:
        found = self._by_version.get((template_id, version))
        return found or self._latest.get(template_id, (str(template_id), ""))

    def branch(self, path: str) -> tuple[str, str]:
        if not path:
            return "", ""
        code, name = self.branches.get(path, (path, ""))
        return code, name


def write_files(
    folder: Path, day: date, stem: str, names: Names, owed: Sequence[Owed]
) -> list[Written]:
    """Three tables and the list of their digests (``sha256sum -c`` reads it)."""
    tables: list[tuple[str, Sequence[str], Iterable[Sequence[object]]]] = [
        ("redemptions", LINES, _lines(day, names)),
        ("summary", SUMMARY, _summary(day, names)),
        ("liability", LIABILITY, _liability(names, owed)),
    ]
    written = [
        _write(folder / f"{stem}-{kind}.csv", headings, rows) for kind, headings, rows in tables
    ]
    return [*written, _manifest(folder / f"{stem}{MANIFEST}", written)]


def _write(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Written:
    count = 0
    with path.open("wb") as file:
        # With a byte order mark: Chinese Excel would read GB18030.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow(headings)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            count += 1
        text.flush()
    return Written(path.name, path, count, digest_of(path))


def _manifest(path: Path, files: Sequence[Written]) -> Written:
    text = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    path.write_bytes(text.encode())
    return Written(path.name, path, len(files), digest_of(path))


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if isinstance(value, int):
        return text
    text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _lines(day: date, names: Names) -> Iterator[list[object]]:
    """Slice by slice: memory does not grow with the day."""
    vault = Vault()
    values: dict[str, Any] = {
        "start": start_of(day), "end": end_of(day), "at": start_of(day), "id": 0, "slice": SLICE,
    }  # fmt: skip
    while True:
        with run(_LINES, {"ledger": LedgerEntry, "coupons": Coupon}, values) as cursor:
            rows = cursor.fetchall()
        for row in rows:
            yield _line(row, vault, names)
        if len(rows) < SLICE:
            return
        values |= {"id": rows[-1][0], "at": rows[-1][1]}


def _line(row: tuple[Any, ...], vault: Vault, names: Names) -> list[object]:
    (number, at, action, coupon, code_key, secret, template, version, batch, face, order,
     spent, province, bank, merchant, branch, channel, scene, reference, manager, kind,
     actor) = row  # fmt: skip
    code = _shown(vault, code_key, secret)
    return [
        number, f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", _ACTIONS[action], coupon, code,
        *names.template(template, version), batch, Money(face),
        Money(order) if order is not None else "", Money(spent), Money(province), Money(bank),
        Money(merchant), *names.branch(branch), _CHANNELS.get(channel, channel), scene, reference,
        # A customer's number is nobody's business who settles.
        manager, "" if kind == "customer" else actor,
    ]  # fmt: skip


def _shown(vault: Vault, code_key: Any, secret: Any) -> str:
    """A cell that was tampered with does not keep a day from being settled."""
    try:
        return masked(vault.open(code_key, secret).code) if secret is not None else ""
    except CannotDecrypt:
        return "****"


def _summary(day: date, names: Names) -> Iterator[list[object]]:
    with run(_SUMMARY, {"totals": DayTotal}, {"day": day}) as cursor:
        for template, branch, redeemed, reversals, *cents in cursor.fetchall():
            amounts = [int(each or 0) for each in cents]
            for place, bearer in enumerate(BEARERS.values()):
                used, back = amounts[place], amounts[place + 3]
                yield [
                    *names.template(template), *names.branch(branch), bearer, int(redeemed or 0),
                    Money(used), int(reversals or 0), Money(back), Money(used + back),
                ]  # fmt: skip


def _liability(names: Names, owed: Sequence[Owed]) -> Iterator[list[object]]:
    for each in liability.by_template_and_expiry(owed):
        yield [
            *names.template(each.template), _EXPIRIES[each.expiry], each.count,
            Money(each.face_cents), Money(each.province_cents), Money(each.bank_cents),
            Money(each.merchant_cents),
        ]  # fmt: skip


def branches_named(paths: Iterable[str], known: Mapping[str, Any]) -> dict[str, list[str]]:
    """``known``, and the branches of ``paths`` that are not in it."""
    missing = sorted(set(filter(None, paths)) - set(known))
    rows = Branch.objects.filter(path__in=missing).values_list("path", "code", "name")
    return {**known, **{path: [code, name] for path, code, name in rows}}


def branch_paths(day: date) -> list[str]:
    totals = DayTotal.objects.filter(day=day)
    return list(totals.order_by("branch_path").values_list("branch_path", flat=True).distinct())


def stem_of(day: date, *, preliminary: bool) -> str:
    bank = getattr(connection.tenant, "slug", connection.schema_name)
    return f"{bank}-{day:%Y%m%d}{'-preliminary' if preliminary else ''}"
