from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from campaigns.choices import EventKind
from campaigns.designing.trials import DRAFT
from campaigns.models import Campaign
from campaigns.services import Tried
from coupons.choices import Scene
from coupons.errors import BadTemplate
from coupons.forms.fields import YuanField
from coupons.terms.scenes import clean_scenes, describe_scene
from customers.models import Customer
from operators.admin_base import MomentWidget

LIVE = "live"


class _CampaignField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.title)


class _SceneField(forms.ChoiceField):
    """Beside the list also what campaigns name: app functions and merchants."""

    def valid_value(self, value: Any) -> bool:
        try:
            return bool(clean_scenes([str(value)]))
        except BadTemplate:
            return False


class TrialForm(forms.Form):
    """What is imagined. It is asked by GET: nothing is changed, and the page can be sent on."""

    campaign = _CampaignField(
        label=_("Campaign"), queryset=Campaign.objects.none(), widget=UnfoldAdminSelectWidget
    )
    which = forms.ChoiceField(
        label=_("Which rule"), initial=LIVE, required=False, widget=UnfoldAdminSelectWidget,
        choices=[(LIVE, _("as published")), (DRAFT, _("the draft as last saved"))],
        help_text=_("What was never published is tried as the draft."),
    )  # fmt: skip
    customer = forms.CharField(
        label=pgettext_lazy("dry run", "Customer number"), max_length=32, required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("Empty = somebody of whom the bank knows nothing."),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Event"), choices=EventKind.choices, widget=UnfoldAdminSelectWidget
    )
    occurred_at = forms.DateTimeField(label=_("When"), widget=MomentWidget)
    amount = YuanField(label=_("Amount (yuan)"), required=False)
    scene = _SceneField(
        label=_("Scene"), required=False, choices=[("", "—"), *Scene.choices],
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, campaigns: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["campaign"]
        field.queryset = campaigns
        scenes: Any = self.fields["scene"]
        scenes.choices = [("", "—"), *Scene.choices, *_named_scenes(campaigns)]

    def clean_customer(self) -> str:
        number: str = self.cleaned_data["customer"].strip()
        if number and not Customer.objects.filter(number=number).exists():
            raise forms.ValidationError(
                _("No customer of your bank has this number. Correct it or leave it empty.")
            )
        return number

    @property
    def tried(self) -> Tried:
        given = self.cleaned_data
        return Tried(
            kind=given["kind"], customer_number=given["customer"],
            occurred_at=given["occurred_at"], amount_cents=given["amount"] or 0,
            scene=given["scene"],
        )  # fmt: skip


def _named_scenes(campaigns: Any) -> list[tuple[str, str]]:
    """Functions and merchants that these campaigns are about."""
    found = {
        scene
        for conditions in campaigns.values_list("conditions", flat=True)
        for condition in conditions
        if condition["kind"] == "scene"
        for scene in condition["values"]
        if scene not in Scene.values
    }
    return [(scene, describe_scene(scene)) for scene in sorted(found)]


def usual_values(campaign: Campaign | None) -> dict[str, Any]:
    """An event that fits at first sight."""
    values: dict[str, Any] = {"occurred_at": timezone.now(), "which": LIVE}
    if campaign is None:
        return values
    if campaign.events:
        values["kind"] = campaign.events[0]
    for condition in campaign.conditions:
        if condition["kind"] == "amount":
            values["amount"] = condition.get("least_cents") or condition.get("most_cents")
        if condition["kind"] == "scene":
            values["scene"] = condition["values"][0]
    return {**values, "campaign": campaign.pk}
