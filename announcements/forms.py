from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from announcements.bodies import MAX_TEXT_CHARACTERS
from announcements.content import Content
from announcements.errors import BadContent
from announcements.models import Announcement
from announcements.widgets import BodyWidget
from customers.audience_forms import AudienceField
from operators.admin_base import MomentWidget
from publishing.draft_forms import DraftForm, next_hour

MOMENTS = ("starts_at", "ends_at", "trial_starts_at")


class AnnouncementForm(DraftForm):
    # Set by the admin on the class that it makes for one request.
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

    def _prepare(self) -> None:
        super()._prepare()
        self.fields["audience"] = AudienceField(province=self.province, operator=self.operator)
        # A blank priority is the usual one.
        self.fields["priority"].required = False
        if self.instance.pk is None:
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
