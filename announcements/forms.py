from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from announcements.bodies import MAX_TEXT_CHARACTERS
from announcements.content import Content
from announcements.errors import BadContent
from announcements.models import Announcement
from announcements.widgets import BodyWidget
from customers.audience_forms import AudienceField
from operators.admin_base import MomentWidget

if TYPE_CHECKING:
    from operators.models import Operator

MOMENTS = ("starts_at", "ends_at", "trial_starts_at")


class AnnouncementForm(forms.ModelForm):
    # The version on the screen; the service refuses to overwrite a newer one.
    opened_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # Set by the admin on the class that it makes for one request.
    operator: Operator | None = None
    province = False
    audience = AudienceField()

    class Meta:
        model = Announcement
        fields = (
            "title", "body", "starts_at", "ends_at", "is_pinned", "must_read", "priority", "branch",
            "audience", "for_seniors", "trial_starts_at",
        )  # fmt: skip
        widgets = {"body": BodyWidget, **dict.fromkeys(MOMENTS, MomentWidget)}
        field_classes = dict.fromkeys(MOMENTS, forms.DateTimeField)
        help_texts = {
            "title": _("At most 80 characters; customers see it in the list."),
            "body": _("At most %(limit)s characters, no pictures. Links begin with https://.")
            % {"limit": MAX_TEXT_CHARACTERS},
            "starts_at": _("Shown to customers from then on, once it has been approved."),
            "ends_at": _("Empty = until it is taken down."),
            "is_pinned": _("Stands above all that are not pinned."),
            "must_read": _("Customers confirm that they have read it, and you see how many have."),
            "priority": _("Among equals the higher number stands first; usually 0."),
            "branch": _("Empty = customers of the whole bank."),
            "for_seniors": _(
                "Without this mark it does not show in senior mode. The checker confirms that it "
                "neither advertises nor misleads."
            ),
            "trial_starts_at": _(
                "Staff on the trial list see it from then on, once approved. Empty = no trial."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opened_version"].initial = self.instance.version
        if "audience" in self.fields:
            audience = AudienceField(province=self.province, operator=self.operator)
            self.fields["audience"] = audience
        # A blank priority is the usual one.
        if "priority" in self.fields:
            self.fields["priority"].required = False
        for flag in ("can_add_related", "can_change_related", "can_view_related"):
            if "branch" in self.fields:
                setattr(self.fields["branch"].widget, flag, False)
        if self.instance.pk is None and "starts_at" in self.fields:
            self.fields["starts_at"].initial = next_hour()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.content = content_from(cleaned).cleaned()
            except BadContent as error:
                self.add_error(error.field, str(error.message))
        return cleaned


def content_from(cleaned: dict[str, Any]) -> Content:
    return Content(
        title=cleaned["title"],
        body=cleaned["body"],
        starts_at=cleaned["starts_at"],
        ends_at=cleaned["ends_at"],
        is_pinned=cleaned["is_pinned"],
        must_read=cleaned["must_read"],
        priority=cleaned["priority"] or 0,
        # The platform's form has no branches.
        branch=cleaned.get("branch"),
        audience=cleaned["audience"],
        for_seniors=cleaned["for_seniors"],
        trial_starts_at=cleaned["trial_starts_at"],
    )


def next_hour() -> Any:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
