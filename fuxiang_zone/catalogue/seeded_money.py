"""Product types that every installation brings: deposits, loans, wealth, insurance."""

from __future__ import annotations

from typing import Any

from fuxiang_zone.catalogue.choices import Category, Feature

YIELD = "不得承诺保本保收益，不得以业绩比较基准排名"


def pick(*labels: tuple[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in labels]


INTEREST_PAID = pick(
    ("maturity", "到期一次还本付息"), ("monthly", "按月付息"), ("quarterly", "按季付息")
)
INSURED = {
    "code": "deposit_insurance", "label": "存款保险提示", "required": True,
    "help": "说明本存款依照《存款保险条例》受保护，同一存款人最高偿付限额人民币 50 万元。",
}  # fmt: skip
EARLY = {
    "code": "early_withdrawal",
    "label": "提前支取说明",
    "required": True,
    "help": "写明提前支取部分按支取日挂牌活期利率计息，不得靠档计息。",
}

TYPES: tuple[dict[str, Any], ...] = (
    {
        "code": "smart_mortgage", "name": "智慧房抵贷", "english_name": "Smart mortgage loan",
        "category": Category.LOAN, "icon": "real_estate_agent",
        "description": "以自有房产抵押的个人消费或经营贷款，线上预约、线下办理。",
        "features": [Feature.QUOTA, Feature.LINKS],
        "fields": [
            {"key": "credit", "label": "贷款额度", "type": "range_money", "required": True,
             "least": 100_000_00, "most": 10_000_000_00},
            {"key": "months", "label": "贷款期限", "type": "range_integer", "unit": "个月",
             "required": True, "least": 1, "most": 360},
            {"key": "rate", "label": "年化利率（单利）起", "type": "percent", "required": True,
             "least": "1", "most": "24",
             "compliance_note": "须展示年化利率，不得只展示日利率、月利率或“每万元每天”。"},
            {"key": "most_of_value", "label": "最高抵押成数", "type": "percent", "decimals": 0,
             "least": "10", "most": "70", "help": "贷款额占房产评估值的比例"},
            {"key": "repayment", "label": "还款方式", "type": "choices", "required": True,
             "options": pick(("equal", "等额本息"), ("principal", "等额本金"),
                              ("interest_first", "先息后本"))},
            {"key": "conditions", "label": "申请条件", "type": "long_text", "most": 500,
             "required": True},
            {"key": "call", "label": "咨询电话", "type": "phone"},
        ],
        "disclosures": [
            {"code": "credit_notice", "label": "贷款风险提示", "required": True,
             "help": "提示理性借贷、逾期后果和征信影响，贷款资金不得流入股市、楼市首付。"},
            {"code": "fees", "label": "费用说明", "required": True,
             "help": "评估费、登记费等由谁承担；没有其他费用也要写明。"},
        ],
    },
    {
        "code": "large_cd", "name": "大额存单", "english_name": "Large certificate of deposit",
        "category": Category.DEPOSIT, "icon": "workspace_premium",
        "description": "面向个人的记账式大额存款凭证，按期限和金额分档计息，额度有限、先到先得。",
        "features": [Feature.RATES, Feature.QUOTA, Feature.LINKS],
        "fields": [
            {"key": "issue", "label": "产品期次", "type": "text", "required": True, "most": 40,
             "help": "如 2026年第3期"},
            {"key": "least_amount", "label": "起存金额", "type": "money", "required": True,
             "least": 200_000_00, "most": 10_000_000_00,
             "compliance_note": "个人大额存单起点金额不低于 20 万元。"},
            {"key": "step", "label": "递增金额", "type": "money", "required": True,
             "least": 1_00, "most": 1_000_000_00},
            {"key": "interest_paid", "label": "付息方式", "type": "choice", "required": True,
             "options": INTEREST_PAID},
            {"key": "early", "label": "可提前支取", "type": "boolean", "required": True},
            {"key": "transferable", "label": "可转让", "type": "boolean", "required": True},
            {"key": "pledge", "label": "可质押", "type": "boolean", "is_shown": False},
        ],
        "disclosures": [INSURED, EARLY],
    },
    {
        "code": "smart_deposit", "name": "智能存款", "english_name": "Tiered deposit",
        "category": Category.DEPOSIT, "icon": "savings",
        "description": "按存期和余额分档计息的个人存款，随存随取，到期利率一目了然。",
        "features": [Feature.RATES, Feature.LINKS],
        "fields": [
            {"key": "least_amount", "label": "起存金额", "type": "money", "required": True,
             "least": 50_00, "most": 1_000_000_00},
            {"key": "step", "label": "递增金额", "type": "money", "least": 1},
            {"key": "interest_paid", "label": "付息方式", "type": "choice", "required": True,
             "options": INTEREST_PAID},
            {"key": "rollover", "label": "到期自动转存", "type": "boolean", "required": True},
            {"key": "highlights", "label": "产品特点", "type": "long_text", "most": 300,
             "compliance_note": "不得出现靠档计息、周期付息变相抬高利率的表述，不得返现赠礼。"},
        ],
        "disclosures": [INSURED, EARLY],
    },
    {
        "code": "wealth", "name": "理财", "english_name": "Wealth management",
        "category": Category.WEALTH, "icon": "monitoring",
        "description": "净值型理财产品，按风险等级匹配客户风险承受能力，不匹配的客户不能购买。",
        "features": [Feature.QUOTA, Feature.SUITABILITY, Feature.LINKS],
        "fields": [
            {"key": "registration", "label": "登记编码", "type": "text", "required": True,
             "least": 8, "most": 20, "help": "全国银行业理财信息登记系统编码，可在中国理财网查询"},
            {"key": "issuer", "label": "发行机构", "type": "text", "required": True, "most": 60},
            {"key": "operation", "label": "运作方式", "type": "choice", "required": True,
             "options": pick(("closed", "封闭式净值型"), ("open", "开放式净值型"),
                              ("periodic", "定期开放式"))},
            {"key": "benchmark", "label": "业绩比较基准（年化）", "type": "percent", "decimals": 2,
             "required": True, "least": "0", "most": "12",
             "compliance_note": f"业绩比较基准不代表未来表现和实际收益，{YIELD}。"},
            {"key": "days", "label": "产品期限", "type": "integer", "unit": "天", "least": 1,
             "most": 3650, "required": True},
            {"key": "least_amount", "label": "起购金额", "type": "money", "required": True,
             "least": 1, "most": 10_000_000_00},
            {"key": "step", "label": "递增金额", "type": "money", "least": 1},
            {"key": "value_date", "label": "起息日", "type": "date"},
            {"key": "management_fee", "label": "固定管理费（年化）", "type": "percent",
             "decimals": 2, "most": "3"},
            {"key": "documents", "label": "产品说明书", "type": "url"},
        ],
        "disclosures": [
            {"code": "risk", "label": "风险揭示", "required": True,
             "help": "理财非存款、产品有风险、投资须谨慎；写明本金可能损失的情形。"},
            {"code": "suitability", "label": "适当性说明", "required": True,
             "help": "写明适合的客户风险承受能力等级。"},
            {"code": "cooling_off", "label": "撤单与冷静期", "required": False, "help": ""},
        ],
    },
    {
        "code": "insurance", "name": "保险", "english_name": "Insurance",
        "category": Category.INSURANCE, "icon": "health_and_safety",
        "description": "代理销售的保险产品，由保险公司承保并承担给付责任。",
        "features": [Feature.LINKS],
        "fields": [
            {"key": "insurer", "label": "承保公司", "type": "text", "required": True, "most": 60},
            {"key": "kind", "label": "险种", "type": "choice", "required": True,
             "options": pick(("accident", "意外险"), ("medical", "医疗险"), ("illness", "重疾险"),
                              ("annuity", "年金险"), ("property", "家财险"))},
            {"key": "cover", "label": "保险金额", "type": "range_money", "required": True,
             "least": 1_000_00},
            {"key": "premium", "label": "保费（每年）起", "type": "money", "required": True,
             "least": 1_00},
            {"key": "ages", "label": "投保年龄", "type": "range_integer", "unit": "周岁",
             "required": True, "least": 0, "most": 100},
            {"key": "period", "label": "保障期间", "type": "text", "required": True, "most": 30},
            {"key": "hesitation", "label": "犹豫期", "type": "integer", "unit": "天", "least": 0,
             "most": 60},
            {"key": "terms", "label": "保险条款", "type": "url"},
        ],
        "disclosures": [
            {"code": "agency", "label": "代理销售声明", "required": True,
             "help": "写明本产品由保险公司发行与管理，银行仅为代理销售机构，保险非存款。"},
            {"code": "duty", "label": "免责与如实告知", "required": True,
             "help": "提示责任免除、如实告知义务和退保损失。"},
        ],
    },
)  # fmt: skip
