"""The rewards that a province campaign asks for, in a form: rows that work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.choices import CampaignKind, EffectKind
from campaigns.province.errors import BadProvinceCampaign
from campaigns.province.wanted import KINDS, MONEY, clean_wanted
from campaigns.rules.checking import MOST_EFFECTS
from coupons.choices import CouponKind
from coupons.forms.fields import YuanField
from coupons.wording import yuan
from operators.admin_base import TemplateWidget, TidyField

Row = dict[str, Any]
_PARTS = ("kind", "coupon", "threshold", "face", "most", "tag")
_MONEY = ("threshold", "face", "most")
# The offer that the province runs: 5 off 50.
_FIVE_OFF_FIFTY = {"threshold_cents": 5000, "face_cents": 500, "most_cents": None}


def first_wanted(kind: str) -> list[dict[str, Any]]:
    """Of a campaign that has just been begun."""
    saves = kind == CampaignKind.SPEND_AND_SAVE
    coupon = CouponKind.SPEND_AND_SAVE.value if saves else ""
    worth = _FIVE_OFF_FIFTY if saves else {**_FIVE_OFF_FIFTY, "threshold_cents": 0}
    return [{"kind": EffectKind.GRANT_COUPON.value, "coupon": {"kind": coupon, **worth}}]


class WantedWidget(TemplateWidget):
    template_name = "campaigns/province/wanted.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [_shown(each) for each in value or []]
        rows += [dict.fromkeys(_PARTS, "")] * min(1, MOST_EFFECTS - len(rows))
        return {
            "name": name,
            "rows": list(enumerate(rows)),
            "kinds": [(kind.value, kind.label) for kind in KINDS],
            "coupons": CouponKind.choices,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        rows = [
            {part: (data.get(f"{name}-{row}-{part}") or "").strip()[:80] for part in _PARTS}
            for row in range(MOST_EFFECTS)
        ]
        return [row for row in rows if row["kind"]]


class WantedField(TidyField):
    widget = WantedWidget
    refusal = BadProvinceCampaign

    def tidy(self, typed: Any) -> list[dict[str, Any]]:
        return clean_wanted([_wanted(row) for row in typed or []])


def _shown(wanted: Mapping[str, Any]) -> Row:
    """Of a reward, or of a row as it was typed."""
    if "face" in wanted:
        return dict(wanted)
    coupon = wanted.get("coupon") or {}
    money = {
        part: yuan(coupon[name]) if coupon.get(name) else ""
        for part, name in zip(_MONEY, MONEY, strict=True)
    }
    return {
        "kind": wanted["kind"], "coupon": coupon.get("kind", ""), "tag": wanted.get("tag", ""),
        **money,
    }  # fmt: skip


def _wanted(row: Mapping[str, Any]) -> dict[str, Any]:
    if "face" not in row:
        return dict(row)
    if row["kind"] != EffectKind.GRANT_COUPON:
        return {"kind": row["kind"], "tag": row["tag"]}
    money = {
        name: YuanField(required=False).clean(row[part])
        for part, name in zip(_MONEY, MONEY, strict=True)
    }
    return {"kind": row["kind"], "coupon": {"kind": row["coupon"], **money}}
