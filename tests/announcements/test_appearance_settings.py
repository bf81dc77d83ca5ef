"""What may be said in the settings of the groups "appearance" and "placements"."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation

from announcements.appearance.errors import BadSetting
from announcements.appearance.groups import APPEARANCE_GROUP, PLACEMENTS_GROUP
from announcements.catalogue.models import AppFunction, Skin
from announcements.choices import PlacementCode
from publishing.locks import Group, effective, group_of
from tests.announcements.controls import successful_controls

CODES = [f"f{number:02}" for number in range(14)]


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    Skin.objects.create(code="x-azure", name="蔚蓝", primary="#1F5FBF", accent="#19A0C8")
    Skin.objects.create(
        code="x-spring", name="新春", primary="#B5121B", accent="#F2B84B", is_festival=True,
        starts_at="2026-02-10T00:00+08:00", ends_at="2026-02-24T00:00+08:00",
    )  # fmt: skip
    for position, code in enumerate(CODES):
        AppFunction.objects.create(
            code=code,
            name=f"功能{code}",
            group="life",
            position=position,
            in_senior_mode=position < 10,
        )


def clean(group: Group, key: str, raw: Any) -> Any:
    with translation.override("en"):
        return group.get(key).clean(raw)


def refusal(group: Group, key: str, raw: Any) -> str:
    with pytest.raises(BadSetting) as caught:
        clean(group, key, raw)
    return str(caught.value)


ACCEPTED = [
    ("skin", "", None),
    ("skin", None, None),
    ("skin", "own", "own"),
    ("skin", "x-azure", "x-azure"),
    ("own_palette", None, None),
    ("own_palette", {"primary": "#1f5fbf", "accent": " #19a0c8 "},
     {"primary": "#1F5FBF", "accent": "#19A0C8"}),
    ("follow_festivals", True, True),
    ("senior_from_age", 60, 60),
    ("senior_from_age", None, None),
    ("functions", [], None),
    ("functions", None, None),
    ("functions", ["f02", "f01"], ["f02", "f01"]),
    ("functions", CODES[:12], CODES[:12]),
    ("locked_functions", None, []),
    ("senior_functions", CODES[:8], CODES[:8]),
    ("functions_by_group", None, []),
    ("functions_by_group", [{"group": "loan", "functions": ["f03"]}],
     [{"group": "loan", "functions": ["f03"]}]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "raw", "tidied"), ACCEPTED)
def test_appearance_accepts(key: str, raw: Any, tidied: Any) -> None:
    assert clean(APPEARANCE_GROUP, key, raw) == tidied
    assert clean(APPEARANCE_GROUP, key, tidied) == tidied


REFUSED = [
    ("skin", "x-nothing", "There is no skin “x-nothing”"),
    ("skin", "x-spring", "is a festival skin"),
    ("skin", ["x-azure"], "There is no skin"),
    ("own_palette", {"primary": "#1F5FBF", "accent": ""}, "both colours"),
    ("own_palette", {"primary": "red", "accent": "#19A0C8"}, "“red” is not a colour"),
    ("own_palette", {"primary": "#FFD700", "accent": "#19A0C8"}, "contrast of 1.40 : 1"),
    ("own_palette", "#FFD700", "two colours"),
    ("follow_festivals", "yes", "choose yes or no"),
    ("follow_festivals", None, "choose yes or no"),
    ("senior_from_age", 49, "from 50 to 100"),
    ("senior_from_age", True, "from 50 to 100"),
    ("senior_from_age", 60.5, "from 50 to 100"),
    ("functions", ["f01", "nonsense"], "Not in the catalogue of functions: nonsense"),
    ("functions", ["f01", "f01"], "Named more than once: 功能f01"),
    ("functions", CODES[:13], "At most 12 functions; these are 13"),
    ("functions", "f01", "a list of codes"),
    ("locked_functions", ["nonsense"], "Not in the catalogue"),
    ("senior_functions", ["f11"], "Not made for senior mode: 功能f11"),
    ("senior_functions", CODES[:9], "At most 8 functions"),
    ("functions_by_group", [{"group": "pilots", "functions": ["f01"]}], "customer group “pilots”"),
    ("functions_by_group", [{"group": "loan", "functions": []}], "leave the group out"),
    ("functions_by_group", [{"group": "loan"}], "names a customer group and its functions"),
    ("functions_by_group", [{"group": "loan", "functions": ["f01"]}] * 2, "more than once: loan"),
]


@pytest.mark.parametrize(("key", "raw", "sentence"), REFUSED)
def test_appearance_refuses_with_a_sentence(key: str, raw: Any, sentence: str) -> None:
    assert sentence in refusal(APPEARANCE_GROUP, key, raw)


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("WWW.Example.COM.", "www.example.com"),
        ("银行.example.cn", "xn--jn2a72x.example.cn"),
        ("ｗｗｗ.example.com", "www.example.com"),
    ],
)
def test_a_host_is_kept_as_it_stands_in_addresses(raw: str, tidied: str) -> None:
    assert clean(PLACEMENTS_GROUP, "link_hosts", [raw]) == [tidied]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (["https://www.example.com"], "the host alone"),
        (["www.example.com/path"], "the host alone"),
        (["www.example.com:8443"], "the host alone"),
        (["user@example.com"], "the host alone"),
        (["[::1]"], "the host alone"),
        (["javascript:alert(1)"], "the host alone"),
        (["localhost"], "not the name of a host"),
        (["*.example.com"], "not the name of a host"),
        (["a..example.com"], "not the name of a host"),
        (["-a.example.com"], "not the name of a host"),
        (["127.0.0.1"], "an IP address"),
        (["www.example.com", "WWW.example.com"], "Named more than once: www.example.com"),
        ([f"h{number}.example.com" for number in range(51)], "At most 50 hosts"),
        ([""], "not the name of a host"),
        ([None], "not the name of a host"),
        ("www.example.com", "a list"),
    ],
)
def test_what_is_no_host_is_refused(raw: Any, sentence: str) -> None:
    assert sentence in refusal(PLACEMENTS_GROUP, "link_hosts", raw)


@pytest.mark.parametrize(
    ("key", "wrong"), [("slots", [0, 13, "2", True]), ("daily_cap", [0, 1001])]
)
def test_numbers_of_a_placement_have_limits(key: str, wrong: list[Any]) -> None:
    for code in PlacementCode.values:
        assert clean(PLACEMENTS_GROUP, f"{code}.{key}", None) is None
        assert clean(PLACEMENTS_GROUP, f"{code}.{key}", 1) == 1
        for raw in wrong:
            assert "whole number from 1" in refusal(PLACEMENTS_GROUP, f"{code}.{key}", raw)


def check(**own: Any) -> None:
    with translation.override("en"):
        APPEARANCE_GROUP.check(effective(APPEARANCE_GROUP, None, {"values": own, "accepted": None}))


def test_the_own_palette_cannot_be_worn_without_its_colours() -> None:
    with pytest.raises(BadSetting, match="give its two colours"):
        check(skin="own")
    check(skin="own", own_palette={"primary": "#1F5FBF", "accent": "#19A0C8"})


def test_what_is_locked_is_on_the_home_page() -> None:
    with pytest.raises(BadSetting, match="Locked, but not on the home page: 功能f03"):
        check(functions=["f01"], locked_functions=["f01", "f03"])
    check(functions=["f01", "f03"], locked_functions=["f03"])
    check(locked_functions=["f03"])


@pytest.mark.parametrize("group", [APPEARANCE_GROUP, PLACEMENTS_GROUP], ids=lambda g: g.name)
def test_a_form_sends_back_what_it_was_given(group: Group) -> None:
    given = {
        **effective(group, None, None),
        "skin": "x-azure",
        "own_palette": {"primary": "#1F5FBF", "accent": "#19A0C8"},
        "functions": ["f03", "f01"],
        "locked_functions": ["f01"],
        "functions_by_group": [
            {"group": "social", "functions": ["f05", "f02"]},
            {"group": "loan", "functions": ["f09"]},
        ],
        "senior_from_age": 65,
        "link_hosts": ["www.example.com", "shop.example.com"],
        "home_banner.slots": 4,
        "popup.enabled": False,
    }
    for setting in group.settings:
        field = setting.form_field()
        html = str(field.widget.render(setting.key, field.prepare_value(given[setting.key]), {}))

        raw = field.widget.value_from_datadict(posted(html), {}, setting.key)

        assert setting.clean(field.clean(raw)) == given[setting.key], setting.key


def posted(html: str) -> QueryDict:
    """What a browser would send of these controls, without running a script."""
    data = QueryDict(mutable=True)
    for name, value in successful_controls(html):
        data.appendlist(name, value)
    return data


@pytest.mark.parametrize("group", [APPEARANCE_GROUP, PLACEMENTS_GROUP], ids=lambda g: g.name)
def test_built_in_values_are_valid_and_can_be_read(group: Group) -> None:
    for setting in group.settings:
        assert setting.clean(setting.builtin) == setting.builtin
        assert setting.show(setting.builtin)
    group.check(effective(group, None, None))
    assert group_of(group.name) is group


def test_numbers_beside_the_boxes_give_the_order() -> None:
    field = APPEARANCE_GROUP.get("functions").form_field()
    data = QueryDict("x=f01&x=f02&x=f03&x-order-f01=2&x-order-f03=1")

    raw = field.widget.value_from_datadict(data, {}, "x")

    assert raw == ["f03", "f01", "f02"]


def test_values_are_shown_in_words() -> None:
    def show(key: str, value: Any) -> str:
        with translation.override("en"):
            return APPEARANCE_GROUP.get(key).show(value)

    assert show("functions", ["f02", "gone"]) == "1. 功能f02  2. gone"
    assert show("skin", "x-azure") == "蔚蓝"
    assert show("skin", None) == "the skin the bank was opened with"
    assert "6.09 : 1" in show("own_palette", {"primary": "#1F5FBF", "accent": "#19A0C8"})
    groups = [{"group": "loan", "functions": ["f01"]}]
    assert show("functions_by_group", groups) == "loan customers: 1. 功能f01"
