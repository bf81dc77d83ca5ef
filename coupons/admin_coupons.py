"""Coupons: the list, and the page of one with everything that happened to it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons import services
from coupons.admin_coupon_export import ExportMixin
from coupons.admin_coupon_list import (
    BatchFilter,
    BranchFilter,
    CouponChangeList,
    SearchMixin,
    StateFilter,
    TemplateFilter,
    shown_codes,
)
from coupons.admin_coupon_pages import PagesMixin
from coupons.choices import BatchState, CouponState
from coupons.life import actors
from coupons.models import Batch, Coupon, TemplateTerms
from coupons.stock import revealing
from coupons.stock.standing import effective_state
from coupons.terms.reading import FAR_FUTURE
from coupons.terms.wording import last_day, show_payload
from coupons.timelines import timeline_of
from coupons.wording import yuan
from operators.admin_base import ReasonForm, action, badge, display
from operators.admin_base.keyset import KeysetAdmin
from operators.sites import bank_site
from tenants.encryption import CannotDecrypt

STATE_COLOURS = {
    CouponState.STOCKED: "", CouponState.CLAIMED: "success", CouponState.LOCKED: "info",
    CouponState.REDEEMED: "info", CouponState.EXPIRED: "warning", CouponState.VOIDED: "danger",
    CouponState.FROZEN: "danger",
}  # fmt: skip
CHANGE = "coupons.void_coupon"


class ChangeForm(ReasonForm):
    """Pressed twice, done once."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


