"""What a bank fills in when it joins a province campaign or takes a newer version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from campaigns.choices import CampaignKind, EffectKind
from campaigns.designing.content import MOST_BUTTON, MOST_RULES, MOST_SUMMARY
from campaigns.province.choices import Field
from campaigns.province.locks import Payload, binding
from campaigns.province.wanted import coupon_misfit, describe_wanted, misfit, share_misfit
from coupons.choices import CouponKind
from coupons.forms.fields import YuanField
from coupons.models import CouponTemplate
from coupons.terms.wording import describe_value
from publishing.choices import Lock

if TYPE_CHECKING:
    from campaigns.designing.content import CampaignContent

WORDS = {
    Field.SUMMARY: (MOST_SUMMARY, UnfoldAdminTextInputWidget),
    Field.BUTTON: (MOST_BUTTON, UnfoldAdminTextInputWidget),
    Field.RULES_TEXT: (MOST_RULES, UnfoldAdminTextareaWidget),
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A published coupon of the bank's that is not what the province asks for."""

    name: str
    sentence: str


class JoinForm(forms.Form):
    """Only what the bank has to say; everything else it finds in the draft that it gets."""

    def __init__(
        self, *args: Any, payload: Payload, content: CampaignContent | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bound = binding(payload)
        # Of the bank's campaign when it has joined already.
        self.content = content
        self.misfits: dict[str, list[Misfit]] = {}
        self.wanted: Sequence[Mapping[str, Any]] = self.bound[Field.EFFECTS][1] or ()
        self.keeps_rewards = self._keeps_rewards()
        for number, wanted in enumerate(self.wanted):
            if not self.keeps_rewards and wanted["kind"] == EffectKind.GRANT_COUPON:
                self._add_coupon(number, wanted)
        self._add_budget()
        for name, (most, widget) in WORDS.items():
            self._add_words(name, most, widget)

    def filled(self) -> dict[str, Any]:
        """As ``proposing.Filled``; of a valid form."""
        given: dict[str, Any] = {
            name: self.cleaned_data[name]
            for name in (*WORDS, Field.BUDGET)
            if name in self.fields and self.cleaned_data[name] not in (None, "")
        }
        if self.keeps_rewards:
            return given
        effects = [self._effect(*each) for each in enumerate(self.wanted)]
        return given | {Field.EFFECTS: effects}

    def _keeps_rewards(self) -> bool:
        """A pool, or more than was asked for, has no place in this form: it stays if it may."""
        if self.content is None:
            return False
        kinds = [each["kind"] for each in self.content.effects]
        if kinds == [each["kind"] for each in self.wanted]:
            return False
        lock, shares = self.bound[Field.EFFECTS][0], self.bound[Field.BEARERS]
        bearers = shares[1] if shares[0] == Lock.LOCKED else None
        exact = lock == Lock.LOCKED
        return lock == Lock.FREE or not misfit(
            self.wanted, self.content.effects, exact=exact, bearers=bearers
        )

    def _effect(self, number: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
        if wanted["kind"] != EffectKind.GRANT_COUPON:
            return dict(wanted)
        chosen = self.cleaned_data[coupon_name(number)]
        return {"kind": EffectKind.GRANT_COUPON.value, "template": int(chosen)}

    # --- fields ------------------------------------------------------------------------------
    def _add_coupon(self, number: int, wanted: Mapping[str, Any]) -> None:
        name = coupon_name(number)
        fitting, self.misfits[name] = self._sorted(wanted["coupon"])
        self.fields[name] = forms.ChoiceField(
            label=_("Which coupon do you give?"), choices=fitting, widget=forms.RadioSelect,
            help_text=describe_wanted(wanted),
            error_messages={"required": _("Choose one of your published coupons.")},
        )  # fmt: skip
        self.initial.setdefault(name, self._current(number) or (fitting[0][0] if fitting else None))

    def _sorted(self, wanted: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[Misfit]]:
        lock = self.bound[Field.EFFECTS][0]
        shares = self.bound[Field.BEARERS]
        bearers = shares[1] if shares[0] == Lock.LOCKED else None
        fitting, misfits = [], []
        for template in _published():
            if lock == Lock.FREE:
                sentence = share_misfit(template.pk, bearers)
            else:
                sentence = coupon_misfit(wanted, template.pk, lock == Lock.LOCKED, bearers)
            sentence = sentence or self._costs_the_same(template)
            label = f"{template.title} ({template.code})"
            if sentence:
                misfits.append(Misfit(label, sentence))
            else:
                words = describe_value(template.render_payload())
                fitting.append((str(template.pk), f"{label} · {words}"))
        return fitting, misfits

    def _costs_the_same(self, template: CouponTemplate) -> str:
        saves = self.bound[Field.KIND][1] == CampaignKind.SPEND_AND_SAVE
        if not saves or template.kind in (CouponKind.SPEND_AND_SAVE, CouponKind.DISCOUNT):
            return ""
        return _("It makes no payment cheaper, which this campaign is about.")

    def _current(self, number: int) -> str | None:
        effects = self.content.effects if self.content is not None else []
        template = effects[number].get("template") if number < len(effects) else None
        return str(template) if template is not None else None

    def _add_budget(self) -> None:
        lock, value = self.bound[Field.BUDGET]
        if lock == Lock.LOCKED:
            self._add_offered(Field.BUDGET, YuanField(required=False, widget=forms.HiddenInput))
            return
        self.fields[Field.BUDGET] = YuanField(
            label=capfirst(str(_("budget of our bank"))),
            help_text=_("In yuan: what all rewards together may cost, by their face value."),
        )
        own = self.content.budget_cents if self.content is not None else value
        self.initial.setdefault(Field.BUDGET, own)

    def _add_words(self, name: str, most: int, widget: Any) -> None:
        lock, value = self.bound[name]
        if lock == Lock.LOCKED:
            hidden = forms.CharField(required=False, max_length=most, widget=forms.HiddenInput)
            self._add_offered(name, hidden)
        if lock != Lock.MUST_FILL:
            return
        hint = {"placeholder": value or "", "rows": 3}
        self.fields[name] = forms.CharField(
            label=capfirst(str(Field(name).label)), max_length=most, widget=widget(attrs=hint),
            help_text=_("The province asks your bank to fill this in."),
        )  # fmt: skip
        if self.content is not None:
            self.initial.setdefault(name, getattr(self.content, name))

    def _add_offered(self, name: str, hidden: forms.Field) -> None:
        """A hand-made request says something of what is locked: the service compares it."""
        if name in self.data:
            self.fields[name] = hidden


def coupon_name(number: int) -> str:
    return f"coupon{number}"


def _published() -> list[CouponTemplate]:
    live = Q(account__live_version__isnull=False, branch=None)
    rows = CouponTemplate.objects.filter(live).select_related("account")
    return list(rows.order_by("code"))
