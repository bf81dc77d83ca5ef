from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.designing.content import CampaignContent
from campaigns.designing.locks import check_locks, locked_fields
from campaigns.designing.starting import values_of
from campaigns.designing.wording import show_payload
from campaigns.errors import BadCampaign
from campaigns.forms.conditions import ConditionsField
from campaigns.forms.rewards import RewardsField
from campaigns.forms.rows import EventsField, LimitsField, WordsWidget
from campaigns.models import Campaign
from coupons.forms.fields import YuanField
from coupons.forms.rows import BearersField
from customers.audience_forms import AudienceField
from customers.audiences import describe as describe_audience
from operators.admin_base import MomentWidget
from publishing.draft_forms import DraftForm, next_hour
from publishing.drafts import is_published

MOMENTS = ("starts_at", "ends_at")
PLAIN = (
    "title", "kind", "starts_at", "ends_at", "summary", "rules_text", "button", "events",
    "conditions", "effects", "limits", "budget_cents", "bearers", "audience",
)  # fmt: skip


class CampaignForm(DraftForm):
    # Set by the admin on the class that it makes for one request.
    starting_point = ""
    # {name: (field, what was posted)} of those that the province has locked.
    offered: Mapping[str, tuple[forms.Field, Any]] = {}
    events = EventsField(
        label=_("qualifying events"), help_text=_("Any one of the ticked events qualifies.")
    )
    conditions = ConditionsField(label=_("conditions"))
    effects = RewardsField(
        label=_("rewards"),
        help_text=_("All of them are given for one participation. Only published coupons count."),
    )
    limits = LimitsField(
        label=_("limits"), help_text=_("Days, weeks (from Monday) and months are the calendar's.")
    )
    budget_cents = YuanField(
        label=_("budget"),
        help_text=_(
            "In yuan: what all rewards together may cost, by their face value. When it is used up,"
            " nobody gets anything more."
        ),
    )
    bearers = BearersField(label=_("cost bearers"), help_text=_("Together 100%."))
    audience = AudienceField()

    class Meta:
        model = Campaign
        fields = (*PLAIN, "branch")
        widgets = dict.fromkeys(MOMENTS, MomentWidget)
        field_classes = dict.fromkeys(MOMENTS, forms.DateTimeField)
        help_texts = {
            "title": _("At most 80 characters; customers read it."),
            "starts_at": _("Events from then on count, once it has been approved."),
            "ends_at": _("An event that occurs later does not count."),
            "summary": _("Customers read it below the title; at most 120 characters."),
            "button": _("At most 12 characters; only where customers join on the page."),
            "rules_text": _("Customers read them on the page; one rule per line."),
            "branch": _("Empty = customers of the whole bank."),
        }

    def _prepare(self) -> None:
        super()._prepare()
        self.fields["audience"] = AudienceField(operator=self.operator)
        rewards = self.fields["effects"]
        self.fields["effects"] = RewardsField(
            operator=self.operator, label=rewards.label, help_text=rewards.help_text
        )
        if self.instance.pk is None:
            self._begin()
            return
        if is_published(self.instance):
            self.fields["kind"].disabled = True
        self._lock(locked_fields(self.instance))

    def _begin(self) -> None:
        for name, value in values_of(self.starting_point).items():
            self.initial.setdefault(name, value)
        starts = next_hour()
        self.initial.setdefault("starts_at", starts)
        self.initial.setdefault("ends_at", starts + timedelta(days=30))

    def _lock(self, names: frozenset[str]) -> None:
        """Words in place of controls; a hand-made request that says something else is refused."""
        if not names:
            return
        self.offered = self._offered(names)
        words = {line.key: line.text for line in show_payload(self.instance.render_payload())}
        words |= {"budget_cents": words["budget"], "rules_text": words["rules"]}
        words["audience"] = "\n".join(describe_audience(self.instance.audience)) or "—"
        for name in names & self.fields.keys():
            field = self.fields[name]
            field.disabled = True
            if name in words and name not in ("kind", "title"):
                field.widget = WordsWidget(words[name])
            if name in ("audience", "events", "conditions", "effects", "limits", "bearers"):
                self.fields[name] = _Kept(field, getattr(self.instance, name))

    def _offered(self, names: frozenset[str]) -> dict[str, Any]:
        """What a request says of locked fields; no page of ours does."""
        found = {}
        for name in names & self.fields.keys():
            if any(key == name or key.startswith(f"{name}-") for key in self.data):
                field = self.fields[name]
                found[name] = field, field.widget.value_from_datadict(self.data, self.files, name)
        return found

    def _refuse_other_locked(self, cleaned: dict[str, Any]) -> None:
        """Nothing is ignored in silence: the same rules as of the service, on what was offered."""
        if not self.offered:
            return
        values = {name: field.clean(raw) for name, (field, raw) in self.offered.items()}
        content = content_from({**cleaned, **values})
        # What does not even fit together is not what is locked.
        with suppress(BadCampaign):
            content = content.cleaned()
        check_locks(content, self.instance.province_payload)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.content = content_from(cleaned).cleaned()
                self._refuse_other_locked(cleaned)
            except BadCampaign as error:
                shown_at = error.field if error.field in self.fields else None
                self.add_error(shown_at, str(error.message))
            else:
                # So that the row's own constraints see what will be stored.
                cleaned.update({name: getattr(self.content, name) for name in PLAIN})
        return cleaned


class _Kept(forms.Field):
    """A locked value, as it is stored."""

    def __init__(self, shown: forms.Field, value: Any) -> None:
        super().__init__(
            required=False, label=shown.label, help_text="", widget=shown.widget, disabled=True
        )
        self.value = value

    def clean(self, value: Any) -> Any:
        return self.value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


def content_from(cleaned: dict[str, Any]) -> CampaignContent:
    return CampaignContent(**{name: cleaned[name] for name in PLAIN}, branch=cleaned.get("branch"))
