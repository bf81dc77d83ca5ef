"""How the demo's banks look: what the province's template says, and what each bank made of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from announcements.appearance.groups import APPEARANCE, PLACEMENTS
from demo.approving import approve
from publishing import services as publishing
from publishing.governed import services as governed

if TYPE_CHECKING:
    from demo.approving import Pen
    from demo.province import BankRow

HOUR = timedelta(hours=1)
TEMPLATES: dict[str, dict[str, Any]] = {
    APPEARANCE: {
        "follow_festivals": {"lock": "locked", "value": True},
        "customer_skin": {"lock": "default", "value": True},
        "customer_functions": {"lock": "default", "value": True},
        "senior_from_age": {"lock": "default", "value": 65},
        "senior_functions": {
            "lock": "locked",
            "value": ["balance", "time_deposit", "transfer", "social_pay", "topup", "help"],
        },
        "functions": {"lock": "must_fill", "value": None},
    },
    PLACEMENTS: {
        "splash.daily_cap": {"lock": "locked", "value": 3},
        "popup.daily_cap": {"lock": "default", "value": 1},
        "popup.enabled": {"lock": "free", "value": None},
        "link_hosts": {"lock": "default", "value": ["www.example.com"]},
    },
}
# What a bank puts on its home page: a county of farmers, a city, a county of migrant workers.
ARRANGEMENTS = (
    ["transfer", "scan_pay", "balance", "details", "loan_apply", "loan_repay", "social_pay",
     "utilities", "topup", "branch_nearby", "smart_deposit", "manager_contact"],
    ["balance", "transfer", "wealth", "large_cd", "card_apply", "card_bill", "bus", "utilities",
     "provident_fund", "insurance", "scan_pay", "topup"],
    ["transfer", "balance", "topup", "pension", "medical", "flexible_employment", "campus",
     "utilities", "cash_booking", "help", "scan_pay", "details"],
)  # fmt: skip
BY_GROUP = [
    {"group": "loan", "functions": ["loan_query", "loan_repay", "loan_draw", "balance", "transfer",
                                    "scan_pay", "utilities", "topup"]},
    {"group": "card", "functions": ["card_bill", "card_repay", "card_instalment", "balance",
                                    "transfer", "scan_pay", "topup", "utilities"]},
]  # fmt: skip


def publish_templates(pen: Pen) -> None:
    for name, settings in TEMPLATES.items():
        draft = governed.begin_template(actor=pen.maker, name=name)
        draft = governed.edit_template(
            actor=pen.maker, name=name, version=draft.version, settings=settings
        )
        _publish(draft, pen)


def publish_face(row: BankRow, pen: Pen) -> None:
    draft = governed.begin_settings(actor=pen.maker, name=APPEARANCE)
    draft = governed.edit_settings(
        actor=pen.maker, name=APPEARANCE, version=draft.version, values=_values(row)
    )
    _publish(draft, pen)


def _values(row: BankRow) -> dict[str, Any]:
    functions = ARRANGEMENTS[row.number % len(ARRANGEMENTS)]
    return {
        "skin": row.skin,
        "functions": functions,
        "locked_functions": functions[:2],
        "functions_by_group": BY_GROUP if row.number % 2 else [],
    }


def _publish(draft: Any, pen: Pen) -> None:
    request = publishing.submit_for_review(actor=pen.maker, draft=draft, at=pen.at - 2 * HOUR)
    approve(request, pen.checker, at=pen.at - HOUR)
