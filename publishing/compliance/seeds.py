"""The province's first list of forbidden words, from the published rules. Sown once: what the
platform's people take off or change stays so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import connections, transaction
from django_tenants.utils import get_public_schema_name

from audit.services import record
from publishing import events
from publishing.choices import Severity
from publishing.compliance.matching import bare_word

BLOCK, WARN = Severity.BLOCK, Severity.WARN
ABSOLUTE = "《广告法》第九条第（三）项"
PROMISE = "《广告法》第二十五条第（一）项"
CONDUCT = "银发〔2019〕316号 金融营销宣传行为通知"
LOANS = "中国人民银行公告〔2021〕第3号"
DEPOSITS = "银发〔2020〕59号 加强存款利率管理的通知"
ATTRACTING = "银保监办发〔2018〕48号 存款偏离度管理"
INTERNET = "《互联网广告管理办法》第十一条"


class Seed(NamedTuple):
    word: str
    severity: str
    source: str
    note: str = ""
    harmless: str = ""


_FACTS = "改用可以查证的事实表述。"
_PROVE = "确有依据的，写明出处、范围和时间。"
_YIELD = "改为“业绩比较基准”并提示“理财非存款、产品有风险、投资须谨慎”。"
_RATE = "须以显著方式写明年化利率。"
_CHANCE = "写明奖项、数量和中奖概率。"

# Words of one rule that need the same advice, separated by blanks.
_GROUPS: tuple[tuple[str, str, str, str], ...] = (
    (
        "国家级 世界级 最高级 最佳 最优 最好 最优惠 最强 最先进 最安全 最高收益 最高利率 最低利率"
        " 顶级 极品 全国第一 全省第一 全市第一 全县第一 行业第一 销量第一 第一品牌 独一无二"
        " 绝无仅有 史无前例 无与伦比 空前绝后 遥遥领先 全网最低 万能",
        BLOCK, ABSOLUTE, _FACTS,
    ),
    ("首选 独家 领先 王牌 冠军 永久 最大 最多 最快", WARN, ABSOLUTE, _PROVE),
    (
        "保本保息 保证收益 保收益 收益保证 包赚 稳赚 稳赚不赔 只赚不赔 躺赚 稳赢 旱涝保收 零损失"
        " 刚性兑付 高收益低风险",
        BLOCK, PROMISE, _YIELD,
    ),
    ("预期收益率 预期年化收益 保障本金 本金安全 稳健增值", WARN, PROMISE, _YIELD),
    (
        "国家背书 政府背书 政府担保 国家担保 监管认可 人民银行认可 人民银行推荐"
        " 银保监会批准 金融监管总局批准",
        BLOCK, CONDUCT, "不得利用政府公信力或监管审批为产品作保证。",
    ),
    (
        "内部消息 专家推荐 明星推荐",
        BLOCK, "《广告法》第二十五条第（二）项", "删去推荐、证明性的表述。",
    ),
    (
        "不看征信 无视征信 黑户可贷 征信修复 洗白征信 百分百通过 必下款 无条件放款",
        BLOCK, CONDUCT, "贷款须经审批，不得承诺结果。",
    ),
    ("日息 日利率 月息 零利息 免息 秒批 秒到账 无门槛 无抵押", WARN, LOANS, _RATE),
    ("靠档计息 周期付息", BLOCK, DEPOSITS, "此类计息方式已停办。"),
    ("贴息存款 高息存款 存款返点 存款回扣", BLOCK, ATTRACTING, "不得以返利方式吸收存款。"),
    ("恭喜您中奖 恭喜你中奖 点击必中 系统警告", BLOCK, INTERNET, "不得诱骗点击。"),
    ("百分百中奖 100%中奖", BLOCK, INTERNET, _CHANCE),
)  # fmt: skip

# Words that are harmless inside longer ones.
_SINGLE: tuple[Seed, ...] = (
    Seed(
        "第一", WARN, ABSOLUTE, _PROVE,
        "第一次、第一季度、第一条、第一款、第一项、第一步、第一期、第一批、第一档、第一支行、第一营业部、第一时间、第一天"
        "、第一个、第一名、第一周、第一年、第一笔、第一类、第一中学、第一小学、第一人民医院、第一手",
    ),
    Seed("唯一", WARN, ABSOLUTE, _PROVE, "唯一指定、唯一标识、唯一编号、唯一码"),
    Seed("100%", WARN, ABSOLUTE, _PROVE, "不超过100%、最高100%"),
    Seed(
        "保本", BLOCK, PROMISE, _YIELD,
        "非保本、不保本、不承诺保本、不得承诺保本、不保证保本、确保本次、确保本活动、确保本行、确保本公告、确保本人"
        "、担保本人、社保本人、医保本人、参保本人、投保本人",
    ),
    Seed("保息", BLOCK, PROMISE, _YIELD, "不保息、非保息、不承诺保息"),
    Seed("无风险", BLOCK, PROMISE, _YIELD, "并非无风险、不是无风险、不等于无风险"),
    Seed("零风险", BLOCK, PROMISE, _YIELD, "并非零风险、不是零风险、不等于零风险"),
    Seed("0风险", BLOCK, PROMISE, _YIELD),
    Seed(
        "包过", BLOCK, CONDUCT, "贷款须经审批，不得承诺结果。",
        "红包过期、红包过后、红包过多、红包过大、礼包过期、券包过期、钱包过期、卡包过期",
    ),
    Seed("必中", BLOCK, INTERNET, _CHANCE, "务必中午、务必中途、势必中断"),
    Seed(
        "高息揽储", BLOCK, ATTRACTING, "不得以返利方式吸收存款。",
        "严禁高息揽储、禁止高息揽储、防范高息揽储、警惕高息揽储、打击高息揽储、抵制高息揽储",
    ),
    Seed(
        "免费", WARN, "《规范促销行为暂行规定》", "附条件的，写明条件和期限。",
        "免费咨询、免费电话",
    ),
)  # fmt: skip


def seeded_words() -> Iterator[Seed]:
    for words, severity, source, note in _GROUPS:
        for word in words.split():
            yield Seed(word, severity, source, note)
    yield from _SINGLE


def seed_after_migrate(
    sender: AppConfig, using: str, apps: Any = installed, **_signal: object
) -> None:
    """Once the tables of all rooms are there; banks keep lists of their own, which begin empty."""
    is_public = connections[using].schema_name == get_public_schema_name()
    if not is_public or sender is not _last_app():
        return
    try:
        model = apps.get_model("publishing", "ForbiddenWord")
    except LookupError:  # migrated back to before there was a list
        return
    with transaction.atomic(using=using):
        if not _was_sown(model, apps):
            sow(model)


def sow(model: Any) -> None:
    rows = [model(bare=bare_word(each.word), **each._asdict()) for each in seeded_words()]
    added = model.objects.bulk_create(rows, ignore_conflicts=True)
    record(events.WORDS_SEEDED, actor=None, after={"words": len(added)})


def _was_sown(model: Any, apps: Any) -> bool:
    """Also where every word has been taken off since."""
    trail = apps.get_model("audit", "AuditEvent").objects
    return model.objects.exists() or trail.filter(event=events.WORDS_SEEDED).exists()


def _last_app() -> AppConfig:
    return [config for config in installed.get_app_configs() if config.models_module][-1]
