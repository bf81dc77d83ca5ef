from __future__ import annotations

import pytest

from publishing.compliance import subjects
from publishing.compliance.subjects import Link
from tests.publishing.compliance.subjects import checked, of, verdict, word


@pytest.fixture(autouse=True)
def _deposit_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products whose id begins with "cd" are deposits."""
    known = {"zone_product": lambda uid: uid.startswith("cd")}
    monkeypatch.setattr(subjects, "_deposits", known)


CD, LOAN = Link("zone_product", "cd-1", "大额存单"), Link("zone_product", "loan", "房抵贷")
COUPON, CAMPAIGN = Link("coupon_template", "1", "立减券"), Link("campaign", "2", "充值有礼")
FUNCTION, NOTICE = Link("function", "transfer", "转账"), Link("announcement", "3", "公告")
OUTSIDE = Link("url", "https://shop.example/")


# --- forbidden words ------------------------------------------------------------------------------
def test_a_word_that_blocks_fails_with_its_place_and_its_law() -> None:
    best = word("最佳", note="改用事实。", source="《广告法》第九条")

    item = of(checked(body="本省最佳理财", words=(best,)), "forbidden_words")

    (finding,) = item.findings
    assert (item.verdict, finding.place, str(finding.excerpt), finding.source) == (
        "fail", "正文", "本省【最佳】理财", "《广告法》第九条",
    )  # fmt: skip
    assert "改用事实。" in str(finding.sentence)


def test_a_word_that_warns_does_not_hold_the_content_back() -> None:
    checklist = checked("领先一步", words=(word("领先", "warn"),))

    assert (of(checklist, "forbidden_words").verdict, checklist.passes) == ("warn", True)


def test_the_title_is_looked_at_as_well() -> None:
    assert verdict("forbidden_words", title="最 佳", words=(word("最佳"),)) == "fail"


@pytest.mark.parametrize("text", ["最&#20339;", "最&#8203;佳", "&#x6700;&#x4F73;", "最&nbsp;佳"])
def test_entities_hide_nothing_in_plain_texts_either(text: str) -> None:
    assert verdict("forbidden_words", rules=text, words=(word("最佳"),)) == "fail"
    assert verdict("forbidden_words", title=text, words=(word("最佳"),)) == "fail"


# --- end and rules --------------------------------------------------------------------------------
def test_what_has_to_end_names_its_end() -> None:
    assert verdict("end_date", ends_at=None) == "fail"
    assert verdict("end_date") == "pass"
    assert verdict("end_date", ends_at=None, must_end=False) == "not_applicable"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [(None, "not_applicable"), ("", "fail"), (" \n", "fail"), ("每人一次。", "pass")],
)
def test_rules_for_customers_are_written_where_the_kind_has_them(
    rules: str | None, expected: str
) -> None:
    assert verdict("rules_text", rules=rules) == expected


# --- senior mode ----------------------------------------------------------------------------------
@pytest.mark.parametrize("link", [COUPON, CAMPAIGN, LOAN, OUTSIDE])
def test_an_ad_for_seniors_leads_to_nothing_advertised(link: Link) -> None:
    assert verdict("senior_mode", for_seniors=True, advertises=True, links=(link,)) == "fail"
    assert verdict("senior_mode", for_seniors=False, advertises=True, links=(link,)) == "pass"


@pytest.mark.parametrize("link", [FUNCTION, NOTICE])
def test_an_ad_for_seniors_may_lead_to_a_function_or_a_notice(link: Link) -> None:
    assert verdict("senior_mode", for_seniors=True, advertises=True, links=(link,)) == "pass"


def test_nothing_for_seniors_lies_over_the_page() -> None:
    ad = {"for_seniors": True, "advertises": True}

    assert verdict("senior_mode", overlay="弹窗", **ad) == "fail"


def test_a_campaign_is_not_for_senior_mode_at_all() -> None:
    assert verdict("senior_mode", for_seniors=True, advertises=True, is_gift=True) == "fail"
    assert verdict("senior_mode", is_gift=True) == "not_applicable"


def test_an_address_in_a_notice_for_seniors_is_to_be_checked() -> None:
    assert verdict("senior_mode", for_seniors=True, links=(OUTSIDE,)) == "warn"


# --- deposits -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "存款送大米", "新增定期存款满5万元，送话费", "办理大额存单赠好礼", "存满三个月领取现金红包",
        "存５万 送 油", "存\u200b款·送·米", "来开户存款，礼品等你拿", "送大米给新增存款客户",
        "存10万返现100元", "存款抽奖",
    ],
)  # fmt: skip
def test_words_that_tie_a_gift_to_a_deposit_fail(text: str) -> None:
    assert verdict("deposit_gift", title="公告", body=text) == "fail"


@pytest.mark.parametrize(
    "text",
    [
        "存款利率调整公告", "大额存单发行，20万元起存", "话费充值满50减5，送到账短信提醒",
        "存单到期后发送短信提醒", "存款证明免费寄送到家",
        "我行存款产品说明。转账即可抽奖。", "消费满减赠券",
    ],
)  # fmt: skip
def test_words_that_do_not_are_left_alone(text: str) -> None:
    assert verdict("deposit_gift", title="公告", body=text) == "pass"


@pytest.mark.parametrize(
    "text",
    ["警惕“存款送礼”骗局", "我行严禁存款送礼等违规揽储行为", "本活动与存款无关，存款不赠送礼品"],
)
def test_a_warning_of_such_gifts_is_to_be_checked_and_not_held_back(text: str) -> None:
    assert verdict("deposit_gift", title="公告", body=text) == "warn"


@pytest.mark.parametrize("link", [COUPON, CAMPAIGN])
def test_a_deposit_leads_to_no_coupon_and_no_campaign(link: Link) -> None:
    item = of(checked(is_deposit=True, links=(FUNCTION, link)), "deposit_gift")

    assert item.verdict == "fail"
    assert [str(each.place).partition(": ")[2] for each in item.findings] == [link.label]
    assert verdict("deposit_gift", links=(link,)) == "pass"


def test_a_gift_leads_to_no_deposit() -> None:
    assert verdict("deposit_gift", is_gift=True, links=(CD,)) == "fail"
    assert verdict("deposit_gift", is_gift=True, links=(LOAN,)) == "pass"


def test_a_gift_is_not_tied_to_a_deposit_by_its_settings() -> None:
    assert verdict("deposit_gift", is_gift=True, deposit_ties=("场景：存款",)) == "fail"
    assert verdict("deposit_gift", is_gift=True) == "pass"


def test_an_ad_that_leads_to_a_deposit_promises_no_gift() -> None:
    assert verdict("deposit_gift", title="好礼等你", links=(CD,)) == "fail"
    assert verdict("deposit_gift", title="好礼等你", links=(LOAN,)) == "pass"
    assert verdict("deposit_gift", title="安心稳健", links=(CD,)) == "pass"


# --- close button, and all of it ------------------------------------------------------------------
def test_what_lies_over_the_page_can_be_closed() -> None:
    assert verdict("close_button", overlay="弹窗", is_closable=False) == "fail"
    assert verdict("close_button", overlay="弹窗", is_closable=True) == "pass"
    assert verdict("close_button") == "not_applicable"


def test_all_failures_are_told_at_once_each_with_its_rule() -> None:
    checklist = checked(
        "最佳存款送米",
        ends_at=None, words=(word("最佳"),), rules="", for_seniors=True, advertises=True,
        links=(OUTSIDE,), overlay="弹窗", is_closable=False,
    )  # fmt: skip

    codes = [
        "forbidden_words", "end_date", "rules_text", "deposit_gift", "senior_mode", "close_button",
    ]  # fmt: skip
    assert [each.code for each in checklist.failing] == codes
    told = [sentence.partition("]")[0].lstrip("[") for sentence in checklist.sentences()]
    assert list(dict.fromkeys(told)) == codes
    assert checklist.verdict == "fail"
