"""What the demo's announcements say, and in which stage each of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from publishing.choices import Stage

LARGE_BANKS = 4
# The others show what every bank has, and little more: loading a whole province stays quick.
RICH_BANKS = 12
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Notice:
    title: str
    body: str
    stage: Stage
    # From the moment of loading; an end of None is open.
    starts: timedelta = timedelta()
    ends: timedelta | None = None
    must_read: bool = False
    is_pinned: bool = False
    # Written by the branch operator for the own sub-branch.
    of_branch: bool = False


PROVINCE = (
    Notice(
        "福祥专区全新上线",
        "<p>全省农商银行<strong>福祥专区</strong>已上线，汇集各行特色产品与惠民服务。</p>"
        "<p>各行开通的产品不同，请以本行页面展示为准。</p>",
        Stage.LIVE, -6 * DAY, 60 * DAY, is_pinned=True,
    ),
    Notice(
        "手机银行系统升级通知",
        "<p>为提升服务质量，手机银行计划于凌晨 1:00 至 4:00 进行系统升级。</p>"
        "<ul><li>升级期间转账、缴费等交易可能短暂中断</li><li>账户资金安全不受影响</li></ul>",
        Stage.LIVE, -1 * DAY, 5 * DAY,
    ),
)  # fmt: skip

FRAUD = Notice(
    "防范电信网络诈骗提示",
    "<p>近期出现冒充银行客服、以“账户异常”为由索取短信验证码的诈骗行为。</p>"
    "<p><strong>{bank}工作人员不会以任何理由向您索要密码和验证码。</strong></p>"
    "<p>如有疑问，请就近前往网点咨询。</p>",
    Stage.LIVE, -10 * DAY, 80 * DAY, must_read=True, is_pinned=True,
)  # fmt: skip

# A bank shows two or three of these besides the must-read one.
OTHERS = (
    Notice(
        "关于调整部分网点营业时间的公告",
        "<p>自下周起，{short}部分网点营业时间调整为 8:30 至 17:00，敬请留意各网点门前公示。</p>",
        Stage.LIVE, -2 * DAY, 2 * DAY,
    ),
    Notice(
        "大额存单发售预告",
        "<p>{bank}将于近期发售新一期大额存单，额度有限，售完即止。</p>"
        "<p>具体期限与利率以发售当日公示为准。</p>",
        Stage.SCHEDULED, 2 * DAY, 12 * DAY,
    ),
    Notice(
        "社保卡换发服务温馨提示",
        "<p>第三代社保卡换发可在{short}各网点办理，请携带本人有效身份证件。</p>",
        Stage.IN_REVIEW, 1 * HOUR, 30 * DAY,
    ),
    Notice(
        "春耕备耕专属贷款服务",
        "<p>{bank}为农户准备了春耕备耕专属贷款，手续简便、随借随还。</p>",
        Stage.DRAFT, 3 * DAY, 45 * DAY,
    ),
    Notice(
        "端午假期营业安排",
        "<p>假期期间，{short}对公业务暂停办理，个人业务由值班网点提供服务。</p>",
        Stage.ENDED, -30 * DAY, -20 * DAY,
    ),
    Notice(
        "支行便民服务日活动",
        "<p>本周六上午，支行门前开展零钱兑换、反假币宣传等便民服务，欢迎参加。</p>",
        Stage.IN_REVIEW, 2 * HOUR, 4 * DAY, of_branch=True,
    ),
    Notice(
        "电话银行线路维护公告",
        "<p>电话银行线路维护期间，如需帮助请使用手机银行在线客服。</p>",
        Stage.WITHDRAWN, -4 * DAY, 10 * DAY,
    ),
)  # fmt: skip


def of_bank(number: int) -> list[Notice]:
    """The must-read one and, by turns, others: most in the first banks, one in the many."""
    turn = number * 2
    count = 3 if number % 3 == 0 or number <= LARGE_BANKS else 2
    count = count if number <= RICH_BANKS else 1
    return [FRAUD, *(OTHERS[(turn + step) % len(OTHERS)] for step in range(count))]
