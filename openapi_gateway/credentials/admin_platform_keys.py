"""The keys with which the platform signs its answers, and the way from one to the next."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from openapi_gateway.credentials import rotation
from openapi_gateway.credentials.models import PlatformKey
from openapi_gateway.credentials.platform_ring import (
    FULL,
    STEPS,
    RingState,
    published_keys,
    state_of,
)
from operators.admin_base import DialogForm, ModelAdmin, ReasonForm, action, display
from operators.sites import platform_site

STATE_COLOURS = {
    RingState.ANNOUNCED: "warning", RingState.TAKING_OVER: "info", RingState.CURRENT: "success",
    RingState.RETIRED: "",
}  # fmt: skip


class AnnounceForm(DialogForm):
    key_id = forms.ChoiceField(label=_("key id"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["key_id"]
        field.choices = [(each, each) for each in rotation.unannounced_ids()]


class ShareForm(DialogForm):
    """Carries the share that the operator saw."""

    share_now = forms.ChoiceField(
        label=_("It signs now"), widget=UnfoldAdminSelectWidget,
        choices=[(share, f"{share // 100} %") for share in STEPS[:-1]],
        help_text=_("Choose what this page shows: a colleague's click meanwhile is noticed."),
    )  # fmt: skip


@admin.register(PlatformKey, site=platform_site)
class PlatformKeyAdmin(ModelAdmin):
    list_display = ("key_id", "shown_state", "shown_share", "announced_at", "retired_at")
    ordering = ("-announced_at", "-id")
    fields = ("key_id", "shown_state", "shown_share", "announced_at", "retired_at")
    readonly_fields = fields
    list_before_template = "gateway/credentials/ring.html"
    change_form_outer_after_template = "gateway/credentials/ring_key.html"
    actions_list = ("announce",)
    actions_detail = ("raise_share", "take_over", "abort", "retire")
    empty_hint = _(
        "The first key of GATEWAY_SIGNING_KEYS signs every answer. Add another one to it, and "
        "announce that here, to change keys."
    )

    class Media:
        css = {"all": ("console/review.css", "console/gateway_keys.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("state"), label=STATE_COLOURS)
    def shown_state(self, row: PlatformKey) -> tuple[str, Any]:
        state = state_of(row)
        return state, state.label

    @display(description=_("signs answers"))
    def shown_share(self, row: PlatformKey) -> str:
        share = 0 if row.retired_at else self._share(row)
        return f"{share / 100:.0f} %"

    @staticmethod
    def _share(row: PlatformKey) -> int:
        if not row.is_current:
            return row.share
        others = PlatformKey.objects.filter(is_current=False, retired_at=None)
        return FULL - sum(others.values_list("share", flat=True))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        keys = [each for each in published_keys() if each.state is RingState.CURRENT]
        return super().changelist_view(request, {**(extra_context or {}), "current_keys": keys})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context["shown_keys"] = [
                each for each in published_keys() if each.ring_id == row.key_id
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    # --- who may do what when -----------------------------------------------------------------
    def _coming(self, request: HttpRequest, object_id: Any) -> PlatformKey | None:
        user: Any = request.user
        row = self.get_object(request, str(object_id)) if object_id else None
        is_coming = row is not None and not row.is_current and row.retired_at is None
        return row if is_coming and user.has_perm(rotation.ROTATE) else None

    def has_announce_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return user.has_perm(rotation.ROTATE) and bool(rotation.unannounced_ids())

    def has_raise_share_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._coming(request, object_id)
        return row is not None and row.share < FULL

    def has_take_over_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._coming(request, object_id)
        return row is not None and row.share == FULL

    def has_abort_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._coming(request, object_id)
        return row is not None and row.share > 0

    def has_retire_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = self._coming(request, object_id)
        return row is not None and row.share == 0

    # --- actions ------------------------------------------------------------------------------
    @action(
        description=_("Announce a key"), permissions=["announce"], form_class=AnnounceForm,
        explanation=_("Partners see it from now on. It signs nothing yet."),
        icon="campaign", variant="primary", url_path="announce",
    )  # fmt: skip
    def announce(self, request: HttpRequest, form: AnnounceForm) -> None:
        rotation.announce_platform_key(actor=request.user, key_id=form.cleaned_data["key_id"])  # type: ignore[arg-type]
        messages.success(request, gettext("Announced. It may sign in an hour at the earliest."))

    @action(
        description=_("Raise its share"), permissions=["raise_share"], form_class=ShareForm,
        explanation=_("One step on: 0 %, 1 %, 10 %, 50 %, 100 % of the answers."),
        icon="trending_up", variant="primary", url_path="raise-share",
    )  # fmt: skip
    def raise_share(self, request: HttpRequest, form: ShareForm, object_id: str) -> None:
        row: Any = self.get_object(request, object_id)
        given = int(form.cleaned_data["share_now"])
        row = rotation.raise_share(actor=request.user, key_id=row.key_id, share_now=given)  # type: ignore[arg-type]
        said = gettext("It signs %(share)s %% of the answers now.") % {"share": row.share // 100}
        messages.success(request, said)

    @action(
        description=_("Let it take over"), permissions=["take_over"],
        explanation=_("The key that was current retires. There is no way back."),
        icon="verified", variant="primary", url_path="take-over",
    )  # fmt: skip
    def take_over(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        row: Any = self.get_object(request, object_id)
        rotation.take_over(actor=request.user, key_id=row.key_id)  # type: ignore[arg-type]
        messages.success(request, gettext("It is the current key now."))

    @action(
        description=_("Abort"), permissions=["abort"], form_class=ReasonForm,
        explanation=_("Every answer is signed with the current key again, at once."),
        icon="undo", variant="danger", url_path="abort",
    )  # fmt: skip
    def abort(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        row: Any = self.get_object(request, object_id)
        reason = form.cleaned_data["reason"]
        rotation.abort_rotation(actor=request.user, key_id=row.key_id, reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("Aborted: the current key signs every answer again."))

    @action(
        description=_("Retire"), permissions=["retire"], form_class=ReasonForm,
        explanation=_("It will never sign. A retired key does not return."),
        icon="block", url_path="retire",
    )  # fmt: skip
    def retire(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        row: Any = self.get_object(request, object_id)
        reason = form.cleaned_data["reason"]
        rotation.retire_platform_key(actor=request.user, key_id=row.key_id, reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("Retired."))
