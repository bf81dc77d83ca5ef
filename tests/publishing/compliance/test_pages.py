"""The list of words, the check on a draft's page and on the review page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from approvals.models import Request
from operators.models import Operator
from publishing.models import ForbiddenWord
from publishing.services import submit_for_review
from tenants.platform import PLATFORM
from tests.announcements import ads as made_ads
from tests.approvals.people import make_draft, make_operator, sign_in
from tests.publishing.compliance.making import forbid, province_forbids

LIST = "/admin/publishing/forbiddenword/"
DIALOG = {"_form_submitted": "on"}


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")


@pytest.fixture
def platform(db: None) -> Client:
    with tenant_context(PLATFORM):
        return sign_in(make_operator("olga", "operator"), "console.localhost")


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# --- the list -------------------------------------------------------------------------------------
def test_a_bank_keeps_its_own_words_beside_the_provinces(maker: Operator) -> None:
    province_forbids("举世闻名")
    client = sign_in(maker)

    answer = client.post(
        f"{LIST}add/", {"word": "天下无双", "severity": "block", "is_active": "on"}
    )
    page = text_of(client.get(LIST))

    assert answer.status_code == 302
    assert ForbiddenWord.objects.get().bare == "天下无双"
    assert "天下无双" in page
    assert "举世闻名" in page


def test_a_refused_word_keeps_what_was_typed(maker: Operator) -> None:
    forbid("最佳")

    answer = sign_in(maker).post(f"{LIST}add/", {"word": "最 佳", "severity": "warn"})

    assert answer.status_code == 200
    assert "is on the list already" in text_of(answer)
    assert 'value="最 佳"' in answer.content.decode()


def test_a_word_is_removed_in_a_dialog(maker: Operator) -> None:
    word = forbid("最佳")

    answer = sign_in(maker).post(f"{LIST}{word.pk}/remove/", DIALOG)

    assert (answer.status_code, ForbiddenWord.objects.count()) == (302, 0)


def test_a_checker_reads_the_list_and_changes_nothing(checker: Operator) -> None:
    word = forbid("最佳")
    client = sign_in(checker)

    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{word.pk}/remove/", DIALOG).status_code == 403
    client.post(f"{LIST}{word.pk}/change/", {"word": "别的", "severity": "warn"})
    assert ForbiddenWord.objects.get().word == "最佳"


def test_a_bank_cannot_touch_the_provinces_words(maker: Operator) -> None:
    word = province_forbids("举世闻名")
    client = sign_in(maker)

    client.post(f"{LIST}{word.pk}/remove/", DIALOG)
    client.post(f"{LIST}{word.pk}/change/", {"word": "别的", "severity": "warn"})

    with tenant_context(PLATFORM):
        assert ForbiddenWord.objects.get(pk=word.pk).word == "举世闻名"


def test_the_platforms_word_holds_in_a_bank_at_once(
    platform: Client, maker: Operator, alpha: Any
) -> None:
    platform.post(f"{LIST}add/", {"word": "举世闻名", "severity": "block", "is_active": "on"})

    with tenant_context(alpha):
        draft = make_draft(maker, "举世闻名")
        answer = sign_in(maker).post(
            f"/admin/announcements/announcement/{draft.pk}/submit/", DIALOG
        )
        assert "举世闻名" in text_of(answer)
        assert not Request.objects.exists()


def test_a_text_is_tried_and_not_stored(maker: Operator) -> None:
    forbid("最佳")

    answer = sign_in(maker).post(f"{LIST}trial/", {"text": "全省最 佳，存款送米"})

    page = text_of(answer)
    assert "<mark>最 佳</mark>" in page
    assert "<mark>存款送</mark>" in page
    assert sign_in(maker).post(f"{LIST}trial/", {"text": ""}).status_code == 400


# --- the check ------------------------------------------------------------------------------------
def test_a_drafts_page_shows_each_rule_and_where_it_fails(maker: Operator) -> None:
    forbid("最佳")
    made_ads.make_placements()
    ad = made_ads.make_ad(maker, title="最佳<b>", ends_at=None)

    page = text_of(sign_in(maker).get(f"/admin/announcements_ads/ad/{ad.pk}/change/"))

    assert "2 rules fail" in page
    for code in ("forbidden_words", "end_date", "senior_mode", "deposit_gift"):
        assert f"<code>{code}</code>" in page
    assert "<mark>最佳</mark>&lt;b&gt;" in page


def test_the_dialog_says_all_that_fails_line_by_line(maker: Operator) -> None:
    forbid("最佳")
    made_ads.make_placements()
    ad = made_ads.make_ad(maker, title="最佳", ends_at=None)

    answer = sign_in(maker).post(f"/admin/announcements_ads/ad/{ad.pk}/submit/", DIALOG)

    page = text_of(answer)
    assert "[forbidden_words] No forbidden words: title: 【最佳】" in page
    assert "[end_date] An end is given" in page
    assert not Request.objects.exists()


def test_a_checker_sees_what_is_pointed_out(maker: Operator, checker: Operator) -> None:
    forbid("望尘莫及", "warn", note="写明出处。")
    request = submit_for_review(actor=maker, draft=make_draft(maker, "全省望尘莫及"))

    page = text_of(sign_in(checker).get(f"/admin/approvals/request/{request.pk}/change/"))

    assert "Compliance check" in page
    assert "全省<mark>望尘莫及</mark>" in page
    assert "写明出处。" in page


def test_a_decision_of_yesterday_is_not_measured_by_the_words_of_today(
    maker: Operator, checker: Operator
) -> None:
    request = submit_for_review(actor=maker, draft=make_draft(maker))
    Request.objects.filter(pk=request.pk).update(status="withdrawn")

    page = text_of(sign_in(checker).get(f"/admin/approvals/request/{request.pk}/change/"))

    assert "Compliance check" not in page
