from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.utils.translation import override

from fuxiang_zone.catalogue.schema import (
    BadSchema,
    BadValue,
    Field,
    FieldType,
    bound_words,
    clean_values,
    form_field,
    orphans,
    parse_new_schema,
    parse_schema,
    raw_schema,
    show_value,
)

EVERY: list[dict[str, Any]] = [
    {"key": "name", "label": "名称", "type": "text", "least": 2, "most": 10, "required": True},
    {"key": "words", "label": "说明", "type": "long_text"},
    {"key": "days", "label": "天数", "type": "integer", "unit": "天", "least": 1, "most": 3600},
    {"key": "ratio", "label": "系数", "type": "decimal", "decimals": 2, "least": "0.5"},
    {"key": "least", "label": "起购金额", "type": "money", "least": 100000, "most": 500000000},
    {"key": "rate", "label": "年利率", "type": "percent", "most": "6.5"},
    {"key": "until", "label": "截止", "type": "date", "least": "2026-01-01"},
    {"key": "one", "label": "方式", "type": "choice",
     "options": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]},
    {"key": "many", "label": "渠道", "type": "choices", "most": 2,
     "options": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"},
                 {"value": "c", "label": "丙"}]},
    {"key": "early", "label": "可提前支取", "type": "boolean"},
    {"key": "credit", "label": "额度范围", "type": "range_money", "most": 10_000_000_00},
    {"key": "ages", "label": "年龄", "type": "range_integer", "unit": "岁", "least": 0},
    {"key": "topups", "label": "充值金额", "type": "amounts", "most": 100_000},
    {"key": "page", "label": "页面", "type": "url"},
    {"key": "call", "label": "电话", "type": "phone"},
]  # fmt: skip
GOOD = {
    "name": "大额存单", "words": "一\n二", "days": 360, "ratio": "1.5", "least": 20_000_000,
    "rate": "2.15", "until": "2026-12-31", "one": "a", "many": ["a", "c"], "early": False,
    "credit": {"least": 1_000_000, "most": None}, "ages": {"least": 18, "most": 60},
    "topups": [5000, 10000], "page": "https://bank.cn/x", "call": "0731-96518",
}  # fmt: skip
FIELDS = parse_schema(EVERY)
BY_KEY = {field.key: field for field in FIELDS}


def refusal(key: str, raw: Any) -> str:
    with pytest.raises(BadValue) as caught:
        clean_values(FIELDS, {"name": "大额存单", key: raw})
    assert caught.value.field == key
    return str(caught.value)


def test_a_schema_comes_back_as_it_was_written() -> None:
    assert raw_schema(FIELDS) == EVERY


def test_values_of_every_type_are_kept_exactly_and_cleaning_again_changes_nothing() -> None:
    once = clean_values(FIELDS, GOOD)

    assert once == GOOD
    assert clean_values(FIELDS, once) == once


