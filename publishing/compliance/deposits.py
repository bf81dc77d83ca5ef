"""Words that tie a gift to a deposit: "存款送米", "新增定期存款满 5 万元领红包".

Notice 48 (2018) of the banking regulator forbids attracting deposits by cash, securities or goods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from publishing.compliance.matching import bare

_DEPOSIT = (
    r"(?:存款|存单|定存|定期|活期|储蓄|存钱|存入|存满|新增存|存本|揽储|大额存单|智能存|开户存|月日均"
    r"|存[一二三四五六七八九十百千万亿\d])"
)
# "送" is also the second half of words that have nothing to do with presents.
_GIVE = (
    r"(?:(?<![发推配报寄护目派输投递传奉运抄呈])送(?!达|审|检|别|交|货|到|出)|赠|返现|返利|返券|返还现金"
    r"|有礼|好礼|礼品|礼包|抽奖|奖品|奖金|奖励|红包|换购|兑换礼|领取?(?:米|油|券|礼|奖|现金|话费|积分)"
    r"|得(?:现金|话费|好礼|礼|奖|券))"
)
# Within one sentence, and near to each other.
_BETWEEN = r"[^。；;！!？?\n]{0,24}?"
# What is a present only when a deposit leads to it: coupons name deposits to leave them out.
_GOODS = (
    r"(?:优惠券|代金券|消费券|话费券|抵用券|立减|满减|满\d+元?减|抽大奖|返\d+元|补贴\d+元"
    r"|[得获赢换领拿享][^，,、]{0,6}?(?:大米|食用油|桶油|油一?桶|金条|(?<![债证])券))"
)
_LEADING = r"[^。；;！!？?\n不除]{0,24}?"
_TIES = re.compile(
    rf"{_DEPOSIT}{_BETWEEN}{_GIVE}|{_GIVE}{_BETWEEN}(?:给|予|于)?{_BETWEEN}{_DEPOSIT}"
    rf"|{_DEPOSIT}{_LEADING}{_GOODS}"
)
_GIFT = re.compile(_GIVE)
_SENTENCE = re.compile(r"[^。；;！!？?\n]+")
# A sentence that says there is no such gift, or warns of those who promise one.
_DENIAL = re.compile(
    r"诈骗|骗局|欺诈|谨防|警惕|防范|严禁|禁止|不得|违规|非法|举报|不赠|不送|不返|没有任何|无任何|与存款无关"
    r"|不与存款|不以存款"
)


@dataclass(frozen=True, slots=True)
class Tie:
    """Where it stands in the text as it was given; ``denied``: the sentence speaks against it."""

    start: int
    end: int
    denied: bool


def ties(text: str) -> Iterator[Tie]:
    """At most one of each sentence."""
    stripped = bare(text)
    for sentence in _SENTENCE.finditer(stripped.text):
        found = _TIES.search(sentence.group())
        if found is None:
            continue
        start = sentence.start() + found.start()
        end = sentence.start() + found.end() - 1
        denied = _DENIAL.search(sentence.group()) is not None
        yield Tie(stripped.places[start], stripped.places[end] + 1, denied)


def promises_gift(text: str) -> tuple[int, int] | None:
    """Where the first word of a present stands in a text that speaks for itself of none."""
    stripped = bare(text)
    for sentence in _SENTENCE.finditer(stripped.text):
        found = _GIFT.search(sentence.group())
        if found is not None and _DENIAL.search(sentence.group()) is None:
            start = sentence.start() + found.start()
            return stripped.places[start], stripped.places[sentence.start() + found.end() - 1] + 1
    return None
