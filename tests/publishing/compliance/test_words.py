from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators.entries import InvalidEntry
from operators.errors import NotAllowed
from operators.models import Operator
from publishing.compliance import seeds, services, words
from publishing.compliance.matching import Word, find, tidy_harmless
from publishing.models import ForbiddenWord
from tenants.changes import version_of
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.publishing.compliance.making import forbid, province_forbids


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


def save(actor: Operator, word: str, **fields: Any) -> ForbiddenWord:
    return services.save_word(actor=actor, word=ForbiddenWord(word=word, **fields))


# --- keeping the list -----------------------------------------------------------------------------
def test_a_word_is_tidied_recorded_and_told_to_every_process(maker: Operator, bank: Any) -> None:
    before = version_of(bank.schema_name)

    word = save(maker, " ＴＯＰ  银行 ", harmless="TOP银行家，top 银行行长 ")

    assert (word.word, word.bare, word.harmless) == (
        "ＴＯＰ 银行",
        "top银行",
        "TOP银行家、top 银行行长",
    )
    event = AuditEvent.objects.get(event="publishing.word_saved")
    assert (event.actor_id, event.after["word"]) == (maker.pk, "ＴＯＰ 银行")
    assert version_of(bank.schema_name) == before + 1


@pytest.mark.parametrize(
    ("word", "harmless", "sentence"),
    [
        ("最 佳", "", "on the list already"),
        ("ａ", "", "at least two letters"),
        ("—", "", "at least two letters"),
        ("领先", "领先一步、第一", "contain"),
    ],
)
def test_a_word_that_makes_no_sense_is_refused_with_a_sentence(
    maker: Operator, word: str, harmless: str, sentence: str
) -> None:
    forbid("最佳")

    with pytest.raises(InvalidEntry, match=sentence):
        save(maker, word, harmless=harmless)

    assert ForbiddenWord.objects.count() == 1


def test_removing_a_word_leaves_an_event_and_needs_the_right(maker: Operator) -> None:
    word = forbid("最佳")
    checker = make_operator("chen", "checker")

    with pytest.raises(NotAllowed):
        services.remove_word(actor=checker, word_id=word.pk)
    services.remove_word(actor=maker, word_id=word.pk)

    assert not ForbiddenWord.objects.exists()
    assert AuditEvent.objects.get(event="publishing.word_removed").before["word"] == "最佳"
    with pytest.raises(InvalidEntry):
        services.remove_word(actor=maker, word_id=word.pk)


# --- what a process remembers ---------------------------------------------------------------------
def test_a_process_remembers_the_words_until_either_list_changes(
    maker: Operator, bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"public": 1, bank.schema_name: 1}
    monkeypatch.setattr(settings, "CHANGE_READER", "thread")
    monkeypatch.setattr(words, "version_of", versions.__getitem__)
    words.forget()

    def known() -> set[str]:
        return {each.word for each in words.words_here()} & {"天下无双", "举世闻名"}

    assert known() == set()
    forbid("天下无双")
    assert known() == set()
    versions[bank.schema_name] = 2
    assert known() == {"天下无双"}
    province_forbids("举世闻名")
    versions["public"] = 2
    assert known() == {"天下无双", "举世闻名"}
    words.forget()


# --- the first list -------------------------------------------------------------------------------
def test_the_first_list_is_sown_on_the_platform_once_and_not_again(bank: Any) -> None:
    with tenant_context(PLATFORM):
        ForbiddenWord.objects.all().delete()
        seeds.sow(ForbiddenWord)
        sown = ForbiddenWord.objects.count()
        ForbiddenWord.objects.all().delete()
        seeds.seed_after_migrate(sender=seeds._last_app(), using="default", apps=apps)
        assert ForbiddenWord.objects.count() == 0

    assert sown == len(list(seeds.seeded_words())) > 100
    assert ForbiddenWord.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("红包过期作废，请务必中午前到网点", []), ("为确保本次活动公平，仅限参保本人领取", []),
        ("贷款包过", ["包过"]), ("抽奖必中", ["必中"]), ("确保本金收益", ["保本"]),
    ],
)  # fmt: skip
def test_the_first_list_knows_words_of_which_only_the_characters_meet(
    text: str, found: list[str]
) -> None:
    sown = [
        Word(each.word, each.severity, harmless=tuple(tidy_harmless(each.harmless)))
        for each in seeds.seeded_words()
    ]
    assert [hit.word.word for hit in find(text, sown)] == found


def test_every_word_of_the_first_list_could_be_saved_and_names_its_source(bank: Any) -> None:
    with tenant_context(PLATFORM):
        ForbiddenWord.objects.all().delete()
        operator = make_operator("olga", "operator")
        for each in seeds.seeded_words():
            assert each.source
            save(operator, **each._asdict())


@pytest.mark.parametrize(
    "text",
    [
        "非保本浮动收益型产品，不保本、不保息，理财有风险", "第一季度利率公告",
        "岳麓第一支行迁址公告", "严禁高息揽储", "本产品不等于无风险",
        "大额存单起存金额20万元", "办理首次登录", "专属贷款，年化利率3.85%起",
    ],
)  # fmt: skip
def test_what_banks_have_to_say_is_not_forbidden(bank: Any, text: str) -> None:
    with tenant_context(PLATFORM):
        ForbiddenWord.objects.all().delete()
        seeds.sow(ForbiddenWord)
        assert find(text, words.words_here()) == []