def test_numbers_and_days_of_python_are_kept_as_text() -> None:
    given = {"name": "存单", "rate": Decimal("2.1500"), "until": date(2026, 7, 1), "ratio": 3}

    kept = clean_values(FIELDS, given)

    assert kept == {"name": "存单", "ratio": "3", "rate": "2.15", "until": "2026-07-01"}


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("name", "长" * 11), ("name", "a\nb"), ("days", 0), ("days", 1.5), ("days", True),
        ("ratio", 1.5), ("ratio", "1.555"), ("ratio", "0.4"), ("ratio", "NaN"), ("least", "5000"),
        ("least", -1), ("least", 99_999), ("rate", "6.51"), ("rate", "1e999"), ("until", "31.12."),
        ("until", "2025-12-31"), ("one", "c"), ("one", ["a"]), ("many", ["a", "b", "c"]),
        ("many", "a"), ("early", "yes"), ("credit", {"least": 5, "most": 4}),
        ("credit", {"least": 0, "most": 10**12}), ("credit", [1, 2]), ("topups", [100_001]),
        ("topups", list(range(21))), ("page", "http://bank.cn"), ("page", "https://a@b.cn"),
        ("page", "javascript:alert(1)"), ("page", "https://bank.cn/\x00"),
        ("ratio", "1e99999999"), ("ratio", "0e-99999999999999"), ("ratio", "1_5"),
        ("call", "call me"), ("colour", "red"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_by_the_key_of_its_field(key: str, raw: Any) -> None:
    assert refusal(key, raw)


def test_a_refusal_says_what_is_allowed_in_the_unit_of_the_field() -> None:
    with override("en"):
        assert refusal("days", 4000) == ("“天数”: 4,000 天 is out of range; allowed is 1–3,600 天.")
        assert "6.51% is out of range; allowed is up to 6.5%." in refusal("rate", "6.51")


def test_a_required_field_may_be_empty_only_while_it_is_drafted() -> None:
    with pytest.raises(BadValue) as caught:
        clean_values(FIELDS, {"days": 1})

    assert caught.value.field == "name"
    assert clean_values(FIELDS, {"days": 1, "words": " "}, is_complete=False) == {"days": 1}


@pytest.mark.parametrize(
    ("change", "cell"),
    [
        ({"key": "Days"}, "key"), ({"key": "9days"}, "key"), ({"label": " "}, "label"),
        ({"label": "长" * 31}, "label"), ({"type": "number"}, "type"), ({"least": "x"}, "least"),
        ({"least": 10, "most": 9}, "most"), ({"least": 1.5}, "least"),
        ({"required": 1}, "required"),
        ({"type": "choice"}, "options"), ({"type": "choice", "options": []}, "options"),
        ({"type": "choice", "options": [{"value": "a", "label": ""}]}, "options"),
        ({"type": "choice", "options": [{"value": "a", "label": "x"}] * 2}, "options"),
        ({"type": "choice", "options": [{"value": "a\x00b", "label": "x"}]}, "options"),
        ({"type": "percent", "most": "1e99999999"}, "most"),
        ({"type": "percent", "least": "0e-99999999999999"}, "least"),
        ({"type": "percent", "decimals": 9}, "decimals"), ({"type": "date", "most": "x"}, "most"),
        ({"type": "text", "most": 999}, "most"), ({"type": "money", "least": -1}, "least"),
        ({"secret": 1}, ""),
    ],
)  # fmt: skip
def test_a_bad_row_of_a_schema_is_refused_with_its_row_and_cell(
    change: dict[str, Any], cell: str
) -> None:
    row = {"key": "days", "label": "天数", "type": "integer"} | change

    with pytest.raises(BadSchema) as caught:
        parse_schema([EVERY[0], row])

    assert (caught.value.row, caught.value.cell) == (2, cell)


def test_a_key_twice_names_both_rows() -> None:
    with override("en"), pytest.raises(BadSchema, match=r"Rows 1 and 3 .*“name”"):
        parse_schema([EVERY[0], EVERY[1], EVERY[0]])


MANY = EVERY[8]


@pytest.mark.parametrize(
    ("row", "cell", "sentence"),
    [
        (EVERY[1] | {"label": "名称"}, "label", "Rows 1 and 2 have the same name “名称”"),
        (MANY | {"least": 4, "most": None}, "least", "“4” is no bound for this field"),
        (MANY | {"most": 0}, "most", "“0” is no bound for this field"),
    ],
)
def test_fields_that_nobody_can_tell_apart_or_fill_in_are_not_stored_anew(
    row: dict[str, Any], cell: str, sentence: str
) -> None:
    with override("en"), pytest.raises(BadSchema, match=sentence) as caught:
        parse_new_schema([EVERY[0], row])

    assert (caught.value.row, caught.value.cell) == (2, cell)
    assert parse_schema([EVERY[0], row])


def test_every_type_of_field_is_among_those_that_are_tried() -> None:
    assert {field.type for field in FIELDS} == set(FieldType)


def test_values_are_shown_as_people_read_them() -> None:
    with override("zh-hans"):
        shown = {key: show_value(BY_KEY[key], value) for key, value in GOOD.items()}
        open_range = show_value(BY_KEY["ages"], {"least": 18, "most": None})
        open_bound = bound_words(BY_KEY["credit"])

    assert shown["least"].startswith("200,000 ")
    assert (shown["rate"], shown["days"], shown["one"]) == ("2.15%", "360 天", "甲")
    assert (shown["ages"], shown["ratio"]) == ("18–60 岁", "1.5")
    assert show_value(BY_KEY["days"], None) == "—"
    assert show_value(BY_KEY["days"], 0) == "0 天"
    assert (open_range, open_bound) == ("18 岁 起", "10,000,000 元 以内")


def changed(key: str, **change: Any) -> tuple[Field, ...]:
    return parse_schema([row | change if row["key"] == key else row for row in EVERY])


def test_a_field_with_a_value_cannot_go_change_its_meaning_or_become_narrower() -> None:
    without = [field for field in FIELDS if field.key != "days"]

    assert len(orphans(FIELDS, without, GOOD)) == 1
    assert len(orphans(FIELDS, changed("days", type="money"), GOOD)) == 1
    assert len(orphans(FIELDS, changed("days", unit="月"), GOOD)) == 1
    assert len(orphans(FIELDS, changed("days", most=100), GOOD)) == 1
    assert len(orphans(FIELDS, changed("one", options=EVERY[8]["options"][1:]), GOOD)) == 1


def test_changes_that_lose_nothing_orphan_nothing() -> None:
    assert orphans(FIELDS, changed("days", most=None, label="期限", required=True), GOOD) == []
    assert orphans(FIELDS, changed("name", type="long_text"), GOOD) == []
    assert orphans(FIELDS, FIELDS[:1], {"name": "存单"}) == []
    assert orphans(FIELDS[1:], FIELDS, {"days": 3}) == []


def form_of(data: str) -> forms.Form:
    made = type("TypeForm", (forms.Form,), {f.key: form_field(f) for f in FIELDS})
    return made(QueryDict(data))


def test_a_form_of_the_schema_reads_what_bankers_type_into_what_is_kept() -> None:
    form = form_of(
        "name=大额存单&words=一%0A二&days=３６０&ratio=1.50&least=20万&rate=2.15%25"
        "&until=2026/12/31&one=a&many=a&many=c&early=false&credit_least=￥10,000&credit_most="
        "&ages_least=18&ages_most=60&topups=100、50&page=https://bank.cn/x&call=0731-96518"
    )

    assert form.is_valid(), form.errors
    assert clean_values(FIELDS, form.cleaned_data) == GOOD


def test_a_form_shows_values_as_they_are_typed_and_notices_no_change() -> None:
    made = type("TypeForm", (forms.Form,), {f.key: form_field(f) for f in FIELDS})
    html = str(made(initial=GOOD))

    assert 'value="200,000"' in html
    assert 'name="credit_least" value="10,000"' in html
    assert 'value="50 100"' in html


def test_a_form_refuses_at_the_field() -> None:
    form = form_of("name=大额存单&days=many&least=1.234&rate=7&credit_least=2&credit_most=1")

    assert set(form.errors) == {"days", "least", "rate", "credit"}
    assert set(form_of("days=1").errors) == {"name"}


def test_help_shows_the_range_and_the_compliance_note_escaped() -> None:
    row = EVERY[2] | {"help": "按自然日", "compliance_note": "<b>不得</b>承诺"}
    (field,) = parse_schema([row])

    help_text = str(form_field(field).help_text)

    assert "按自然日" in help_text
    assert "1–3,600 天" in help_text
    assert "&lt;b&gt;不得" in help_text
