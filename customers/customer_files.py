"""What the columns of a customer file hold, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from customers import phones
from customers.choices import CustomerGroup, RiskLevel
from customers.errors import BadTag
from customers.tags import clean_tag, split
from intake.columns import Column
from intake.errors import BadValue
from intake.values import parse_date, parse_year, refuse_shortened

COLUMNS = (
    Column("customer", ("客户号", "客户编号", "客户号码", "customer number"), required=True),
    Column("branch", ("机构号", "网点号", "机构", "机构代码", "branch code")),
    Column("birth_year", ("出生年份", "出生年")),
    Column("opened_on", ("开户日期", "开户日")),
    Column("phone", ("手机号", "手机号码", "手机", "联系电话")),
    Column("groups", ("客群", "客户群", "group")),
    Column("tags", ("标签", "客户标签", "tag")),
    Column("risk_level", ("风险等级", "风险级别")),
    Column("risk_assessed_on", ("测评日期", "风险测评日期", "评估日期")),
)
# What an empty cell writes into the row, where it is not NULL.
EMPTY: Mapping[str, Any] = {"phone": ("", ""), "groups": [], "tags": [], "risk_level": ""}
MAX_TAGS = 50
EARLIEST_BIRTH = 1900
_NUMBER = re.compile(r"[A-Za-z0-9]{1,32}")
_RISK = re.compile(r"C([1-5])\s*(?:[\u4e00-\u9fff]{0,6})", re.IGNORECASE)
_GROUP_WORDS = {
    CustomerGroup.LOAN: ("贷款", "信贷"),
    CustomerGroup.CARD: ("信用卡", "贷记卡"),
    CustomerGroup.PAYROLL: ("代发", "代发工资", "工资代发"),
    CustomerGroup.SOCIAL: ("社保", "社会保险"),
    CustomerGroup.WEALTH: ("财富", "理财", "财富管理"),
    CustomerGroup.SENIOR: ("老年", "长者", "老人", "适老"),
    CustomerGroup.CAMPUS: ("校园", "学生"),
}
_GROUP_ENDING = re.compile(r"(?:客户|客群|群体|类)+$")


def parsers(branch_ids: Mapping[str, int], today: date) -> dict[str, Callable[[str], Any]]:
    return {
        "customer": _number,
        "branch": lambda text: _branch(text, branch_ids),
        "birth_year": lambda text: parse_year(text, least=EARLIEST_BIRTH, most=today.year),
        "opened_on": lambda text: _past(text, today),
        "phone": _phone,
        # The same few combinations come again and again.
        "groups": lru_cache(2_000)(_groups),
        "tags": lru_cache(2_000)(_tags),
        "risk_level": _risk_level,
        "risk_assessed_on": lambda text: _past(text, today),
    }


def _number(text: str) -> str:
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        refuse_shortened(text)
        raise BadValue(_("is no customer number: 1 to 32 letters and digits"))
    return text


def _branch(text: str, branch_ids: Mapping[str, int]) -> int:
    found = branch_ids.get(text)
    if found is None:
        raise BadValue(_("is the code of no branch of this bank"))
    return found


def _past(text: str, today: date) -> date:
    found = parse_date(text)
    if found > today:
        raise BadValue(_("lies in the future"))
    if found.year < EARLIEST_BIRTH:
        raise BadValue(_("lies before the year %(year)s") % {"year": EARLIEST_BIRTH})
    return found


def _phone(text: str) -> tuple[str, str]:
    """Mask and digest; the number itself is not kept."""
    mobile = phones.mobile_of(text)
    if not mobile:
        refuse_shortened(text)
        raise BadValue(_("is no mobile number of 11 digits"))
    return phones.masked(mobile), phones.digest_of(mobile)


def _groups(text: str) -> list[str]:
    codes = {_group(part) for part in split(text)}
    return [code for code in CustomerGroup.values if code in codes]


def _group(part: str) -> str:
    code = group_words().get(_GROUP_ENDING.sub("", part).strip().casefold())
    if code is None:
        raise BadValue(
            _("names the unknown group “%(group)s”; known are %(known)s, with “;” between")
            % {"group": part[:20], "known": ", ".join(CustomerGroup.values)}
        )
    return code


@lru_cache(maxsize=1)
def group_words() -> dict[str, str]:
    """Codes, the names on the screens in every language, and what people call them."""
    words = {}
    for code in CustomerGroup:
        names = [code.value, *_GROUP_WORDS[code]]
        for language, _name in settings.LANGUAGES:
            with override(language):
                names.append(str(code.label))
        for name in names:
            words[_GROUP_ENDING.sub("", name).strip().casefold()] = code.value
    return words


def _tags(text: str) -> list[str]:
    try:
        found = list(dict.fromkeys(clean_tag(part) for part in split(text)))
    except BadTag as error:
        raise BadValue(_("cannot be read: %(reason)s") % {"reason": error.message}) from error
    if len(found) > MAX_TAGS:
        raise BadValue(_("holds more than %(limit)s tags") % {"limit": MAX_TAGS})
    return found


def _risk_level(text: str) -> str:
    found = _RISK.fullmatch(text)
    if found is None:
        raise BadValue(_("is no risk level: C1, C2, C3, C4 or C5"))
    return RiskLevel(f"C{found[1]}").value
