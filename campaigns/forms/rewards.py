"""The rewards of a rule in a form: rows that work without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.choices import EffectKind
from campaigns.errors import BadCampaign
from campaigns.rules.checking import MOST_EFFECTS, MOST_IN_POOL, clean_effects
from coupons.forms.fields import CountField
from coupons.models import CouponTemplate
from coupons.terms.wording import describe_value
from operators.admin_base import TemplateWidget, TidyField
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from operators.models import Operator

SPARE_ROWS, SPARE_LINES = 1, 2
Row = dict[str, Any]


class RewardsWidget(TemplateWidget):
    template_name = "campaigns/rewards.html"
    operator: Operator | None = None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [_shown(each) for each in value or []]
        shown = rows or [_blank(EffectKind.GRANT_COUPON)]
        spare = [_blank("")] * min(SPARE_ROWS, MOST_EFFECTS - len(shown))
        return {
            "name": name,
            "rows": [(number, _with_lines(row)) for number, row in enumerate([*shown, *spare])],
            "filled": len(shown) - 1,
            "most": MOST_EFFECTS,
            "most_lines": MOST_IN_POOL,
            "kinds": EffectKind.choices,
            "templates": offered_templates(self.operator, _chosen(shown)),
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        """As typed; rows in which nothing is chosen do not count."""
        rows = [_typed_row(data, f"{name}-{row}") for row in range(MOST_EFFECTS + SPARE_ROWS)]
        return [row for row in rows if _says_something(row)]


class RewardsField(TidyField):
    """Its value is a clean list of effects. ``operator`` narrows the templates that are offered."""

    widget = RewardsWidget
    refusal = BadCampaign

    def __init__(self, *, operator: Operator | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.widget.operator = operator  # type: ignore[attr-defined]

    def tidy(self, typed: Any) -> list[dict[str, Any]]:
        return clean_effects([_effect(row) for row in typed or []])


def offered_templates(
    operator: Operator | None, chosen: Sequence[str] = ()
) -> list[tuple[str, str, bool]]:
    """(id, label, whether it can be given now): the published ones, and what is chosen already."""
    live = Q(account__live_version__isnull=False)
    scope = branch_scope(operator) if operator is not None else ""
    if scope:
        live &= Q(branch__isnull=True) | Q(branch__path__startswith=scope)
    wanted = live | Q(pk__in=[int(pk) for pk in chosen if pk.isascii() and pk.isdigit()])
    templates = CouponTemplate.objects.filter(wanted).select_related("account").order_by("code")
    return [(str(each.pk), _label(each), _is_live(each)) for each in templates]


def _label(template: CouponTemplate) -> str:
    return f"{template.title} ({template.code}) · {describe_value(template.render_payload())}"


def _is_live(template: CouponTemplate) -> bool:
    account = getattr(template, "account", None)
    return account is not None and account.live_version is not None


# --- from the rule to the form --------------------------------------------------------------------
def _blank(kind: str) -> Row:
    return {"kind": kind, "template": "", "tag": "", "pool": []}


def _shown(effect: Mapping[str, Any]) -> Row:
    """Of an effect, or of a row as it was typed."""
    if "pool" in effect:
        return dict(effect)
    pool = [
        {"template": str(each["template"]), "weight": str(each.get("weight", 1))}
        for each in effect.get("templates", ())
    ]
    return {
        "kind": effect["kind"], "template": str(effect.get("template", "")),
        "tag": effect.get("tag", ""), "pool": pool,
    }  # fmt: skip


def _with_lines(row: Row) -> Row:
    lines = row["pool"] or [{"template": "", "weight": "1"}] * 2
    spare = [{"template": "", "weight": "1"}] * min(SPARE_LINES, MOST_IN_POOL - len(lines))
    return {**row, "lines": list(enumerate([*lines, *spare])), "lines_filled": len(lines) - 1}


def _chosen(rows: Sequence[Row]) -> list[str]:
    in_pools = [line["template"] for row in rows for line in row["pool"]]
    return [row["template"] for row in rows] + in_pools


# --- from the form to the rule --------------------------------------------------------------------
def _typed_row(data: Any, name: str) -> Row:
    def text(part: str) -> str:
        return (data.get(f"{name}-{part}") or "").strip()[:200]

    lines = [
        {"template": text(f"pool-{line}-template"), "weight": text(f"pool-{line}-weight") or "1"}
        for line in range(MOST_IN_POOL + SPARE_LINES)
    ]
    pool = [line for line in lines if line["template"]]
    return {"kind": text("kind"), "template": text("template"), "tag": text("tag"), "pool": pool}


def _says_something(row: Row) -> bool:
    parts = {
        EffectKind.GRANT_COUPON: "template", EffectKind.GRANT_FROM_POOL: "pool",
        EffectKind.TAG_CUSTOMER: "tag",
    }  # fmt: skip
    return bool(row["kind"]) and bool(row[parts.get(row["kind"], "kind")])


def _effect(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row["kind"]
    if "pool" not in row:
        return dict(row)
    if kind == EffectKind.GRANT_COUPON:
        return {"kind": kind, "template": _pk(row["template"])}
    if kind == EffectKind.GRANT_FROM_POOL:
        pool = [
            {"template": _pk(line["template"]), "weight": _weight(line["weight"])}
            for line in row["pool"]
        ]
        return {"kind": kind, "templates": pool}
    return {"kind": kind, "tag": row["tag"]}


def _pk(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _weight(text: str) -> int:
    try:
        return CountField(required=True).clean(text) or 0
    except forms.ValidationError as error:
        raise forms.ValidationError(_("A weight in a pool is a whole number, like 10.")) from error
