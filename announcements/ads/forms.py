from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from announcements.ads import rules
from announcements.ads.content import AdContent
from announcements.ads.fields import LinkField, WindowsField
from announcements.ads.models import Ad
from announcements.ads.pictures.fields import PictureField
from announcements.errors import BadContent
from customers.audience_forms import AudienceField
from operators.admin_base import MomentWidget
from operators.querysets import branch_scope
from publishing.draft_forms import DraftForm, next_hour

MOMENTS = ("starts_at", "ends_at", "trial_starts_at")
PLAIN = (
    "title", "placement", "picture", "alt_text", "starts_at", "ends_at", "windows", "audience",
    "slot", "daily_cap", "lifetime_cap", "is_house", "for_seniors", "trial_starts_at",
)  # fmt: skip
# Where the form shows what the content says of a field.
SHOWN_AT = {"link_kind": "link", "link_target": "link"}


class AdForm(DraftForm):
    # Set by the admin on the class that it makes for one request.
    province = False
    picture = PictureField(label=_("Picture"))
    link = LinkField(
        label=_("Link"), help_text=_("What opens when a customer touches the picture.")
    )
    windows = WindowsField(
        label=_("Weekdays and hours"),
        help_text=_("None = all day, every day. Hours end at 24:00 at the latest."),
    )
    audience = AudienceField()

    class Meta:
        model = Ad
        fields = (*PLAIN, "priority", "weight", "branch")
        widgets = dict.fromkeys(MOMENTS, MomentWidget)
        field_classes = dict.fromkeys(MOMENTS, forms.DateTimeField)
        help_texts = {
            "title": _("At most 80 characters; only operators see it."),
            "alt_text": _("What the picture says, in a few words: screen readers say it aloud."),
            "starts_at": _("Shown to customers from then on, once it has been approved."),
            "ends_at": _("Empty = until it is taken down."),
            "priority": _("Higher ones come first when there are more ads than slots; usually 0."),
            "weight": _("Share among ads of the same priority: 20 shows twice as often as 10."),
            "daily_cap": _("Empty = no limit."),
            "lifetime_cap": _("Empty = no limit."),
            "is_house": _("Shown only where no other ad is left to show."),
            "branch": _("Empty = customers of the whole bank."),
            "for_seniors": _(
                "Without this mark it does not show in senior mode. The checker confirms that it "
                "neither advertises nor misleads."
            ),
            "trial_starts_at": _(
                "Staff on the trial list see it from then on, once approved. Empty = no trial."
            ),
        }

    def _prepare(self) -> None:
        super()._prepare()
        self.fields["audience"] = AudienceField(province=self.province, operator=self.operator)
        if self.operator is not None and "link" in self.fields:
            self.fields["link"].widget.branch_path = branch_scope(self.operator)
        self.fields["link"].widget.hosts = rules.link_hosts()
        self.fields["slot"].help_text = _slots_help()
        self.initial["link"] = self.instance.link_kind, self.instance.link_target
        # A blank number is the usual one.
        for name in ("priority", "weight"):
            self.fields[name].required = False
        if self.instance.pk is None:
            self.fields["starts_at"].initial = next_hour()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.content = content_from(cleaned).cleaned()
            except BadContent as error:
                self.add_error(SHOWN_AT.get(error.field, error.field), str(error.message))
        return cleaned


def content_from(cleaned: dict[str, Any]) -> AdContent:
    kind, target = cleaned["link"]
    weight = cleaned["weight"]
    return AdContent(
        **{name: cleaned[name] for name in PLAIN},
        link_kind=kind,
        link_target=target,
        priority=cleaned["priority"] or 0,
        weight=10 if weight is None else weight,
        # The platform's form has no branches.
        branch=cleaned.get("branch"),
    )


def _slots_help() -> str:
    slots = [
        f"{each.label}: {rules.slots_text(each.open_slots)}"
        for each in rules.all_rules()
        if each.open_slots
    ]
    lines = [str(_("Keeps this slot for its whole period. Empty = any slot.")), "; ".join(slots)]
    return " ".join(line for line in lines if line)
