"""What the columns of a file of qualifying events hold, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from campaigns.choices import EventKind
from campaigns.taking.given import REPORTED
from coupons.choices import Scene
from coupons.terms.amounts import cents_of
from coupons.terms.reading import SHANGHAI
from intake.columns import Column
from intake.errors import BadValue
from intake.values import parse_date, refuse_shortened

COLUMNS = (
    Column("event_id", ("事件号", "事件编号", "流水号", "交易流水号", "event id"), required=True),
    Column("kind", ("事件类型", "类型", "event kind"), required=True),
    Column("customer", ("客户号", "客户编号", "客户号码", "customer number"), required=True),
    Column("occurred_at", ("发生时间", "交易时间", "时间", "occurred at"), required=True),
    Column("amount", ("金额", "交易金额", "amount yuan")),
    Column("scene", ("场景", "业务场景")),
    Column("reverses", ("冲正事件号", "原事件号", "原流水号", "reverses event id")),
)  # fmt: skip
# What a cell that is left empty means.
EMPTY: Mapping[str, Any] = {"amount": 0, "scene": "", "reverses": ""}
_ID = re.compile(r"[!-~]{1,100}")
_CUSTOMER = re.compile(r"[A-Za-z0-9]{1,32}")
_CLOCK = re.compile(r"[ T]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$")
_KIND_WORDS = {
    EventKind.PAYMENT: ("支付", "付款", "消费"),
    EventKind.ACTIVATION: ("开通", "激活", "开通手机银行"),
    EventKind.FIRST_SIGN_IN: ("首次登录", "首登"),
    EventKind.CARD_BOUND: ("绑卡", "绑定银行卡"),
    EventKind.BILL_PAID: ("缴费", "账单缴费"),
    EventKind.BRANCH_VISIT: ("网点办理", "到店", "网点业务"),
}


def parsers() -> dict[str, Callable[[str], Any]]:
    return {
        "event_id": _id,
        "kind": _kind,
        "customer": _customer,
        "occurred_at": _moment,
        "amount": _amount,
        "scene": lru_cache(1_000)(_scene),
        "reverses": _id,
    }


def _id(text: str) -> str:
    refuse_shortened(text)
    if not _ID.fullmatch(text):
        raise BadValue(_("is no event number: 1 to 100 letters, digits and signs without blanks"))
    return text


def _customer(text: str) -> str:
    if not (text.isascii() and _CUSTOMER.fullmatch(text)):
        refuse_shortened(text)
        raise BadValue(_("is no customer number: 1 to 32 letters and digits"))
    return text


def _kind(text: str) -> str:
    found = kind_words().get(text.casefold())
    if found is None:
        raise BadValue(_("is no kind of event; known are: %(kinds)s") % {"kinds": known_kinds()})
    return found


def known_kinds() -> str:
    """The first Chinese word of each, which files may use in every language."""
    return "、".join(f"{_KIND_WORDS[EventKind(kind)][0]} ({kind})" for kind in REPORTED)


@lru_cache(maxsize=1)
def kind_words() -> dict[str, str]:
    """Codes, the names on the screens in every language, and what people call them."""
    words = {word: kind.value for kind, others in _KIND_WORDS.items() for word in others}
    return words | _labels(EventKind, REPORTED)


@lru_cache(maxsize=1)
def scene_words() -> dict[str, str]:
    return _labels(Scene, Scene.values)


def _labels(choices: Any, codes: Any) -> dict[str, str]:
    words = {code.casefold(): code for code in codes}
    for language, _name in settings.LANGUAGES:
        with override(language):
            words |= {str(choices(code).label).casefold(): code for code in codes}
    return words


def _scene(text: str) -> str:
    """An own word stays as it is: the event's own check knows functions and merchants."""
    return scene_words().get(text.casefold(), text)


def _moment(text: str) -> datetime:
    """Of Shanghai, unless the file names another zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is not None and found.tzinfo is not None:
        return found
    clock = _CLOCK.search(text)
    day = parse_date(text)
    if clock is None:
        raise BadValue(_("names no time of the day; write it like 2026-07-01 18:30"))
    hour, minute, second = (int(part or 0) for part in clock.groups())
    if hour > 23 or minute > 59 or second > 59:
        raise BadValue(_("is a time that does not exist"))
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=SHANGHAI)


def _amount(text: str) -> int:
    try:
        return cents_of(text)
    except ValueError:
        raise BadValue(_("is no amount in yuan with at most two decimals, like 50.00")) from None