@admin.register(Coupon, site=bank_site)
class CouponAdmin(ExportMixin, PagesMixin, SearchMixin, KeysetAdmin):
    """To look through and to act on one by one; coupons come by batches."""

    branch_lookup = "branch__path"
    change_list_class = CouponChangeList
    change_list_template = "coupons/coupon_list.html"
    list_display = (
        "shown_code", "shown_template", "shown_batch", "shown_face", "shown_state",
        "customer_number", "shown_branch", "shown_claim", "shown_until",
    )  # fmt: skip
    list_display_links = ("shown_code",)
    list_filter = (StateFilter, TemplateFilter, BatchFilter, BranchFilter)
    # Looked up by ``listing``.
    search_fields = ("customer_number",)
    search_help_text = _("Whole code, or beginning of a customer number")
    empty_hint = _("Coupons appear here once a batch has been approved.")
    actions_detail = ("reveal", "void", "freeze", "unfreeze")
    change_form_outer_after_template = "coupons/coupon_timeline.html"
    fieldsets = (
        (_("Coupon"), {
            "fields": ("shown_code", "shown_standing", "shown_template", "shown_face",
                       "batch_link", "row", "shown_branch", "remark"),
        }),
        (_("Customer and use"), {
            "fields": ("customer_number", "shown_claim", "shown_from", "shown_until",
                       "shown_lock", "reference", "shown_redemption"),
        }),
        (_("Terms as claimed"), {"fields": ("shown_terms",), "classes": ("fx-wide",)}),
    )  # fmt: skip
    readonly_fields = (
        "shown_code", "shown_standing", "shown_template", "shown_face", "batch_link",
        "shown_branch", "shown_claim", "shown_from", "shown_until", "shown_lock",
        "shown_redemption", "shown_terms",
    )  # fmt: skip

    class Media:
        css = {"all": ("console/review.css", "console/coupon_stock.css")}

    # --- list ---------------------------------------------------------------------------------
    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """What a code finds is one coupon: there is nothing to narrow."""
        return [] if "key" in request.GET else list(self.list_filter)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """For the page of one coupon; the list is read by ``listing``."""
        rows = super().get_queryset(request).filter(batch__in=Batch.objects.decided())
        return rows.select_related("batch__template", "branch")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        elsewhere = self.number_instead(request)
        if elsewhere is not None:
            return elsewhere
        context = {"search_var": SEARCH_VAR, **(extra_context or {})}
        return super().changelist_view(request, context)

    @display(description=_("coupon code"))
    def shown_code(self, coupon: Any) -> str:
        names = getattr(coupon, "names", None)
        code = names.code if names is not None else next(shown_codes([coupon]))
        return format_html('<span class="fx-code">{}</span>', code)

    @display(description=_("coupon template"))
    def shown_template(self, coupon: Any) -> str:
        names = getattr(coupon, "names", None)
        return names.template if names is not None else coupon.batch.template.title

    @display(description=_("coupon batch"))
    def shown_batch(self, coupon: Any) -> str:
        return str(coupon.names.batch)

    @display(description=_("face value (yuan)"))
    def shown_face(self, coupon: Coupon) -> str:
        return yuan(coupon.face_cents)

    shown_face.numeric = True

    @display(description=_("state"))
    def shown_state(self, coupon: Any) -> str:
        state = effective_state(coupon, coupon.names.batch_state, timezone.now())
        return badge(state.label, STATE_COLOURS[state])

    @display(description=_("branch"))
    def shown_branch(self, coupon: Any) -> str:
        names = getattr(coupon, "names", None)
        if names is not None:
            return names.branch or "—"
        return coupon.branch.name if coupon.branch is not None else str(_("whole bank"))

    @display(description=_("claimed at"))
    def shown_claim(self, coupon: Coupon) -> str:
        return _moment(coupon.claimed_at)

    @display(description=_("valid until"))
    def shown_until(self, coupon: Coupon) -> str:
        if coupon.valid_until >= FAR_FUTURE:
            return gettext("no end")
        return last_day(coupon.valid_until)

    # --- page ---------------------------------------------------------------------------------
    @display(description=_("state"))
    def shown_standing(self, coupon: Coupon) -> SafeString:
        """In effect; and what the row says, when the clock or the batch says otherwise."""
        state = effective_state(coupon, coupon.batch.state, timezone.now())
        shown = badge(state.label, STATE_COLOURS[state])
        if coupon.batch.state == BatchState.FROZEN and state == CouponState.FROZEN:
            why = gettext("The whole batch is frozen.")
        elif coupon.batch.state == BatchState.RECALLED and state == CouponState.VOIDED:
            why = gettext("The whole batch was recalled.")
        elif state == CouponState.EXPIRED and coupon.state != CouponState.EXPIRED:
            why = gettext("Its time is over.")
        else:
            return shown
        return format_html("{} {}", shown, why)

    @display(description=_("coupon batch"))
    def batch_link(self, coupon: Coupon) -> SafeString:
        address = reverse(f"{self.admin_site.name}:coupons_batch_change", args=[coupon.batch_id])
        return format_html('<a class="fx-link" href="{}">{}</a>', address, coupon.batch.name)

    @display(description=_("valid from"))
    def shown_from(self, coupon: Coupon) -> str:
        return _moment(coupon.valid_from)

    @display(description=_("locked until"))
    def shown_lock(self, coupon: Coupon) -> str:
        return _moment(coupon.lock_until) if coupon.state == CouponState.LOCKED else "—"

    @display(description=_("redeemed"))
    def shown_redemption(self, coupon: Coupon) -> str:
        if coupon.redeemed_at is None:
            return "—"
        return gettext("%(amount)s yuan, %(moment)s") % {
            "amount": yuan(coupon.redeemed_cents), "moment": _moment(coupon.redeemed_at),
        }  # fmt: skip

    @display(description=_("terms"))
    def shown_terms(self, coupon: Coupon) -> SafeString | str:
        terms = TemplateTerms.objects.filter(
            template_id=coupon.template_id, version=coupon.terms_version
        ).first()
        if terms is None:
            return gettext("Not claimed yet: the terms that are published at the claim will hold.")
        lines = [(capfirst(str(each.label)), each.text) for each in show_payload(terms.terms)]
        lines.insert(0, (capfirst(gettext("version")), str(terms.version)))
        shown = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", lines)
        return format_html('<dl class="fx-review-facts fx-coupon-terms">{}</dl>', shown)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        coupon = kwargs.get("obj")
        if coupon is not None:
            context["timeline"] = timeline_of(coupon)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- actions ------------------------------------------------------------------------------
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        coupon = self.get_object(request, str(object_id))
        fitting = _fitting(coupon) if coupon is not None else set()
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path in fitting]

    @action(
        description=_("Show the code"), title=_("Show the code of this coupon"),
        permissions=[revealing.PERMISSION], form_class=ReasonForm, icon="visibility",
        explanation=_(
            "The code is worth money. Who looked at it, when and why is recorded for good."
        ),
    )  # fmt: skip
    def reveal(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        try:
            secret = revealing.reveal_code(
                actor=request.user,  # type: ignore[arg-type]
                coupon_id=int(object_id),
                reason=reason,
            )
        except CannotDecrypt:
            return _shown_once(request, {"unreadable": True})
        return _shown_once(request, {"secret": secret})

    @action(
        description=_("Void"), title=_("Void this coupon"), permissions=[CHANGE],
        form_class=ChangeForm, icon="block", variant="danger",
        explanation=_("It can never be used again. What was redeemed has to be reversed first."),
    )  # fmt: skip
    def void(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.void_coupon(
            actor=actors.operator(request.user), coupon_id=int(object_id),  # type: ignore[arg-type]
            note=form.cleaned_data["reason"], key=str(form.cleaned_data["key"]),
        )  # fmt: skip
        messages.success(request, gettext("The coupon is void."))

    @action(
        description=_("Freeze"), title=_("Freeze this coupon"), permissions=[CHANGE],
        form_class=ReasonForm, icon="ac_unit",
        explanation=_("Its customer cannot use it until it is unfrozen."),
    )  # fmt: skip
    def freeze(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.freeze_coupon(**_common(request, form, object_id))
        messages.success(request, gettext("The coupon is frozen."))

    @action(
        description=_("Unfreeze"), title=_("Unfreeze this coupon"), permissions=[CHANGE],
        form_class=ReasonForm, icon="sunny",
        explanation=_("It is again what it was before it was frozen."),
    )  # fmt: skip
    def unfreeze(self, request: HttpRequest, form: Any, object_id: str) -> None:
        services.unfreeze_coupon(**_common(request, form, object_id))
        messages.success(request, gettext("The coupon is unfrozen."))


def _common(request: HttpRequest, form: Any, object_id: str) -> dict[str, Any]:
    return {
        "actor": actors.operator(request.user),  # type: ignore[arg-type]
        "coupon_id": int(object_id),
        "note": form.cleaned_data["reason"],
    }


def _fitting(coupon: Coupon) -> set[str]:
    fitting = {"reveal"}
    if coupon.batch.state == BatchState.RECALLED:
        return fitting
    if coupon.state in (CouponState.STOCKED, CouponState.CLAIMED, CouponState.LOCKED):
        fitting |= {"void", "freeze"}
    if coupon.state == CouponState.FROZEN:
        fitting |= {"void", "unfreeze"}
    return fitting


def _shown_once(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """In place of the dialog: the code is on this answer and nowhere else."""
    response = render(request, "coupons/code_dialog.html", context)
    response["Cache-Control"] = "no-store"
    response["HX-Retarget"] = response["HX-Reselect"] = "#dialog"
    return response


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value is not None else "—"
