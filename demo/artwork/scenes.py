"""What the demo's pictures say and show; drawn by ``python -m demo.artwork`` into demo/data."""

from __future__ import annotations

from dataclasses import dataclass

SIZES = {
    "splash": (375, 667),
    "home_banner": (343, 140),
    "popup": (280, 360),
    "floating": (72, 72),
    "zone_banner": (343, 96),
}


@dataclass(frozen=True, slots=True)
class Scene:
    name: str
    placement: str
    headline: str
    words: str
    # A file in drawings/.
    drawing: str
    # The background's, from left to right; the words are white.
    colours: tuple[str, str]
    button: str = ""


LAKE, FIELD, INK = ("#1E5B59", "#7DB9A9"), ("#1F6B2B", "#C9D36A"), ("#2B363C", "#90A0A6")
BLUE, RED, CRIMSON = ("#164A9C", "#59B4DD"), ("#A31712", "#F0A24A"), ("#7F1026", "#E2B65C")
GOLD, SKY, LILAC = ("#8A5A12", "#F1CF85"), ("#0E6E8C", "#9FE0D8"), ("#4A3A8C", "#B9A5E6")

SCENES = (
    Scene(
        "large_cd",
        "home_banner",
        "大额存单 火热发售",
        "20 万元起存 · 额度有限",
        "coins",
        RED,
        "立即了解",
    ),
    Scene(
        "smart_deposit",
        "home_banner",
        "智能存款 随存随取",
        "闲钱也有好去处",
        "growth",
        LAKE,
        "去看看",
    ),
    Scene(
        "spring_loan",
        "home_banner",
        "春耕备耕贷款",
        "手续简便 随借随还",
        "wheat",
        FIELD,
        "马上申请",
    ),
    Scene("topup", "home_banner", "全国话费充值", "满 50 元减 5 元", "phone", BLUE, "去充值"),
    Scene("campus", "home_banner", "智慧校园缴费", "学费 餐费 书本费", "school", SKY, "去缴费"),
    Scene("card", "home_banner", "信用卡分期", "按月还款更从容", "card", LILAC, "了解详情"),
    Scene(
        "fraud", "home_banner", "守护您的钱袋子", "不轻信 不转账 不透露", "shield", INK, "防骗指南"
    ),
    Scene("social", "home_banner", "社保卡换发", "就近网点 即办即取", "umbrella", GOLD, "查网点"),
    Scene("rewards", "home_banner", "福祥惠民购机", "补贴到账 全程线上", "gift", CRIMSON, "我要领"),
    Scene("welcome_lake", "splash", "福祥相伴", "家门口的银行", "lake", LAKE),
    Scene("welcome_field", "splash", "乡村振兴", "一路同行", "wheat", FIELD),
    Scene("welcome_blue", "splash", "蔚蓝金融", "科技向善", "growth", BLUE),
    Scene("festival", "splash", "新春大吉", "福气到家", "lantern", CRIMSON),
    Scene(
        "pop_coupon", "popup", "话费券待领取", "满 50 元减 5 元，领完即止", "gift", RED, "去领取"
    ),
    Scene("pop_deposit", "popup", "智能存款", "新客专享，三步开通", "coins", LAKE, "立即开通"),
    Scene("pop_survey", "popup", "服务评价", "一分钟，让我们做得更好", "heart", BLUE, "去评价"),
    Scene("float_gift", "floating", "有礼", "", "gift", RED),
    Scene("float_help", "floating", "客服", "", "heart", BLUE),
    Scene("zone_cd", "zone_banner", "福祥存单", "稳稳的幸福", "coins", GOLD, "查看"),
    Scene("zone_campus", "zone_banner", "智慧校园", "家长的好帮手", "school", SKY, "查看"),
    Scene("zone_smart", "zone_banner", "智能存款", "七天一个周期", "growth", LAKE, "查看"),
)
