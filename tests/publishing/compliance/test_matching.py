from __future__ import annotations

import pytest

from publishing.compliance.deposits import ties
from publishing.compliance.matching import excerpt, find, tidy_harmless
from publishing.compliance.traditional import SIMPLIFIED
from tests.publishing.compliance.subjects import word


@pytest.mark.parametrize(
    "text",
    [
        "全国最佳服务", "最 佳", "最　佳", "最\u200b佳", "最·佳", "最-佳", "“最”佳",
        "\ufeff最\u2060佳", "最**佳", "最\u3164佳", "最\u2800佳", "最\u20dd佳", "最\ue000佳",
    ],
)  # fmt: skip
def test_a_word_is_found_whatever_it_is_dressed_in(text: str) -> None:
    assert [hit.word.word for hit in find(text, [word("最佳")])] == ["最佳"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("穩賺 不賠", "稳赚不赔"), ("國\u200b家級", "国家级"), ("全國第一", "全国第一"),
        ("獨一無二", "独一无二"), ("無 風 險", "无风险"), ("稳赚不赔", "穩賺不賠"),
        ("萬能", "万能"), ("高息攬儲", "高息揽储"),
    ],
)  # fmt: skip
def test_a_word_in_traditional_characters_is_the_same_word(text: str, wanted: str) -> None:
    assert [hit.word.word for hit in find(text, [word(wanted)])] == [wanted]


@pytest.mark.parametrize("text", ["存款送禮", "新增定期存款滿 5 萬元領紅包", "儲蓄抽獎"])
def test_a_gift_for_a_deposit_is_found_in_traditional_characters(text: str) -> None:
    assert [tie.denied for tie in ties(text)] == [False]


@pytest.mark.parametrize(
    "text",
    [
        "存款满1万元享话费满50减5优惠券", "存款满减", "存款返50元", "定存满额抽大奖", "存款得金条",
        "凡存款五万以上的客户均可到网点领一桶油", "存款换大米", "存款客户专享5元话费券",
    ],
)  # fmt: skip
def test_a_gift_for_a_deposit_is_found_by_what_is_given(text: str) -> None:
    assert [tie.denied for tie in ties(text)] == [False]


@pytest.mark.parametrize(
    "text",
    [
        "优惠券不可用于存款", "转账、存款和理财不参加满减", "存款除外，话费满50减5",
        "存1万元一年可得175元利息", "活期账户更换手机号", "储蓄国债持有人获得债券利息",
    ],
)  # fmt: skip
def test_what_is_said_of_deposits_without_a_gift_passes(text: str) -> None:
    assert list(ties(text)) == []


def test_no_simplified_character_of_the_table_is_simplified_again() -> None:
    assert len(SIMPLIFIED) > 1000
    assert not {ord(each) for each in SIMPLIFIED.values()} & set(SIMPLIFIED)


@pytest.mark.parametrize("text", ["最，佳", "最\n佳", "佳最", "最好佳", ""])
def test_two_characters_that_a_reader_sees_apart_are_no_word(text: str) -> None:
    assert find(text, [word("最佳")]) == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("ＴＯＰ 银行", True), ("Top银行", True), ("我们是top", True), ("stop", False),
        ("topmost", False), ("１００％收益", False), ("ｔｏｐ1", False),
    ],
)  # fmt: skip
def test_latin_words_count_as_a_whole_in_any_width_and_case(text: str, is_found: bool) -> None:
    assert bool(find(text, [word("TOP")])) is is_found


def test_full_width_digits_and_percents_are_the_same_word() -> None:
    (hit,) = find("年化１００％收益", [word("100%")])

    assert (hit.start, hit.end) == (2, 6)


def test_a_longer_harmless_word_protects_only_the_place_where_it_stands() -> None:
    first = word("第一", harmless=("第一季度", "第一次"))

    hits = find("第一季度，第 一 次，全省第一", [first])

    assert [(hit.start, hit.end) for hit in hits] == [(13, 15)]


def test_of_two_words_at_one_place_the_longer_is_told_unless_only_the_shorter_blocks() -> None:
    text = "最佳收益"

    longer_blocks = find(text, [word("最佳"), word("最佳收益")])
    shorter_blocks = find(text, [word("最佳"), word("最佳收益", "warn")])

    assert [hit.word.word for hit in longer_blocks] == ["最佳收益"]
    assert [hit.word.word for hit in shorter_blocks] == ["最佳", "最佳收益"]


def test_every_place_is_told_in_the_order_of_the_text() -> None:
    hits = find("保本，最佳，保本", [word("最佳"), word("保本")])

    assert [(hit.word.word, hit.start) for hit in hits] == [("保本", 0), ("最佳", 3), ("保本", 6)]


def test_an_excerpt_shows_the_words_around_the_place_on_one_line() -> None:
    text = "一二三四五六七八九十甲乙\n丙最 佳丁戊己庚辛壬癸子丑寅卯"

    assert str(excerpt(text, 14, 17)) == "…五六七八九十甲乙 丙【最 佳】丁戊己庚辛壬癸子丑寅…"


def test_harmless_words_are_read_from_any_separators() -> None:
    assert tidy_harmless("第一次、第一季度,第一条；第一次\n 第一天") == (
        "第一次", "第一季度", "第一条", "第一天",
    )  # fmt: skip
