"""Product types that every installation brings: queries, benefits, campus."""

from __future__ import annotations

from typing import Any

from fuxiang_zone.catalogue.choices import Category, Feature
from fuxiang_zone.catalogue.seeded_money import pick

NO_GIFT = "不得以存款、购买理财为领取条件。"
ACTIVITY_RULES = {
    "code": "activity_rules",
    "label": "活动规则",
    "required": True,
    "help": "写明对象、时间、数量、领取方式和咨询电话；最终解释权之类的条款无效，不要写。",
}

TYPES: tuple[dict[str, Any], ...] = (
    {
        "code": "provident_fund_query", "name": "公积金查询",
        "english_name": "Housing provident fund", "category": Category.QUERY, "icon": "home_work",
        "description": "打开公积金查询页面，查看缴存、贷款和提取情况。",
        "features": [Feature.LINKS],
        "fields": [
            {"key": "centre", "label": "公积金中心", "type": "text", "required": True, "most": 40},
            {"key": "services", "label": "可查内容", "type": "choices", "required": True,
             "options": pick(("balance", "缴存余额"), ("details", "缴存明细"),
                              ("loan", "贷款进度"), ("withdrawal", "提取记录"))},
            {"key": "page", "label": "查询页面", "type": "url",
             "help": "不填则打开手机银行自带的公积金查询"},
            {"key": "hours", "label": "服务时间", "type": "text", "most": 40},
            {"key": "call", "label": "咨询电话", "type": "phone"},
        ],
        "disclosures": [
            {"code": "authorisation", "label": "查询授权说明", "required": True,
             "help": "说明查询内容、数据来源和授权期限，数据以公积金中心为准。"},
        ],
    },
    {
        "code": "wechat_subsidy", "name": "微信补贴", "english_name": "WeChat Pay subsidy",
        "category": Category.BENEFIT, "icon": "redeem",
        "description": "绑定本行卡用微信支付消费，享受立减补贴。",
        "features": [Feature.LINKS, Feature.QUOTA],
        "fields": [
            {"key": "subsidy", "label": "单笔补贴", "type": "money", "required": True,
             "least": 1, "most": 200_00, "compliance_note": NO_GIFT},
            {"key": "threshold", "label": "消费满", "type": "money", "least": 1},
            {"key": "times", "label": "每人每月次数", "type": "integer", "unit": "次", "least": 1,
             "most": 31, "required": True},
            {"key": "cards", "label": "适用卡种", "type": "choices", "required": True,
             "options": pick(("debit", "借记卡"), ("credit", "信用卡"), ("social", "社保卡"))},
            {"key": "merchants", "label": "适用商户", "type": "long_text", "most": 300},
        ],
        "disclosures": [ACTIVITY_RULES],
    },
    {
        "code": "smart_campus", "name": "智慧校园", "english_name": "Smart campus",
        "category": Category.CAMPUS, "icon": "school",
        "description": "学费、餐费、住宿费线上缴纳，家长随时查账。",
        "features": [Feature.CAMPUS, Feature.LINKS],
        "fields": [
            {"key": "stages", "label": "学段", "type": "choices", "required": True,
             "options": pick(("kindergarten", "幼儿园"), ("primary", "小学"), ("middle", "初中"),
                              ("high", "高中"), ("college", "大专院校"))},
            {"key": "services", "label": "开通服务", "type": "choices", "required": True,
             "options": pick(("tuition", "学费"), ("meals", "餐费"), ("board", "住宿费"),
                              ("books", "教辅费"), ("insurance", "学平险"))},
            {"key": "refund_days", "label": "退费处理时限", "type": "integer", "unit": "个工作日",
             "least": 1, "most": 30},
            {"key": "call", "label": "缴费咨询电话", "type": "phone", "required": True},
        ],
        "disclosures": [
            {"code": "fee_source", "label": "收费依据公示", "required": True,
             "help": "写明收费项目和标准由学校按物价部门规定公示，银行只代收。"},
            {"code": "minors", "label": "未成年人信息保护", "required": True,
             "help": "写明学生信息用途，须由监护人同意。"},
        ],
    },
    {
        "code": "campus_card", "name": "校园一卡通", "english_name": "Campus card",
        "category": Category.CAMPUS, "icon": "badge",
        "description": "校园卡充值、挂失、消费查询。",
        "features": [Feature.CAMPUS, Feature.LINKS],
        "fields": [
            {"key": "amounts", "label": "充值金额", "type": "amounts", "required": True,
             "least": 10_00, "most": 1_000_00, "help": "用空格或顿号隔开，如 50、100、200"},
            {"key": "most_balance", "label": "卡内余额上限", "type": "money", "required": True,
             "least": 100_00, "most": 5_000_00},
            {"key": "day_limit", "label": "每日充值上限", "type": "money", "least": 100_00},
            {"key": "arrives", "label": "到账方式", "type": "choice", "required": True,
             "options": pick(("at_once", "实时到账"), ("terminal", "校内终端领取"))},
            {"key": "loss", "label": "支持线上挂失", "type": "boolean"},
            {"key": "call", "label": "卡务中心电话", "type": "phone"},
        ],
        "disclosures": [
            {"code": "refund", "label": "余额退还说明", "required": True,
             "help": "毕业、退学时卡内余额如何退还。"},
        ],
    },
    {
        "code": "activation_gift", "name": "激活有礼", "english_name": "Activation gift",
        "category": Category.BENEFIT, "icon": "celebration",
        "description": "新开户或首次登录手机银行的客户领取激活礼券。",
        "features": [Feature.LINKS, Feature.QUOTA],
        "fields": [
            {"key": "gift", "label": "礼品", "type": "text", "required": True, "most": 40,
             "compliance_note": NO_GIFT},
            {"key": "worth", "label": "礼品价值", "type": "money", "required": True, "least": 1,
             "most": 500_00},
            {"key": "who", "label": "活动对象", "type": "choices", "required": True,
             "options": pick(("new", "新开户客户"), ("first_login", "首次登录手机银行"),
                              ("dormant", "六个月未登录"))},
            {"key": "days", "label": "激活后领取期限", "type": "integer", "unit": "天", "least": 1,
             "most": 180, "required": True},
        ],
        "disclosures": [ACTIVITY_RULES],
    },
    {
        "code": "device_purchase", "name": "福祥惠民购机",
        "english_name": "Phone purchase by instalments", "category": Category.BENEFIT,
        "icon": "smartphone",
        "description": "联合运营商和手机厂商，分期购机享补贴。",
        "features": [Feature.LINKS, Feature.QUOTA],
        "fields": [
            {"key": "model", "label": "机型", "type": "text", "required": True, "most": 60},
            {"key": "price", "label": "购机价", "type": "money", "required": True, "least": 100_00,
             "most": 30_000_00},
            {"key": "subsidy", "label": "购机补贴", "type": "money", "most": 3_000_00,
             "compliance_note": NO_GIFT},
            {"key": "instalments", "label": "分期期数", "type": "choices", "required": True,
             "options": pick(("6", "6 期"), ("12", "12 期"), ("24", "24 期"), ("36", "36 期"))},
            {"key": "rate", "label": "分期年化利率（单利）", "type": "percent", "required": True,
             "most": "24", "compliance_note": "须展示分期的年化利率，0 利率也要写 0%。"},
            {"key": "operator", "label": "合作方", "type": "text", "most": 40},
            {"key": "pickup", "label": "提机方式", "type": "choice",
             "options": pick(("branch", "网点自提"), ("mail", "邮寄到家"))},
        ],
        "disclosures": [
            {"code": "credit_notice", "label": "分期业务提示", "required": True,
             "help": "提示理性消费、提前还款和逾期后果。"},
            {"code": "after_sales", "label": "售后服务说明", "required": False,
             "help": "由谁负责保修和退换。"},
        ],
    },
    {
        "code": "ecny_red_packet", "name": "数字人民币红包", "english_name": "e-CNY red packet",
        "category": Category.BENEFIT, "icon": "currency_yuan",
        "description": "开通数字人民币钱包，领取红包在合作商户消费。",
        "features": [Feature.QUOTA, Feature.LINKS],
        "fields": [
            {"key": "amount", "label": "红包金额", "type": "money", "required": True, "least": 1,
             "most": 500_00, "compliance_note": NO_GIFT},
            {"key": "threshold", "label": "使用门槛", "type": "money",
             "help": "消费满多少可用；不填为无门槛"},
            {"key": "valid_days", "label": "领取后有效期", "type": "integer", "unit": "天",
             "least": 1, "most": 90, "required": True},
            {"key": "wallet", "label": "钱包等级", "type": "choice", "required": True,
             "options": pick(("any", "不限"), ("four", "四类及以上"), ("three", "三类及以上"),
                              ("two", "二类及以上"))},
            {"key": "merchants", "label": "适用商户", "type": "long_text", "most": 300},
        ],
        "disclosures": [ACTIVITY_RULES],
    },
)  # fmt: skip
